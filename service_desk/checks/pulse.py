"""Heartbeats as their pages show them, and the lines a job needs to report."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from service_desk.checks.finding import N_
from service_desk.checks.models import Heartbeat, HeartbeatPing
from service_desk.lib.clock import Language, ago, in_words, show_time
from service_desk.lib.i18n import say
from service_desk.scope import session

STATUS: dict[str, tuple[str, str]] = {
    "new": ("unknown", N_("Has never reported")),
    "up": ("ok", N_("On time")),
    "late": ("warn", N_("Late")),
    "running": ("ok", N_("Running")),
    "failed": ("crit", N_("Failed")),
    "missed": ("crit", N_("Missed")),
    "timed_out": ("crit", N_("Timed out")),
    "paused": ("unknown", N_("Paused")),
}
KINDS: dict[str, tuple[str, str]] = {
    "success": ("ok", N_("Went well")),
    "start": ("unknown", N_("Started")),
    "fail": ("crit", N_("Failed")),
    "log": ("unknown", N_("Note")),
}


@dataclass(frozen=True)
class Line:
    """One heartbeat in a list."""

    id: int
    name: str
    state: str
    word: str
    rhythm: str
    last: str
    due: str


@dataclass(frozen=True)
class Ping:
    """One sign of life as it is shown."""

    at: str
    state: str
    word: str
    detail: str
    body: str
    cut: bool


@dataclass(frozen=True)
class Page:
    """Everything checks/heartbeat.html shows."""

    line: Line
    facts: list[tuple[str, str, str]]
    pings: list[Ping]


def status_of(row: Heartbeat, now: datetime) -> str:
    """The status as it stands at `now`: past its time but within the grace, it is late."""
    if row.status == "up" and row.alert_after and now > row.alert_after - timedelta(seconds=row.grace_s):
        return "late"
    return row.status


def line(row: Heartbeat, now: datetime, zone: str, lang: Language) -> Line:
    """One row of the list."""
    state, word = STATUS[status_of(row, now)]
    last = ago(row.last_ping_at, now, lang) if row.last_ping_at else "—"
    due = show_time(row.alert_after, zone, lang) if row.alert_after else "—"
    return Line(row.id, row.name, state, say(lang, word), rhythm(row, lang), last, due)


def rhythm(row: Heartbeat, lang: Language) -> str:
    """How often it reports, in words."""
    if row.cron:
        return row.cron
    return say(lang, N_("every %(length)s"), length=in_words(timedelta(seconds=row.period_s or 0), lang))


def read(row: Heartbeat, now: datetime, zone: str, lang: Language) -> Page:
    """One heartbeat with its last signs of life, newest first."""
    shown = line(row, now, zone, lang)
    found = session().scalars(
        select(HeartbeatPing).where(HeartbeatPing.heartbeat_id == row.id).order_by(HeartbeatPing.n.desc()).limit(100)
    )
    length = in_words(timedelta(seconds=row.last_duration_s), lang) if row.last_duration_s is not None else "—"
    facts = [
        (say(lang, N_("Reports")), shown.rhythm, ""),
        (say(lang, N_("May be late by")), in_words(timedelta(seconds=row.grace_s), lang), ""),
        (say(lang, N_("Alarm from")), shown.due, ""),
        (say(lang, N_("Last run took")), length, ""),
        (say(lang, N_("Key ends in")), row.key_hint, ""),
    ]
    if row.metrics:
        told = " · ".join(f"{name} {value:,.10g}" for name, value in sorted(row.metrics.items()))
        facts.append((say(lang, N_("Its last figures")), told, ""))
    return Page(shown, facts, [_ping(ping, zone, lang) for ping in found])


def _ping(ping: HeartbeatPing, zone: str, lang: Language) -> Ping:
    state, word = KINDS[ping.kind]
    parts = []
    if ping.exit_code is not None:
        parts.append(say(lang, N_("exit code %(code)s"), code=ping.exit_code))
    if ping.duration_s is not None:
        parts.append(say(lang, N_("took %(length)s"), length=in_words(timedelta(seconds=ping.duration_s), lang)))
    at = show_time(ping.at, zone, lang)
    return Ping(at, state, say(lang, word), " · ".join(parts), ping.body, ping.body_cut)


def form_data(row: Heartbeat) -> dict[str, Any]:
    """What the form shows of a heartbeat: its period in the largest unit that fits."""
    period = row.period_s or 0
    unit = next((size for size in (86400, 3600, 60) if period and period % size == 0), 60)
    every = period // unit if period else None
    return {"name": row.name, "every": every, "unit": str(unit), "cron": row.cron, "grace": row.grace_s // 60}


def ways(url: str) -> list[tuple[str, str]]:
    """The lines to copy into a job, by where it runs; nothing without a fresh address."""
    if not url:
        return []
    return [
        ("curl", f"curl -fsS -m 10 --retry 5 -o /dev/null {url}"),
        ("Shell", f"/path/to/backup.sh; curl -fsS -m 10 --retry 5 -o /dev/null {url}/$?"),
        ("Log", f"/path/to/backup.sh 2>&1 | tail -c 10000 | curl -fsS -m 10 --retry 5 --data-binary @- {url}"),
        (
            "JSON",
            f"""curl -fsS -m 10 --retry 5 -o /dev/null -H 'Content-Type: application/json' """
            f"""-d '{{"bytes": 123456, "rows": 789, "seconds": 42}}' {url}""",
        ),
        ("PowerShell", f"Invoke-RestMethod -Uri {url} -TimeoutSec 10"),
        (
            "PowerShell, start / end",
            f"Invoke-RestMethod {url}/start; & C:\\backup.cmd; Invoke-RestMethod {url}/$LASTEXITCODE",
        ),
    ]
