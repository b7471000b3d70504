"""What a worker runs to hand a message over. The marks around the giving-away are committed one by one."""

from datetime import UTC, datetime

from service_desk.alerts.channels.wire import send
from service_desk.alerts.delivery.operations import sending, trying
from service_desk.jobs import Claim
from service_desk.tenants.jobs import Reach


def deliver(claim: Claim) -> None:
    """Hand one message over; what is given away is never given a second time unless its receiver can tell."""
    now = datetime.now(UTC)
    with claim.scope():
        claim.hold()
        ready = sending.take(claim.subject_id, now)
    if ready is None:
        return
    outcome = send(ready.channel, ready.values, ready.message, now, allow_loopback=Reach.allow_loopback)
    with claim.finishing(outcome.verdict):
        sending.keep(claim.subject_id, outcome, datetime.now(UTC))


def given_up(claim: Claim) -> None:
    """Say how a delivery ended whose worker was cut off again and again."""
    sending.give_up(claim.subject_id, datetime.now(UTC))


def try_channel(claim: Claim) -> None:
    """Send the test message of a destination when it is its turn, and keep the answer."""
    now = datetime.now(UTC)
    with claim.scope():
        ready = trying.take(claim.subject_id, f"test-{claim.subject_id}-{claim.job_id}", now)
    if ready is None:
        return
    outcome = send(ready.channel, ready.values, ready.message, now, allow_loopback=Reach.allow_loopback)
    with claim.finishing(outcome.verdict):
        trying.keep(claim.subject_id, outcome, datetime.now(UTC))
