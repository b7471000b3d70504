"""Which work is billed where: an entry goes to one line of one invoice, or is written off, or waits."""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta

from flask_babel import lazy_gettext as _l
from sqlalchemy import Select, exists, select, update

from service_desk.audit.operations import record
from service_desk.billing.models import EntryClaim
from service_desk.lib.clock import at_wall
from service_desk.lib.errors import Refused
from service_desk.scope import current, load, session
from service_desk.tenants.models import Tenant
from service_desk.worklog.models import Entry


def unbilled() -> Select[Entry]:
    """The statement for billable entries that no invoice, draft or write-off holds."""
    held = exists().where(
        EntryClaim.tenant_id == Entry.tenant_id, EntryClaim.entry_id == Entry.id, EntryClaim.released_at.is_(None)
    )
    return select(Entry).where(Entry.billable, Entry.invoice_line_id.is_(None), ~held)


def take_entries(until: date, zone: str) -> Sequence[Entry]:
    """Lock the unbilled entries that ended by the end of `until` on the client's clock, oldest first."""
    queue_up()
    midnight = at_wall(until + timedelta(days=1), 0, zone)
    statement = unbilled().where(Entry.ended_at <= midnight).order_by(Entry.started_at, Entry.id)
    return session().scalars(statement.with_for_update()).all()


def queue_up() -> Tenant:
    """One at a time decides where a client's work goes; the next one then sees what was decided."""
    return session().get_one(Tenant, current().tenant_id, with_for_update={"key_share": True})


def claim(entries: Iterable[Entry], invoice_id: int, line_id: int, now: datetime) -> None:
    """Put entries onto a line. The database refuses an entry that is already held anywhere."""
    for entry in entries:
        session().add(
            EntryClaim(
                entry_id=entry.id,
                invoice_id=invoice_id,
                line_id=line_id,
                minutes=entry.billable_minutes,
                created_at=now,
                created_by=current().actor.name,
            )
        )


def claims_of(invoice_id: int) -> Sequence[EntryClaim]:
    """The open claims of an invoice."""
    statement = select(EntryClaim).where(EntryClaim.invoice_id == invoice_id, EntryClaim.released_at.is_(None))
    return session().scalars(statement.order_by(EntryClaim.entry_id)).all()


def hold_entries(claims: Sequence[EntryClaim]) -> dict[int, Entry]:
    """Lock the claimed entries and give them by id. Raises Refused when one no longer is what was claimed."""
    ids = [one.entry_id for one in claims]
    statement = select(Entry).where(Entry.id.in_(ids)).order_by(Entry.id).with_for_update()
    entries = {entry.id: entry for entry in session().scalars(statement.execution_options(populate_existing=True))}
    for one in claims:
        entry = entries.get(one.entry_id)
        if entry is None or not entry.billable or entry.billable_minutes != one.minutes:
            raise Refused(
                _l("Work on this draft was changed after it was drafted."),
                _l("Discard the draft and make it anew; nothing else is lost."),
            )
    return entries


def release(invoice_id: int, now: datetime) -> int:
    """Let the work of an invoice go back to the unbilled; returns how many entries."""
    claims = claims_of(invoice_id)
    ids = [one.entry_id for one in claims]
    session().execute(
        update(EntryClaim)
        .where(EntryClaim.invoice_id == invoice_id, EntryClaim.released_at.is_(None))
        .values(released_at=now)
    )
    session().execute(update(Entry).where(Entry.id.in_(ids)).values(invoice_line_id=None))
    return len(ids)


def write_off(entry_id: int, reason: str, now: datetime) -> EntryClaim:
    """Decide that an entry will not be billed. Raises Refused when an invoice already holds it."""
    queue_up()
    entry = session().scalars(unbilled().where(Entry.id == entry_id).with_for_update()).first()
    if entry is None:
        load(Entry, entry_id)  # Not there at all is 404; there but held is told.
        raise Refused(_l("This work is already billed, on a draft, or written off."))
    taken = EntryClaim(
        entry_id=entry.id,
        kind="write_off",
        minutes=entry.billable_minutes,
        reason=reason,
        created_at=now,
        created_by=current().actor.name,
    )
    session().add(taken)
    record("entry.write_off", f"entry:{entry.id}", minutes=taken.minutes, reason=reason)
    return taken


def take_up(entry_id: int, now: datetime | None = None) -> None:
    """Bring an entry that was written off back to the unbilled."""
    taken = (
        session()
        .scalars(
            select(EntryClaim)
            .where(EntryClaim.entry_id == entry_id, EntryClaim.kind == "write_off", EntryClaim.released_at.is_(None))
            .with_for_update()
        )
        .first()
    )
    if taken is None:
        load(Entry, entry_id)
        raise Refused(_l("This work is not written off."))
    taken.released_at = now or datetime.now(UTC)
    record("entry.take_up", f"entry:{entry_id}", minutes=taken.minutes)
