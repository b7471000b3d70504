"""What mutes incidents: loaded for the rules, and silences made and ended by people."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from flask_babel import lazy_gettext as _l
from sqlalchemy import bindparam, select

from service_desk.alerts.models import Incident, Silence
from service_desk.alerts.muting import Quiet, Quieting
from service_desk.audit.operations import record
from service_desk.checks.catalog import CATALOG
from service_desk.checks.operations import live_windows
from service_desk.jobs import enqueue
from service_desk.lib.errors import Invalid
from service_desk.scope import current, load, session
from service_desk.tenants.models import ErpConnection
from service_desk.tenants.operations.dependence import below

LONGEST = timedelta(days=30)
_LIVE = select(Silence).where(Silence.ended_at.is_(None), Silence.ends_at > bindparam("now"))


def quiet(open_ones: Iterable[Incident], now: datetime) -> Quiet:
    """Everything that mutes the client's incidents now."""
    silences = [
        Quieting(
            connection_id=row.connection_id,
            check=row.check,
            subject=row.subject,
            severity=row.severity,
            ends_at=row.ends_at,
        )
        for row in session().scalars(_LIVE, {"now": now})
    ]
    return Quiet(live_windows(), silences, _orphans(open_ones))


def _orphans(open_ones: Iterable[Incident]) -> frozenset[int]:
    """The connections that hang on one which does not answer, at whatever remove."""
    down = [
        one.connection_id
        for one in open_ones
        if one.severity == "crit" and one.check in CATALOG and CATALOG[one.check].alone and one.connection_id
    ]
    if not down:
        return frozenset()
    return frozenset(session().scalars(below(down)))


def silence(
    *,
    ends_at: datetime,
    reason: str,
    connection_id: int | None = None,
    check: str = "",
    subject: str = "",
    severity: str = "",
    now: datetime,
) -> Silence:
    """Tell nobody of what this matches until `ends_at`; recording goes on.

    Raises Invalid without a reason, or for an end that is past or more than thirty days away; NotThere for another
    client's connection.
    """
    if not reason.strip():
        raise Invalid(_l("Say why, so that whoever finds it quiet knows."), "reason")
    if not now < ends_at <= now + LONGEST:
        raise Invalid(_l("A silence ends within thirty days."), "ends")
    if connection_id is not None:
        load(ErpConnection, connection_id)
    row = Silence(
        connection_id=connection_id, check=check, subject=subject, severity=severity, reason=reason.strip(),
        author_name=current().actor.name, created_at=now, ends_at=ends_at,
    )  # fmt: skip
    session().add(row)
    session().flush()
    record("silence.begin", f"silence:{row.id}", check=check, about=subject, until=ends_at.isoformat())
    enqueue("notice", 0, slot=f"silence-{row.id}")
    return row


def end_silence(row: Silence, *, now: datetime) -> None:
    """End a silence early: what it hid and is still there is told."""
    if row.ended_at is None and row.ends_at > now:
        row.ended_at = now
        record("silence.end", f"silence:{row.id}", check=row.check, about=row.subject)
        enqueue("notice", 0, slot=f"silence-{row.id}-ended")
