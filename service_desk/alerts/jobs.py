"""What a worker runs when checks have flipped."""

from datetime import UTC, datetime

from service_desk.alerts.operations import take_notice, tell
from service_desk.jobs import Claim


def notice(claim: Claim) -> None:
    """Incidents, tickets, mails and the job's end are one commit: a killed worker leaves all of it or nothing."""
    with claim.finishing():
        tell(take_notice(datetime.now(UTC)))
