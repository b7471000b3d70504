"""What a worker runs when checks have flipped, and when something waits to be told."""

from datetime import UTC, datetime

from service_desk.alerts.operations import take_notice, tell
from service_desk.jobs import Claim


def notice(claim: Claim) -> None:
    """Incidents, tickets, messages and the job's end are one commit: a killed worker leaves all of it or nothing."""
    with claim.finishing():
        now = datetime.now(UTC)
        take_notice(now)
        tell(now)


def tell_due(claim: Claim) -> None:
    """Hand over what was not to be told before now: a notice that waited, the end of quiet hours, a digest."""
    with claim.finishing():
        tell(datetime.now(UTC))
