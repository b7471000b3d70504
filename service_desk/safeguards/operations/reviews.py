"""Permission reviews 权限审计: asked for, looked at by a worker, decided one by one, signed by both sides."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import BigInteger, Integer, column, func, select, table
from sqlalchemy.dialects.postgresql import distinct_on, insert

from service_desk.audit.operations import record
from service_desk.jobs import cancel, enqueue
from service_desk.lib.errors import Invalid, Refused
from service_desk.safeguards import snapshot
from service_desk.safeguards.finding import Finding
from service_desk.safeguards.models import AccessFinding, AccessReview, AccessSnapshot
from service_desk.safeguards.operations import revoking
from service_desk.scope import current, load, session

DECISIONS = ("keep", "revoke", "ask")
# Tickets stand above; of theirs only the number is shown.
_TICKET = table("ticket", column("id", BigInteger), column("number", Integer))


def slot(review_id: int) -> str:
    """The slot of the job that looks."""
    return f"review-{review_id}"


def request_review(now: datetime) -> AccessReview:
    """Have a worker look at users, principals and grants. Raises Refused while a review is open."""
    going = select(AccessReview.id).where(AccessReview.state.in_(("looking", "open")))
    if session().scalar(going) is not None:
        raise Refused(_l("A review is open already."), _l("Sign it, or call it off, before the next one begins."))
    done = select(AccessReview.id).where(AccessReview.state == "done")
    before = done.order_by(AccessReview.finished_at.desc(), AccessReview.id.desc())
    review = AccessReview(
        before_id=session().scalar(before.limit(1)), requested_at=now, requested_by=current().actor.name
    )
    session().add(review)
    session().flush()
    enqueue("access_review", review.id, slot=slot(review.id))
    record("review.request", f"review:{review.id}")
    return review


def call_off_review(review: AccessReview, now: datetime) -> None:
    """End a review without a result. Raises Refused once it is signed."""
    if review.state not in ("looking", "open", "failed"):
        raise Refused(_l("This review has been signed; it stays as it is."))
    cancel("access_review", slot(review.id))
    review.state, review.finished_at = "called_off", now
    if review.ticket_id is not None:
        revoking.tell_ticket(review, now)
    record("review.call_off", f"review:{review.id}")


def snapshot_of(review_id: int | None) -> dict[str, Any] | None:
    """What was seen for a review; None where there is none."""
    if review_id is None:
        return None
    of_review = select(AccessSnapshot.data).join(
        AccessReview,
        (AccessReview.tenant_id == AccessSnapshot.tenant_id) & (AccessReview.snapshot_id == AccessSnapshot.id),
    )
    return session().scalar(of_review.where(AccessReview.id == review_id))


def keep_review(
    review_id: int,
    data: Mapping[str, Any],
    found: Sequence[Finding],
    unseen: Sequence[Mapping[str, Any]],
    now: datetime,
) -> AccessReview:
    """Keep what was seen and what is to be decided; what was kept for a reason before stays decided.

    The same rights are kept once, whatever the number of reviews. A review that was called off meanwhile stays so.
    """
    review = load(AccessReview, review_id, lock=True)
    if review.state != "looking":
        return review
    review.snapshot_id = _kept(data, now)
    review.unseen, review.taken_at, review.state = list(unseen), now, "open"
    earlier = _decided()
    for one in found:
        session().add(_row(review.id, one, earlier.get(one.mark)))
    session().flush()
    revoking.look_again(review, data, found, now)
    record("review.taken", f"review:{review.id}", findings=len(found), unseen=len(unseen))
    return review


def fail_review(review_id: int, unseen: Sequence[Mapping[str, Any]], now: datetime) -> None:
    """Nothing at all could be looked at; the review says why and has nothing to decide."""
    review = load(AccessReview, review_id, lock=True)
    if review.state == "looking":
        review.state, review.unseen, review.finished_at = "failed", list(unseen), now


def _kept(data: Mapping[str, Any], now: datetime) -> int:
    digest = snapshot.address(data)
    session().execute(
        insert(AccessSnapshot)
        .values(
            tenant_id=current().tenant_id,
            sha256=digest,
            data=data,
            users=snapshot.count(data, "users", "principals"),
            grants=snapshot.count(data, "grants"),
            taken_at=now,
        )
        .on_conflict_do_nothing()
    )
    return session().scalars(select(AccessSnapshot.id).where(AccessSnapshot.sha256 == digest)).one()


def _decided() -> dict[str, AccessFinding]:
    """What was last decided about each finding in a signed review, by its mark."""
    rows = (
        select(AccessFinding)
        .join(
            AccessReview,
            (AccessReview.tenant_id == AccessFinding.tenant_id) & (AccessReview.id == AccessFinding.review_id),
        )
        .where(AccessReview.state == "done")
        .ext(distinct_on(AccessFinding.mark))
        .order_by(AccessFinding.mark, AccessFinding.id.desc())
    )
    return {row.mark: row for row in session().scalars(rows)}


def _row(review_id: int, one: Finding, earlier: AccessFinding | None) -> AccessFinding:
    row = AccessFinding(
        review_id=review_id,
        rule=one.rule,
        grave=one.grave,
        system=one.system,
        subject=one.subject,
        params=dict(one.params),
        mark=one.mark,
    )
    if earlier is not None and earlier.decision == "keep":
        row.decision, row.reason, row.carried = "keep", earlier.reason, True
        row.decided_by, row.decided_at = earlier.decided_by, earlier.decided_at
    return row


def findings_of(review: AccessReview) -> list[AccessFinding]:
    """The findings, the gravest first, and of those what is still to decide."""
    rows = session().scalars(select(AccessFinding).where(AccessFinding.review_id == review.id))
    order = {"crit": 0, "warn": 1, "info": 2}
    return sorted(rows, key=lambda one: (one.carried, order[one.grave], one.rule, one.system, one.subject))


def taken_away(review_id: int | None) -> list[AccessFinding]:
    """What a signed review decided to take away, what is still there first."""
    mine = select(AccessFinding).where(AccessFinding.review_id == review_id, AccessFinding.decision == "revoke")
    order = {"still": 0, "unseen": 1, "": 2, "gone": 3}
    return sorted(session().scalars(mine), key=lambda one: (order[one.outcome], one.id)) if review_id else []


def ticket_number(review: AccessReview) -> int | None:
    """The number of the ticket in which stands what is to be taken away, if anything is."""
    if review.ticket_id is None:
        return None
    return session().scalar(select(_TICKET.c.number).where(_TICKET.c.id == review.ticket_id))


def decide(review: AccessReview, finding_id: int, decision: str, reason: str, now: datetime) -> AccessFinding:
    """Keep (for a reason), take away, or ask the client. Raises Invalid without a reason, Refused once signed.

    What is to be taken away stands in the review's ticket as long as it is decided so.
    """
    review = load(AccessReview, review.id, lock=True)
    if review.state != "open":
        raise Refused(_l("This review has been signed; it stays as it is."))
    row = load(AccessFinding, finding_id, lock=True)
    if row.review_id != review.id or decision not in DECISIONS:
        raise Invalid(_l("There is no such decision."))
    if decision == "keep" and not reason.strip():
        raise Invalid(_l("Whoever keeps a right says why."), field=f"reason-{row.id}")
    row.decision, row.reason, row.carried = decision, reason.strip(), False
    row.decided_by, row.decided_at = current().actor.name, now
    if decision == "revoke" or row.item_id is not None:
        revoking.tell_ticket(review, now)
    record("review.decide", f"review:{review.id}", finding=row.id, decision=decision)
    return row


def sign_review(review: AccessReview, now: datetime) -> None:
    """Sign: every finding has its decision. Raises Refused while one has none, or when it is not open."""
    if review.state != "open":
        raise Refused(_l("There is nothing to sign here."))
    open_ones = select(func.count()).where(AccessFinding.review_id == review.id, AccessFinding.decision == "")
    if left := session().scalar(open_ones):
        raise Refused(_l("%(n)s findings have no decision yet.", n=left))
    review.state, review.finished_at = "done", now
    review.signed_at, review.signed_by = now, current().actor.name
    if taken_away(review.id):
        revoking.tell_ticket(review, now)
    record("review.sign", f"review:{review.id}")
    enqueue("safeguard_paper", review.id, slot=f"review:{review.id}")


def sign_review_for_client(review: AccessReview, remark: str, now: datetime) -> None:
    """The client confirms the decisions. Raises Refused before the engineer has signed, or a second time."""
    if review.state != "done" or review.client_signed_at is not None:
        raise Refused(_l("There is nothing to sign here."))
    review.client_signed_at, review.client_signed_by = now, current().actor.name
    review.client_remark = remark.strip()
    record("review.client_sign", f"review:{review.id}", remark=review.client_remark)
    enqueue("safeguard_paper", review.id, slot=f"review:{review.id}-signed")
