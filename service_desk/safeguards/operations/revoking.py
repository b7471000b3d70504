"""What the next snapshot shows of the rights that a review decided to take away.

The tickets stand on an upper floor: a job of theirs is asked to follow whatever is decided, signed or seen here.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select

from service_desk.jobs import enqueue
from service_desk.safeguards import revoking
from service_desk.safeguards.finding import Finding
from service_desk.safeguards.models import AccessFinding, AccessReview, AccessSnapshot
from service_desk.scope import load, session


def tell_ticket(review: AccessReview, now: datetime) -> None:
    """Have the ticket of a review follow it."""
    enqueue("revocations", review.id, slot=f"revoke-{review.id}-{now.timestamp():.6f}")


def look_again(review: AccessReview, data: Mapping[str, Any], found: Sequence[Finding], now: datetime) -> None:
    """By what `review` has just seen: say of each right that the review before it took away whether it is gone."""
    before = load(AccessReview, review.before_id) if review.before_id is not None else None
    listed = _revoked(before.id) if before is not None else []
    then = _seen(before) if before is not None else None
    if before is None or then is None or not listed:
        return
    earlier = load(AccessReview, before.before_id) if before.before_id is not None else None
    seen = revoking.Seen(_seen(earlier) if earlier is not None else None, then, data, found)
    for one in listed:
        one.outcome, one.outcome_at = revoking.outcome(one, seen), now
    if before.ticket_id is not None:
        tell_ticket(before, now)


def _revoked(review_id: int) -> list[AccessFinding]:
    mine = select(AccessFinding).where(AccessFinding.review_id == review_id, AccessFinding.decision == "revoke")
    return list(session().scalars(mine.order_by(AccessFinding.id)))


def _seen(review: AccessReview) -> Mapping[str, Any] | None:
    if review.snapshot_id is None:
        return None
    return session().scalar(select(AccessSnapshot.data).where(AccessSnapshot.id == review.snapshot_id))
