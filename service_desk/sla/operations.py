"""Agree on hours and targets with a client, and take the snapshot a new ticket carries."""

import time
from collections.abc import Mapping
from datetime import datetime
from typing import Any, cast

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from service_desk.audit.operations import record
from service_desk.lib.errors import Invalid
from service_desk.scope import session
from service_desk.sla.calendar import Calendar, CalendarError, next_open
from service_desk.sla.holidays import HolidayRow, HolidayTable, Kind, table
from service_desk.sla.models import Holiday, ServiceCalendar, SlaPolicy
from service_desk.sla.promises import USUAL_WEEK, calendar_of
from service_desk.sla.timeline import CLOCKS

_KEPT_SECONDS = 600
_SNAPSHOT = "sla_snapshot"
_NEWEST = select(ServiceCalendar).order_by(ServiceCalendar.id.desc()).limit(1)
_kept: dict[str, tuple[float, HolidayTable]] = {}


def holidays() -> HolidayTable:
    """The official days, kept in this process for ten minutes: they change once a year."""
    read_at, found = _kept.get("table", (0.0, None))
    if found is None or time.monotonic() - read_at > _KEPT_SECONDS:
        rows = session().scalars(select(Holiday))
        found = table(HolidayRow(row.day, cast("Kind", row.kind), row.name, row.source) for row in rows)
        _kept["table"] = (time.monotonic(), found)
    return found


def agree(hours: Mapping[str, Any], targets: Mapping[str, Mapping[str, Any]], *, now: datetime) -> bool:
    """Keep the hours and the promised times a client was asked for, as `agree_hours` and `promise` take them.

    They hold for tickets that are opened from now on; what a ticket carries stays. What is the same already is not
    written again. Returns whether anything changed. Raises Invalid when the hours never open.
    """
    before = _read_snapshot()
    if before.get("calendar") != _compared(hours) or before.get("vendor_pauses") != hours["vendor_pauses"]:
        agree_hours(**hours, now=now)
    for priority, target in targets.items():
        if any(target[clock] for clock in CLOCKS) or priority in before.get("targets", {}):
            promise(priority, **target, now=now)
    after = _read_snapshot()
    if after != before:
        record("sla.agree", before=before, after=after)
    return after != before


def _compared(hours: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in hours.items() if name != "vendor_pauses"}


def agree_hours(
    *,
    zone: str,
    weekly: Mapping[str, Any] | None = None,
    cn_holidays: bool = True,
    makeup: bool = True,
    overrides: Mapping[str, Any] | None = None,
    vendor_pauses: bool = True,
    now: datetime,
) -> ServiceCalendar:
    """Write down the hours a client is served in, from now on. Raises Invalid when they never open."""
    calendar = ServiceCalendar(
        zone=zone,
        weekly=dict(weekly if weekly is not None else USUAL_WEEK),
        cn_holidays=cn_holidays,
        makeup=makeup,
        overrides=dict(overrides or {}),
        vendor_pauses=vendor_pauses,
        created_at=now,
    )
    try:
        next_open(calendar_of(spec_of(calendar), holidays()), now)
    except CalendarError as error:
        raise Invalid(_l("These hours never open."), field="weekly") from error
    session().add(calendar)
    session().flush()  # The next snapshot must see it.
    session().info.pop(_SNAPSHOT, None)
    return calendar


def promise(priority: str, *, now: datetime, **targets: Any) -> SlaPolicy:
    """Agree on the targets of one priority, in minutes of service time; what is left out is not promised."""
    row = session().scalars(select(SlaPolicy).where(SlaPolicy.priority == priority)).first()
    row = row or SlaPolicy(priority=priority)
    for clock in ("first_response", "next_reply", "next_update", "resolution"):
        setattr(row, f"{clock}_minutes", targets.get(clock))
    row.round_the_clock = bool(targets.get("round_the_clock"))
    row.warn_percent = int(targets.get("warn_percent", 80))
    row.changed_at = now
    session().add(row)
    session().flush()  # The next snapshot must see it.
    session().info.pop(_SNAPSHOT, None)
    return row


def standing() -> tuple[dict[str, Any], bool]:
    """What a ticket opened now would carry, filled up with the usual hours; and whether any time is promised."""
    agreed = snapshot()
    return agreed or _promising(session().scalars(_NEWEST).first(), {}), bool(agreed)


def snapshot() -> dict[str, Any]:
    """What is promised to the client in scope now, in the form a ticket keeps; {} when nothing is.

    Read once in a transaction; an agreement made in it is read anew.
    """
    kept: dict[str, Any] | None = session().info.get(_SNAPSHOT)
    if kept is None:
        kept = session().info[_SNAPSHOT] = _read_snapshot()
    return kept


def working_hours(zone: str) -> Calendar:
    """When the client in scope works: the hours agreed with it last.

    Where none were agreed, working days from nine to six on the clocks of its own `zone`, in China with its holidays.
    """
    agreed = session().scalars(_NEWEST).first()
    usual = _usual()
    spec = spec_of(agreed) if agreed else usual | {"zone": zone, "cn_holidays": zone == usual["zone"]}
    return calendar_of(spec, holidays())


def _read_snapshot() -> dict[str, Any]:
    policies = session().scalars(select(SlaPolicy)).all()
    if not policies:
        return {}
    return _promising(session().scalars(_NEWEST).first(), {policy.priority: _target(policy) for policy in policies})


def _promising(calendar: ServiceCalendar | None, targets: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "calendar": spec_of(calendar) if calendar else _usual(),
        "vendor_pauses": calendar.vendor_pauses if calendar else True,
        "targets": dict(targets),
    }


def spec_of(calendar: ServiceCalendar) -> dict[str, Any]:
    """A calendar's row in the form a snapshot keeps."""
    names = ("zone", "weekly", "cn_holidays", "makeup", "overrides")
    return {name: getattr(calendar, name) for name in names}


def _usual() -> dict[str, Any]:
    """Without agreed hours: working days nine to six, Chinese holidays, on Chinese clocks."""
    return {"zone": "Asia/Shanghai", "weekly": USUAL_WEEK, "cn_holidays": True, "makeup": True, "overrides": {}}


def _target(policy: SlaPolicy) -> dict[str, Any]:
    return {
        "first_response": policy.first_response_minutes,
        "next_reply": policy.next_reply_minutes,
        "next_update": policy.next_update_minutes,
        "resolution": policy.resolution_minutes,
        "round_the_clock": policy.round_the_clock,
        "warn_percent": policy.warn_percent,
    }
