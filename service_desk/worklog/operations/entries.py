"""Work in four fields: written, changed until it is billed, corrected afterwards."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import delete, func, select

from service_desk.audit.operations import record
from service_desk.lib.errors import Invalid, Refused
from service_desk.scope import current, load, session
from service_desk.tickets.models import Ticket
from service_desk.tickets.operations import touch
from service_desk.worklog.models import Entry, RunningTimer, WorkedInterval, WorkTerms
from service_desk.worklog.operations.months import refuse_closed
from service_desk.worklog.operations.timer import discard_timer, my_lock, running
from service_desk.worklog.overlap import Span, fault, first_overlap
from service_desk.worklog.rounding import Rule, billable_minutes

USUAL_RULE = Rule(mode="ceil", step=15, minimum=15)
EDITABLE = ("content", "problem", "solution", "internal_note", "environment", "activity", "billable")
_FAULTS = {
    "ends_before_begin": _l("It ends before it begins."),
    "no_time": _l("It takes no time."),
    "future": _l("This time has not passed yet."),
}


def write_entry(
    started_at: datetime,
    ended_at: datetime,
    content: str,
    problem: str = "",
    solution: str = "",
    *,
    ticket_id: int | None = None,
    billable: bool = True,
    internal_note: str = "",
    environment: str = "production",
    activity: str = "support",
    from_timer: bool = False,
    now: datetime,
) -> Entry:
    """Write down work of the person in scope. Billable minutes and rate are fixed here, by the client's terms.

    `from_timer`: it is what the person's timer measured, and the timer is gone with it. Raises Invalid for a time that
    cannot be, Refused when it overlaps other work of this person (whichever client it was for) or the month is closed.
    """
    person_id = my_lock()
    _refuse_fault(Span(started_at, ended_at), now)
    _refuse_overlap(Span(started_at, ended_at), None if from_timer else running())
    refuse_closed(started_at)
    if from_timer:
        discard_timer()
    entry = Entry(
        ticket_id=ticket_id,
        person_id=person_id,
        person_name=current().actor.name,
        started_at=started_at,
        ended_at=ended_at,
        content=content,
        problem=problem,
        solution=solution,
        internal_note=internal_note,
        environment=environment,
        activity=activity,
        billable=billable,
        created_at=now,
    )
    _measure(entry)
    _keep(entry)
    if ticket_id is not None:
        touch(load(Ticket, ticket_id), now)
    return entry


def _keep(entry: Entry) -> None:
    """Write the entry, and the interval by which other clients' work of the same person cannot overlap it."""
    session().add(entry)
    session().flush()  # The interval points to it.
    span = {"started_at": entry.started_at, "ended_at": entry.ended_at}
    session().add(WorkedInterval(tenant_id=current().tenant_id, entry_id=entry.id, **span))


def _refuse_fault(span: Span, now: datetime) -> None:
    if (found := fault(span, now)) is not None:
        raise Invalid(_FAULTS[found], field="ended")


def _refuse_overlap(span: Span, timer: RunningTimer | None) -> None:
    """Nobody works twice in the same minute. The database's own constraint stands behind this look."""
    rows = session().execute(
        select(WorkedInterval.started_at, WorkedInterval.ended_at, WorkedInterval.entry_id).where(
            WorkedInterval.started_at < span.end, WorkedInterval.ended_at > span.begin
        )
    )
    others = [Span(row.started_at, row.ended_at, row.entry_id) for row in rows]
    if timer is not None:
        others.append(Span(timer.started_at, timer.stopped_at))
    if (hit := first_overlap(span, others)) is not None:
        raise Refused(_l("This overlaps other work of yours."), _overlap_words(hit))


def _overlap_words(hit: Span) -> Any:
    if hit.id is None:
        return _l("Your timer covers this time. Stop it and write it down first.")
    return _l("Change one of the two: nobody is billed twice for the same minute.")


def _measure(entry: Entry) -> None:
    """Fix the facts that billing reads later: seconds worked, minutes billable, money per hour.

    What a successor does is between them and the client; it never comes onto the practice's invoice.
    """
    entry.billable = entry.billable and current().actor.role != "successor"
    terms = session().scalars(select(WorkTerms)).first()
    entry.worked_seconds = int((entry.ended_at - entry.started_at).total_seconds())
    entry.billable_minutes = billable_minutes(entry.worked_seconds, _rule(terms)) if entry.billable else 0
    entry.rate_minor = terms.rate_minor if terms and entry.billable else None
    entry.rate_source = terms.rate_source if terms and entry.billable else ""


def _rule(terms: WorkTerms | None) -> Rule:
    """How one entry is rounded. Where a whole day or invoice is rounded, an entry keeps its plain minutes."""
    if terms is None:
        return USUAL_RULE
    if terms.scope != "entry":
        return Rule()
    return Rule(mode=terms.mode, step=terms.step, minimum=terms.minimum)  # type: ignore[arg-type]


def change_entry(
    entry: Entry, values: Mapping[str, Any], *, started_at: datetime, ended_at: datetime, now: datetime
) -> None:
    """Change an entry that is not billed yet; its minutes and rate are fixed anew.

    `values` may hold the names in EDITABLE. Raises Refused when it is billed, closed or somebody else's.
    """
    my_lock()
    _hold_unbilled(entry)
    span = Span(started_at, ended_at, entry.id)
    _refuse_fault(span, now)
    _refuse_overlap(span, running())
    refuse_closed(entry.started_at)
    refuse_closed(started_at)
    before = {name: getattr(entry, name) for name in EDITABLE if name in values}
    for name in before:
        setattr(entry, name, values[name])
    entry.started_at, entry.ended_at = started_at, ended_at
    _measure(entry)
    interval = session().scalars(select(WorkedInterval).where(WorkedInterval.entry_id == entry.id)).one()
    interval.started_at, interval.ended_at = started_at, ended_at
    record("entry.change", f"entry:{entry.id}", changed=[name for name in before if before[name] != values[name]])


def delete_entry(entry: Entry) -> None:
    """Delete an entry that is not billed. Raises Refused when it is, or its month is closed, or it is not yours."""
    my_lock()
    _hold_unbilled(entry)
    refuse_closed(entry.started_at)
    session().execute(delete(WorkedInterval).where(WorkedInterval.entry_id == entry.id))
    record("entry.delete", f"entry:{entry.id}", content=entry.content[:200], seconds=entry.worked_seconds)
    session().delete(entry)


def _hold_unbilled(entry: Entry) -> None:
    session().flush()  # Reading again would forget what this transaction has changed and not sent yet.
    session().refresh(entry, with_for_update=True)
    if entry.invoice_line_id is not None:
        raise Refused(_l("This entry is on an invoice and cannot be changed."), _l("Write a correction instead."))
    if entry.person_id != current().actor.person_id:
        raise Refused(_l("Only whoever did the work changes its entry."))


def correct_entry(entry: Entry, minutes: int, reason: str, *, now: datetime) -> Entry:
    """Take `minutes` back from an entry that is billed or closed: a negative entry, linked to it, to be billed next.

    Raises Invalid when more would be taken back than was billable.
    """
    session().flush()  # Reading again would forget what this transaction has changed and not sent yet.
    session().refresh(entry, with_for_update=True)
    taken = session().scalar(select(func.sum(Entry.billable_minutes)).where(Entry.corrects_id == entry.id)) or 0
    if not 0 < minutes <= entry.billable_minutes + taken:
        raise Invalid(_l("More cannot be taken back than was billable."), field="minutes")
    correction = Entry(
        ticket_id=entry.ticket_id,
        person_id=entry.person_id,
        person_name=entry.person_name,
        started_at=now,
        ended_at=now,
        content=reason,
        environment=entry.environment,
        activity=entry.activity,
        billable=True,
        worked_seconds=-60 * minutes,
        billable_minutes=-minutes,
        rate_minor=entry.rate_minor,
        rate_source=entry.rate_source,
        corrects_id=entry.id,
        created_at=now,
    )
    session().add(correction)
    session().flush()  # Its page follows.
    record("entry.correct", f"entry:{entry.id}", minutes=-minutes, reason=reason)
    return correction


def unbilled(until: datetime) -> list[Entry]:
    """Billable entries of the client in scope that no invoice line holds, ended before `until`; oldest first."""
    rows = select(Entry).where(Entry.billable, Entry.invoice_line_id.is_(None), Entry.ended_at < until)
    return list(session().scalars(rows.order_by(Entry.started_at, Entry.id)))


def agree_terms(
    *,
    mode: str,
    step: int,
    minimum: int,
    rate_minor: int | None,
    currency: str,
    rate_source: str,
    scope: str = "entry",
    now: datetime,
) -> WorkTerms:
    """Say how the client's time is rounded and priced from now on; entries already written keep theirs."""
    terms = session().scalars(select(WorkTerms)).first() or WorkTerms()
    terms.mode, terms.step, terms.minimum, terms.scope = mode, step, minimum, scope
    terms.rate_minor, terms.currency, terms.rate_source, terms.agreed_at = rate_minor, currency, rate_source, now
    session().add(terms)
    return terms
