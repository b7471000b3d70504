"""Forms of service level cases: due times, business time, attainment, and rules told in a sentence."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from service_desk.sla.attainment import Tally
from service_desk.sla.calendar import WEEKDAYS, Calendar, CalendarError, hours, is_provisional, week, working_day
from service_desk.sla.clock import Pause, due, elapsed, remaining, reopened, retargeted, share_of, warn_at
from tests.vectors.forms import Case, Context, Form, Mismatch, form, official, same
from tests.vectors.rules import SCENARIOS

_CALENDAR_FIELDS = frozenset({"tz", "weekly", "holidays", "makeup", "makeup_template", "overrides", "desc"})
NO_OPEN_TIME = "no_open_time"


def calendar(spec: Case) -> Calendar:
    """Read a calendar; an unknown field is a Mismatch, since it would change the hours unread."""
    if not spec.keys() <= _CALENDAR_FIELDS:
        raise Mismatch(f"unknown calendar field {sorted(spec.keys() - _CALENDAR_FIELDS)}")
    same("holidays", spec.get("holidays") in (None, "CN"), True)
    return Calendar(
        zone=spec["tz"],
        weekly=week(spec["weekly"]),
        holidays=official() if spec.get("holidays") else None,
        makeup=spec.get("makeup", True),
        makeup_weekday=WEEKDAYS.index(spec.get("makeup_template", "mon")),
        overrides={date.fromisoformat(day): hours(spans) for day, spans in spec.get("overrides", {}).items()},
    )


def _instant(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def _pauses(case: Case) -> list[Pause]:
    return [Pause(datetime.fromisoformat(start), _instant(end)) for start, end in case.get("pauses", ())]


def _due(case: Case, context: Context) -> None:
    used = calendar(context.calendars[case["calendar"]])
    start, pauses = datetime.fromisoformat(case["start"]), _pauses(case)
    target = _target(case, used)
    expected, fault = _instant(case["expected_due"]), case.get("error")
    try:
        got = _due_of(case, used, start, target, pauses)
    except CalendarError as error:
        same("due", None, expected)
        same("error", error.code, fault or NO_OPEN_TIME)
        return
    same("error", None, fault)
    same("due", got, expected)
    if got is None:
        same("nothing but an open pause takes a due time away", any(pause.end is None for pause in pauses), True)
    else:
        same("provisional", is_provisional(used, start, got), case.get("provisional", False))
    _beside(case, used, start, target, pauses)


def _target(case: Case, used: Calendar) -> timedelta:
    if "target_minutes" in case:
        return timedelta(minutes=case["target_minutes"])
    return int(case["target_working_days"]) * working_day(used)


def _due_of(case: Case, used: Calendar, start: datetime, target: timedelta, pauses: Sequence[Pause]) -> datetime | None:
    if "retarget" in case:
        change: dict[str, Any] = case["retarget"]
        began = datetime.fromisoformat(change["ticket_start"] if "ticket_start" in change else case["start"])
        return retargeted(used, began, datetime.fromisoformat(change["at"]), target, pauses, change["mode"])
    kind = case.get("kind", "resolution")
    if kind == "reopen-resume" and pauses and pauses[-1].end is not None:
        start, pauses = reopened(start, tuple(pauses[:-1]), pauses[-1].start, pauses[-1].end, "resume")
    elif kind == "reopen-new-cycle":
        start, pauses = reopened(start, tuple(pauses), start, start, "new_cycle")
    elif kind not in ("resolution", "first_response", "next_reply", "next_update"):
        raise Mismatch(f"unknown kind {kind!r}")
    return due(used, start, target, pauses)


def _beside(case: Case, used: Calendar, start: datetime, target: timedelta, pauses: Sequence[Pause]) -> None:
    """Check what a case may say beside its due time: what is left at an instant, when a warning falls due."""
    if "remaining_minutes" in case:
        left = remaining(used, start, target, pauses, datetime.fromisoformat(case["as_of"]))
        same("remaining", left, timedelta(minutes=case["remaining_minutes"]))
    if "expected_warn" in case:
        percent = case.get("warn_percent")
        before = share_of(target, percent) if percent else timedelta(minutes=case["warn_before_minutes"])
        same("warning", warn_at(used, start, target, pauses, before), _instant(case["expected_warn"]))


def _elapsed(case: Case, context: Context) -> None:
    used = calendar(context.calendars[case["calendar"]])
    start, end = (datetime.fromisoformat(case[name]) for name in ("start", "end"))
    got = elapsed(used, start, end, _pauses(case))
    same("business time", got, timedelta(minutes=case["expected_business_minutes"]))


def _attainment(case: Case, _: Context) -> None:
    counted: dict[str, Any] = {name: case[name] for name in ("met", "breached", "waived", "excluded", "open")}
    expected = case["expected_pct"]
    same("percent", Tally(**counted).percent, None if expected is None else Decimal(expected))


def _calendar(case: Case, _: Context) -> None:
    calendar(case)


def _rule(case: Case, _: Context) -> None:
    SCENARIOS[case["id"]](case["given"], case["expect"])


_DUE_MAY = (
    "kind pauses retarget provisional remaining_minutes as_of warn_before_minutes warn_percent expected_warn error"
)
SLA_FORMS: tuple[Form, ...] = (
    form(_due, "calendar start expected_due target_minutes", _DUE_MAY),
    form(_due, "calendar start expected_due target_working_days", _DUE_MAY),
    form(_elapsed, "calendar start end expected_business_minutes", "pauses"),
    form(_attainment, "met breached waived excluded open expected_pct"),
    form(_calendar, "tz weekly", "holidays makeup makeup_template overrides"),
)
RULE = form(_rule, "id given expect")
