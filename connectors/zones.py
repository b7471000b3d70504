"""The calendar by which a system dates its documents: that of its own time zone, not of UTC.

Between midnight and eight in China the day in UTC is yesterday, and on a month's first morning the month before.
"""

import re
from datetime import date, datetime, time, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

from connectors.base import N_, ConnectorError, Field

CHINA = timezone(timedelta(hours=8))
# Zones without summer time, which work where no table of zones is installed, too, as on Windows.
_ALWAYS = {"Asia/Shanghai": timedelta(hours=8), "UTC": timedelta()}


def zone_field() -> Field:
    """The setting, where the system itself does not say by which calendar its books are kept."""
    return Field(
        name="zone",
        label=N_("Time zone of the books"),
        default="Asia/Shanghai",
        required=True,
        repoints=True,
        hint=N_("Days are counted by its calendar: how old a document is, since when it is overdue"),
    )


def zone_of(name: str) -> tzinfo:
    """The time zone of this name. Raises ConnectorError bad_settings."""
    if not re.fullmatch(r"[A-Za-z0-9_+-]+(/[A-Za-z0-9_+-]+)*", name):
        raise ConnectorError("bad_settings", {"field": "zone"}, field="zone")
    if name in _ALWAYS:
        return timezone(_ALWAYS[name])
    try:
        return ZoneInfo(name)
    except (OSError, ValueError, LookupError):
        raise ConnectorError("bad_settings", {"field": "zone"}, field="zone") from None


def day_in(zone: tzinfo, moment: datetime) -> date:
    """The day that the calendar of a zone shows at this moment."""
    return moment.astimezone(zone).date()


def midnight_in(zone: tzinfo, day: date) -> datetime:
    """The moment at which a day begins in a zone."""
    return datetime.combine(day, time(), zone)
