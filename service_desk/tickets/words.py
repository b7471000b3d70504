"""Tickets in words: statuses, priorities, clocks, and how long is left."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from service_desk.lib.clock import Language, hours_minutes, in_words, show_time
from service_desk.sla.words import CLOCK
from service_desk.tickets.clocks import Reading
from service_desk.tickets.models import OVER

STATUS: dict[str, Any] = {
    "new": _l("New"),
    "open": _l("In progress"),
    "waiting_client": _l("Waiting for the client"),
    "waiting_vendor": _l("Waiting for the vendor"),
    "scheduled": _l("Scheduled"),
    "solved": _l("Solved"),
    "closed": _l("Closed"),
}
STATUS_KIND = {"new": "accent", "open": "accent", "solved": "ok", "closed": "ok"}
PRIORITY_KIND = {"P1": "critical", "P2": "warning", "P3": "", "P4": ""}
CATEGORY: dict[str, Any] = {
    "fault": _l("Fault"),
    "question": _l("Question"),
    "change": _l("Change"),
    "access": _l("Account or right"),
    "data": _l("Data correction"),
    "training": _l("Training"),
    "other": _l("Other"),
}
SOURCE: dict[str, Any] = {
    "desk": _l("written by the desk"),
    "portal": _l("from the portal"),
    "alert": _l("opened by a check"),
    "mail": _l("by mail"),
    "phone": _l("by phone"),
    "duty": _l("from the duties calendar"),
}
# What one click may do next, by status.
MOVES: dict[str, tuple[str, ...]] = {
    "new": ("open",),
    "open": ("waiting_client", "waiting_vendor", "solved"),
    "waiting_client": ("open", "solved"),
    "waiting_vendor": ("open", "solved"),
    "scheduled": ("open", "solved"),
    "solved": ("open",),
    "closed": ("open",),
}
MOVE: dict[str, Any] = {
    "open": _l("Take up"),
    "waiting_client": _l("Wait for the client"),
    "waiting_vendor": _l("Wait for the vendor"),
    "scheduled": _l("Schedule"),
    "solved": _l("Solved"),
}
WAITING = ("waiting_client", "waiting_vendor", "scheduled")


def due_words(now: datetime, lang: Language) -> Callable[[str, datetime | None], tuple[str, str]]:
    """For a list: what says of a status and a due time how long is left at `now`, in plain time, not service time.

    It answers with text and kind ("", soon, late, paused). The words are looked up once for all lines.
    """
    paused, late, left = str(_("paused")), str(_("%(time)s late")), str(_("%(time)s left"))

    def said(status: str, due_at: datetime | None) -> tuple[str, str]:
        if status in OVER:
            return "", ""
        if due_at is None:
            return (paused, "paused") if status in WAITING else ("", "")
        gap = due_at - now
        words = {"time": in_words(gap, lang)}
        if due_at < now:
            return late % words, "late"
        return left % words, "soon" if gap.total_seconds() < 7200 else ""

    return said


def clock_line(reading: Reading, zone: str, lang: Language) -> tuple[Any, str | None, str, str]:
    """One clock for the ticket's page: term, kind of state, what it says, the reason in small."""
    target = in_words(reading.target, lang)
    small = _("promised: %(time)s of service time", time=target)
    due = show_time(reading.due, zone, lang) if reading.due else ""
    left = hours_minutes(int(reading.left.total_seconds())) if reading.left is not None else ""
    late = in_words(reading.left, lang) if reading.left is not None else ""
    said: dict[str, tuple[str | None, str]] = {
        "met": ("ok", _("kept")),
        "missed": ("crit", _("missed")),
        "stopped": (None, _("not needed any more")),
        "late": ("crit", _("%(time)s late", time=late)),
        "soon": ("warn", _("%(time)s left, due %(due)s", time=late, due=due)),
        "running": (None, _("%(time)s left, due %(due)s", time=late, due=due)),
        "paused": (None, _("stands still with %(time)s h left", time=left)),
    }
    kind, text = said[reading.standing]
    if reading.standing == "met" and reading.met_at:
        small = _("%(at)s, %(promise)s", at=show_time(reading.met_at, zone, lang), promise=small)
    if reading.paused_by:
        small = _("paused: %(reason)s; %(promise)s", reason=STATUS[reading.paused_by], promise=small)
    return CLOCK[reading.clock], kind, text, small
