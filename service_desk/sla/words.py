"""Promises in words: how urgent, which clock, which day of the week."""

from typing import Any

from flask_babel import lazy_gettext as _l

PRIORITY: dict[str, Any] = {
    "P1": _l("P1 Standstill"),
    "P2": _l("P2 Urgent"),
    "P3": _l("P3 Normal"),
    "P4": _l("P4 Can wait"),
}
CLOCK: dict[str, Any] = {
    "first_response": _l("First response"),
    "next_reply": _l("Next reply"),
    "next_update": _l("Next update"),
    "resolution": _l("Resolution"),
}
WEEKDAY: dict[str, Any] = {
    "mon": _l("Monday"),
    "tue": _l("Tuesday"),
    "wed": _l("Wednesday"),
    "thu": _l("Thursday"),
    "fri": _l("Friday"),
    "sat": _l("Saturday"),
    "sun": _l("Sunday"),
}
