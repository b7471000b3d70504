"""When nobody is told of what, as a client's page shows it: windows, their next occurrences, silences, dependence."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import select

from service_desk.alerts.models import Silence
from service_desk.checks.catalog import CATALOG
from service_desk.checks.finding import N_
from service_desk.checks.maintenance import BadRule, Span, Window, occurrences
from service_desk.checks.models import CheckPlan, MaintenanceWindow
from service_desk.checks.operations.windows import window_of
from service_desk.checks.reading import title
from service_desk.lib.clock import Language, in_words, local, local_day, show_day, show_time
from service_desk.lib.i18n import say
from service_desk.scope import session
from service_desk.tenants.models import ErpConnection, Tenant

AHEAD = timedelta(days=60)
LISTED = 12
EVERYTHING = N_("everything of this client")
RULES: tuple[tuple[str, str], ...] = (
    ("FREQ=DAILY", N_("every day")),
    ("FREQ=WEEKLY", N_("every week")),
    ("FREQ=MONTHLY", N_("every month")),
    ("FREQ=YEARLY", N_("every year")),
    ("", N_("once")),
)


@dataclass(frozen=True)
class Occurrence:
    """One time a window opens: its day, from when to when on its own wall clock, and whether it is open now."""

    start: datetime
    day: str
    hours: str
    title: str
    what: str
    is_open: bool


@dataclass(frozen=True)
class Line:
    """One window or silence in a list."""

    id: int
    title: str
    what: str
    when: str
    by: str
    is_open: bool = False


@dataclass
class Hush:
    """Everything alerts/maintenance.html shows."""

    windows: list[Line] = field(default_factory=list)
    coming: list[Occurrence] = field(default_factory=list)
    silences: list[Line] = field(default_factory=list)
    connections: dict[int, str] = field(default_factory=dict)
    parents: dict[int, int] = field(default_factory=dict)
    checks: dict[str, str] = field(default_factory=dict)
    open_until: str = ""


def choices(lang: Language) -> tuple[dict[int, str], dict[str, str]]:
    """The client's connections by name, and its checks by title."""
    rows = session().execute(select(ErpConnection.id, ErpConnection.name).order_by(ErpConnection.name))
    return {row.id: row.name for row in rows}, _checks(lang)


def _checks(lang: Language) -> dict[str, str]:
    found = session().scalars(select(CheckPlan.check).distinct())
    return dict(sorted(((key, title(key, lang)) for key in found if key in CATALOG), key=lambda pair: pair[1]))


def read(tenant: Tenant, now: datetime, lang: Language) -> Hush:
    """The page of one client."""
    connections = session().scalars(select(ErpConnection).order_by(ErpConnection.name)).all()
    found = Hush(
        connections={one.id: one.name for one in connections},
        parents={one.id: one.parent_id for one in connections if one.parent_id is not None},
        checks=_checks(lang),
    )
    rows = select(MaintenanceWindow).where(MaintenanceWindow.cancelled_at.is_(None)).order_by(MaintenanceWindow.id)
    for row in session().scalars(rows):
        window = window_of(row)
        times = _times(window, now)
        what = _what(window.connection_id, window.check, found, lang)
        found.coming += [_occurrence(window, what, span, now, lang) for span in times]
        is_open = any(span.start <= now for span in times)
        if times or window.rule:
            found.windows.append(Line(row.id, row.title, what, _when(window, lang), row.author_name, is_open))
    found.coming = sorted(found.coming, key=lambda one: one.start)[:LISTED]
    live = select(Silence).where(Silence.ended_at.is_(None), Silence.ends_at > now).order_by(Silence.ends_at)
    for silence in session().scalars(live):
        what = " · ".join(filter(None, (_what(silence.connection_id, silence.check, found, lang), silence.subject)))
        until = show_time(silence.ends_at, tenant.time_zone, lang)
        found.silences.append(Line(silence.id, silence.reason, what, until, silence.author_name))
    return found


def _times(window: Window, now: datetime) -> Sequence[Span]:
    try:
        return list(occurrences(window, now, now + AHEAD))[:LISTED]
    except BadRule:
        return []


def _what(connection_id: int | None, check: str, found: Hush, lang: Language) -> str:
    """What a window or a silence is about."""
    named = [found.connections.get(connection_id or 0, ""), title(check, lang) if check else ""]
    return " · ".join(filter(None, named))


def _occurrence(window: Window, what: str, span: Span, now: datetime, lang: Language) -> Occurrence:
    begins, ends = local(span.start, window.zone), local(span.end, window.zone)
    return Occurrence(
        start=span.start,
        day=show_day(local_day(span.start, window.zone), lang),
        hours=f"{begins:%H:%M}–{ends:%H:%M}",
        title=window.title,
        what=what or say(lang, EVERYTHING),
        is_open=span.start <= now < span.end,
    )


def _when(window: Window, lang: Language) -> str:
    rhythm = next(word for start, word in RULES if window.rule.startswith(start))
    at = f"{window.at_minute // 60:02d}:{window.at_minute % 60:02d}"
    length = in_words(timedelta(minutes=window.minutes), lang)
    return " · ".join((say(lang, rhythm), at, length, window.zone))
