"""Hand notices over: to each destination one message with one client's data, now or when it wants to be told."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from service_desk.alerts.channels.message import Message
from service_desk.alerts.delivery.models import BellItem, Delivery
from service_desk.alerts.delivery.plan import Planned, planned
from service_desk.alerts.delivery.readers import readers
from service_desk.alerts.delivery.saying import Speaker
from service_desk.alerts.models import AlertNotice, IncidentMail
from service_desk.alerts.words import Face, mail_body
from service_desk.jobs import enqueue, enqueue_many
from service_desk.mail import Mail, post
from service_desk.scope import current, session
from service_desk.tenants.models import Tenant
from service_desk.tickets.jobs import engineers

# The same lock under which notices are made: nobody takes one that is just being put together with another.
_LOCK_CLASS = 7102


def tell(now: datetime) -> list[Mail]:
    """Take every notice that is due and hand it over, with what was held back until now; returns the mails written.

    Safe to run twice and beside itself: a notice is taken once, by a conditional UPDATE, and what becomes of it is
    written in the same transaction. What is due later is rung for.
    """
    session().execute(select(func.pg_advisory_xact_lock(_LOCK_CLASS, current().tenant_id)))
    due = AlertNotice.taken_at.is_(None) & (AlertNotice.due_at <= now)
    taken = session().scalars(update(AlertNotice).where(due).values(taken_at=now).returning(AlertNotice)).all()
    taken = sorted(taken, key=lambda row: row.id)
    released = _released(now)
    tenant = session().get_one(Tenant, current().tenant_id) if taken or released else None
    mails: list[Mail] = []
    if tenant is not None:
        plans = planned(taken, readers(tenant), tenant.id, now) if taken else []
        mails = _hand_over(tenant, _written(plans, now), released, now)
        _ring_bells(taken, now)
    _come_back(now)
    return mails


def _written(plans: Sequence[Planned], now: datetime) -> list[tuple[Delivery, Planned]]:
    """The deliveries, in one statement."""
    if not plans:
        return []
    rows = [_row(one, now) for one in plans]
    made = session().scalars(insert(Delivery).returning(Delivery, sort_by_parameter_order=True), rows).all()
    return list(zip(made, plans, strict=True))


def _row(one: Planned, now: datetime) -> dict[str, object]:
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
        "created_at": now,
    }


def _released(now: datetime) -> list[Delivery]:
    """What was held back until now, put together: one message for each destination; the others are told with it."""
    due = (Delivery.state == "held") & (Delivery.due_at <= now)
    rows = session().scalars(select(Delivery).where(due).order_by(Delivery.id).with_for_update()).all()
    first: dict[tuple[object, ...], Delivery] = {}
    for row in rows:
        key = (row.channel, row.destination_id, row.person_id, row.recipient_id)
        if key not in first:
            first[key], row.state = row, "waiting"
            continue
        first[key].notice_ids = [*first[key].notice_ids, *row.notice_ids]
        row.state, row.ended_at, row.answer = "merged", now, f"#{first[key].id}"
    return list(first.values())


def _hand_over(
    tenant: Tenant, written: Sequence[tuple[Delivery, Planned]], released: Sequence[Delivery], now: datetime
) -> list[Mail]:
    """Mails go into the outbox in this very transaction; for what leaves over the wire a worker is called."""
    ready = [*released, *(row for row, plan in written if not plan.held_for)]
    if not ready:
        return []
    by_wire = {row.id: row.due_at for row in ready if row.channel != "email"}
    enqueue_many("deliver", by_wire, slot="deliver-1-")
    by_mail = [row for row in ready if row.channel == "email"]
    if not by_mail:
        return []
    speaker = Speaker(tenant, [one for row in by_mail for one in row.notice_ids])
    said: dict[tuple[Face, tuple[int, ...]], Message | None] = {}
    mails = []
    for row in by_mail:
        face: Face = "client" if row.recipient_id else "desk"
        key = (face, tuple(row.notice_ids))
        if key not in said:
            said[key] = speaker.message(row.notice_ids, face, f"delivery-{row.id}", now)
        if (mail := _posted(row, said[key], now)) is not None:
            mails.append(mail)
            _remember(speaker.incident_ids(row.notice_ids), mail)
    return mails


def _posted(row: Delivery, message: Message | None, now: datetime) -> Mail | None:
    row.ended_at, row.attempts = now, row.attempts + 1
    if message is None:
        row.state = "dropped"
        return None
    about = "incidents" if row.recipient_id is None else "client_incidents"
    mail = post(row.to_name, message.subject, mail_body(message), about=about)
    row.state, row.mail_id = "posted", mail.id
    return mail


def _remember(incident_ids: Iterable[int], mail: Mail) -> None:
    """So that an incident's page can show what was told to whom, and how far it came."""
    session().add_all(IncidentMail(incident_id=number, mail_id=mail.id) for number in sorted(incident_ids))


def _ring_bells(taken: Sequence[AlertNotice], now: datetime) -> None:
    """A line in the bell of everybody who works for the client; an end is good to know, and calls nobody."""
    people = {one.person_id for one in engineers()} if taken else set()
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
        for person_id in sorted(people)
    ]
    if rows:
        session().execute(upsert(BellItem).values(rows).on_conflict_do_nothing())


def _come_back(now: datetime) -> None:
    """Ring again when the next notice or the next held message is due."""
    notices = select(func.min(AlertNotice.due_at)).where(AlertNotice.taken_at.is_(None))
    held = select(func.min(Delivery.due_at)).where(Delivery.state == "held")
    coming = session().execute(select(notices.scalar_subquery(), held.scalar_subquery())).one()
    for at in {one for one in coming if one is not None}:
        enqueue("tell", 0, slot=f"tell-{at.isoformat()}", due_at=max(at, now))
