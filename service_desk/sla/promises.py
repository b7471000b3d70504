"""What was promised for a ticket, as the snapshot it carries, and back to terms that clocks can be run under.

    {"calendar": {"zone", "weekly", "cn_holidays", "makeup", "overrides"}, "vendor_pauses": true,
     "targets": {"P1": {"first_response": 30, "resolution": 240, "round_the_clock": true, "warn_percent": 80}}}

An empty snapshot promises nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from service_desk.sla.calendar import Calendar, always_open, hours, week
from service_desk.sla.holidays import HolidayTable
from service_desk.sla.timeline import CLOCKS, WAITING, ClockName, Target, Terms

USUAL_WEEK = {day: [["09:00", "18:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}


def calendar_of(spec: Mapping[str, Any], holidays: HolidayTable | None) -> Calendar:
    """The calendar a snapshot describes. Raises CalendarError when its hours cannot be read."""
    return Calendar(
        zone=spec["zone"],
        weekly=week(spec["weekly"]),
        holidays=holidays if spec.get("cn_holidays") else None,
        makeup=bool(spec.get("makeup", True)),
        overrides={date.fromisoformat(day): hours(spans) for day, spans in spec.get("overrides", {}).items()},
    )


def terms_of(snapshot: Mapping[str, Any], holidays: HolidayTable | None) -> Terms:
    """The terms a ticket's snapshot stands for; an empty one promises nothing."""
    if not snapshot:
        return Terms(targets={})
    calendar = calendar_of(snapshot["calendar"], holidays)
    paused = WAITING if snapshot.get("vendor_pauses", True) else WAITING - {"waiting_vendor"}
    return Terms(
        targets={priority: _targets(given, calendar) for priority, given in snapshot["targets"].items()},
        pause_states=frozenset(paused),
    )


def _targets(given: Mapping[str, Any], calendar: Calendar) -> dict[ClockName, Target]:
    served = always_open(calendar.zone) if given.get("round_the_clock") else calendar
    return {clock: Target(given[clock], served) for clock in CLOCKS if given.get(clock)}


def warn_percent(snapshot: Mapping[str, Any], priority: str) -> int:
    """At which percent of a target used up a warning is due."""
    return int(snapshot.get("targets", {}).get(priority, {}).get("warn_percent", 80))
