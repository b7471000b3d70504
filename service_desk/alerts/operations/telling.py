"""Hand notices over: to each destination one message with one client's data, now or when it wants to be told."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from service_desk.alerts.delivery.models import BellItem, Delivery
from service_desk.alerts.delivery.plan import Planned, planned
from service_desk.alerts.delivery.readers import readers, staff
from service_desk.alerts.delivery.saying import spoken_for
from service_desk.alerts.models import AlertNotice
from service_desk.alerts.operations.mailing import ByMail, mailed
from service_desk.alerts.operations.turn import in_turn
from service_desk.jobs import enqueue, enqueue_many
from service_desk.mail import Mail
from service_desk.scope import current, session

_SLOT = "deliver-1-"
_TAKE = (
    update(AlertNotice)
    .where(AlertNotice.taken_at.is_(None), AlertNotice.due_at <= bindparam("now"))
    .values(taken_at=bindparam("now"))
    .returning(AlertNotice)
)
_HELD = (
    select(Delivery)
    .where(Delivery.state == "held", Delivery.due_at <= bindparam("now"))
    .order_by(Delivery.id)
    .with_for_update()
)
_DELIVERIES = insert(Delivery.__table__).returning(Delivery.id, Delivery.state, Delivery.due_at)
_BELLS = upsert(BellItem.__table__).on_conflict_do_nothing()
_COMING = select(
    select(func.min(AlertNotice.due_at)).where(AlertNotice.taken_at.is_(None)).scalar_subquery(),
    select(func.min(Delivery.due_at)).where(Delivery.state == "held").scalar_subquery(),
)


def tell(now: datetime) -> list[Mail]:
    """Take every notice that is due and hand it over, with what was held back until now; returns the mails written.

    Safe to run twice and beside itself: a notice is taken once, by a conditional UPDATE, and what becomes of it is
    written in the same transaction. What is due later is rung for.
    """
    in_turn()
    taken = sorted(session().scalars(_TAKE, {"now": now}), key=lambda row: row.id)
    mails = _released(now)
    if taken:
        people = staff()
        plans = planned(taken, readers(spoken_for()[0], people), current().tenant_id, now)
        mails += _hand_over(plans, taken, now)
        _ring_bells(taken, [member.person_id for member, _quiet in people], now)
    _come_back(now)
    return mails


def _released(now: datetime) -> list[Mail]:
    """What was held back until now, put together: one message for each destination; the others are told with it."""
    first: dict[tuple[object, ...], Delivery] = {}
    for row in session().scalars(_HELD, {"now": now}).all():
        key = (row.channel, row.destination_id, row.person_id, row.recipient_id)
        if key not in first:
            first[key], row.state = row, "waiting"
            continue
        first[key].notice_ids = [*first[key].notice_ids, *row.notice_ids]
        row.state, row.ended_at, row.answer = "merged", now, f"#{first[key].id}"
    enqueue_many("deliver", {one.id: one.due_at for one in first.values() if one.channel != "email"}, slot=_SLOT)
    by_mail = [one for one in first.values() if one.channel == "email"]
    mails = mailed([_by_mail(one) for one in by_mail], (), now)
    for row, mail in zip(by_mail, mails, strict=True):
        for name, value in _ended(mail, now).items():
            setattr(row, name, value)
    return [mail for mail in mails if mail is not None]


def _by_mail(row: Delivery) -> ByMail:
    return ByMail(tuple(row.notice_ids), row.to_name, "client" if row.recipient_id else "desk")


def _hand_over(plans: Sequence[Planned], taken: Sequence[AlertNotice], now: datetime) -> list[Mail]:
    """Mails go into the outbox in this very transaction; for what leaves over the wire a worker is called.

    The deliveries are written in one statement, those by mail as posted.
    """
    by_mail = [one for one in plans if _by_mail_now(one)]
    mails = mailed([ByMail(one.notice_ids, one.reader.address, one.reader.face) for one in by_mail], taken, now)
    rows = [_row(one, now) for one in plans if not _by_mail_now(one)]
    rows += [_row(one, now) | _ended(mail, now) for one, mail in zip(by_mail, mails, strict=True)]
    written = session().execute(_DELIVERIES, rows).all() if rows else []
    enqueue_many("deliver", {row.id: row.due_at for row in written if row.state == "waiting"}, slot=_SLOT)
    return [mail for mail in mails if mail is not None]


def _by_mail_now(one: Planned) -> bool:
    return one.reader.channel == "email" and not one.held_for


def _row(one: Planned, now: datetime) -> dict[str, Any]:
    reader = one.reader
    return {
        "notice_ids": list(one.notice_ids),
        "severity": one.severity,
        "destination_id": reader.destination_id,
        "person_id": reader.person_id,
        "recipient_id": reader.recipient_id,
        "channel": reader.channel,
        "to_name": reader.address or reader.name,
        "state": "held" if one.held_for else "waiting",
        "held_for": one.held_for,
        "due_at": one.due_at,
        "attempts": 0,
        "mail_id": None,
        "created_at": now,
        "ended_at": None,
    }


def _ended(mail: Mail | None, now: datetime) -> dict[str, Any]:
    """How a delivery by mail ends here: in the outbox, or because nothing is left to tell."""
    return {"state": "posted" if mail else "dropped", "mail_id": mail and mail.id, "attempts": 1, "ended_at": now}


def _ring_bells(taken: Sequence[AlertNotice], people: Iterable[int], now: datetime) -> None:
    """A line in the bell of everybody who works for the client; an end is good to know, and calls nobody."""
    rows = [
        {
            "practice_id": current().practice_id,
            "person_id": person_id,
            "kind": "alert",
            "client_id": current().tenant_id,
            "subject_id": notice.id,
            "at": notice.created_at,
            "read_at": now if notice.why in ("ended", "digest") else None,
        }
        for notice in taken
        for person_id in sorted({*people})
    ]
    if rows:
        session().execute(_BELLS, rows)


def _come_back(now: datetime) -> None:
    """Ring again when the next notice or the next held message is due."""
    for at in {one for one in session().execute(_COMING).one() if one is not None}:
        enqueue("tell", 0, slot=f"tell-{at.isoformat()}", due_at=max(at, now))
