"""Today's log of one person over all clients: what was done, where the gaps are, what runs."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import BigInteger, DateTime, select

from service_desk.lib.clock import Language, at_wall, in_words, local, local_day, show_hour
from service_desk.scope import current, session
from service_desk.spelled import given, spelled_out
from service_desk.tenants.models import Tenant
from service_desk.web.drawing import address as url_for
from service_desk.worklog.models import Entry

GAP = timedelta(minutes=15)
OPENS = 8 * 60  # the line shows the day from 8 to 20 o'clock
WORKED = spelled_out(
    select(
        Entry.started_at, Entry.ended_at, Entry.content, Entry.worked_seconds,
        Tenant.short_name, Tenant.colour, Tenant.slug,
    )
    .join(Tenant, Tenant.id == Entry.tenant_id)
    .where(Entry.person_id == given("me", BigInteger()), Entry.started_at >= given("since", DateTime(timezone=True)))
    .order_by(Entry.started_at)
)  # fmt: skip


@dataclass(frozen=True)
class Day:
    """The variables of the day's panel."""

    note: str
    segments: list[tuple[int, int, int]]
    now: int
    entries: list[tuple[str, str, int, str, str]]


def day(now: datetime, lang: Language, zone: str = "Asia/Shanghai") -> Day:
    """The entries of the signed-in person since midnight on their own clock."""
    start = at_wall(local_day(now, zone), 0, zone)
    rows = session().execute(WORKED, {"me": current().actor.person_id, "since": start}).all()
    listed: list[tuple[str, str, int, str, str]] = []
    last: datetime | None = None
    for entry in rows:
        if last is not None and entry.started_at - last >= GAP:
            listed.append(_gap(last, entry.started_at, zone, lang))
        span = f"{show_hour(entry.started_at, zone)}–{show_hour(entry.ended_at, zone)}"
        listed.append(
            (span, f"{entry.short_name} {entry.content}", entry.colour, "", url_for("worklog.client", slug=entry.slug))
        )
        last = entry.ended_at
    worked = sum(entry.worked_seconds for entry in rows)
    note = in_words(timedelta(seconds=worked), lang) if rows else ""
    segments = [_segment(entry, zone) for entry in rows]
    return Day(note, segments, _minute(now, zone), listed)


def _gap(begins: datetime, ends: datetime, zone: str, lang: Language) -> tuple[str, str, int, str, str]:
    text = _("Add what was done (%(time)s)", time=in_words(ends - begins, lang))
    return show_hour(begins, zone), text, 0, "gap", url_for("time.week")


def _segment(entry: Any, zone: str) -> tuple[int, int, int]:
    begins, ends = _minute(entry.started_at, zone), _minute(entry.ended_at, zone)
    return begins, max(2, ends - begins), entry.colour


def _minute(at: datetime, zone: str) -> int:
    """Minutes since the line's beginning, kept on the line."""
    shown = local(at, zone)
    return min(720, max(0, shown.hour * 60 + shown.minute - OPENS))
