"""What happened since one last looked at the front page."""

from collections.abc import MutableMapping
from datetime import datetime, timedelta
from typing import Any

from flask_babel import ngettext

from service_desk.web.drawing import address as url_for

VISIT = timedelta(minutes=15)


def last_look(kept: MutableMapping[str, Any], now: datetime) -> datetime | None:
    """When this person looked before the visit that goes on now; None the first time.

    Looks less than a quarter of an hour apart belong to one visit, so a reload does not wipe out what is new. `kept`
    is the browser's session; it is brought up to date.
    """
    last = kept.get("looked_at")
    if last is None or now - datetime.fromisoformat(last) > VISIT:
        kept["looked_before"] = last
    kept["looked_at"] = now.isoformat()
    before = kept.get("looked_before")
    return datetime.fromisoformat(before) if before else None


def happened(new_tickets: int, recovered: int) -> list[tuple[str, str]]:
    """What came and what went, in words, each leading to its list."""
    came = ngettext(
        "%(num)s new ticket since you last looked", "%(num)s new tickets since you last looked", new_tickets
    )
    went = ngettext("%(num)s alert recovered", "%(num)s alerts recovered", recovered)
    listed = ((new_tickets, came, "queue.index"), (recovered, went, "alerts.index"))
    return [(said, url_for(endpoint)) for count, said, endpoint in listed if count]
