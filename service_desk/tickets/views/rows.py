"""What both lists of tickets share: filters out of the address, rows into words, the steps between pages."""

from dataclasses import replace
from datetime import datetime
from typing import Any, NamedTuple

from flask import request, url_for
from flask_babel import get_locale
from flask_babel import gettext as _

from service_desk.lib.clock import ago, language
from service_desk.sla.words import PRIORITY
from service_desk.tickets.listing import SHOWS, Filters, Listed
from service_desk.tickets.words import PRIORITY_KIND, STATUS, STATUS_KIND, due_words


def lang_here() -> Any:
    """`zh` or `en`: the language of this answer."""
    return language(str(get_locale() or "zh"))


def filters_asked() -> Filters:
    """The filters in the address; what is not one of ours is left out."""
    asked = request.args
    show, priority, page = asked.get("show", "open"), asked.get("priority", ""), asked.get("page", "1")
    return Filters(
        show=show if show in SHOWS else "open",
        client=asked.get("client", "")[:80],
        priority=priority if priority in PRIORITY else "",
        query=asked.get("query", "").strip()[:80],
        page=int(page) if page.isdecimal() and 0 < int(page) < 100_000 else 1,
    )


def address(filters: Filters, endpoint: str, **values: Any) -> str:
    """The address of a list with these filters."""
    asked = {"show": filters.show, "client": filters.client, "priority": filters.priority, "query": filters.query}
    kept: dict[str, Any] = {name: value for name, value in asked.items() if value and value != "open"}
    if filters.page > 1:
        kept["page"] = filters.page
    return url_for(endpoint, **kept, **values)


def shows(filters: Filters, endpoint: str, **values: Any) -> list[tuple[str, str, bool]]:
    """The pills of the usual views: label, address, whether it is this one."""
    labels = {
        "open": _("Still open"),
        "mine": _("Mine"),
        "unassigned": _("Nobody's"),
        "waiting": _("Waiting"),
        "over": _("Done"),
        "all": _("All"),
    }
    return [
        (label, address(replace(filters, show=show, page=1), endpoint, **values), show == filters.show)
        for show, label in labels.items()
    ]


def chips(filters: Filters, endpoint: str, clients: dict[str, str], **values: Any) -> list[tuple[str, str]]:
    """What narrows the list, each with the address without it."""
    said = {
        "client": clients.get(filters.client, filters.client),
        "priority": str(PRIORITY.get(filters.priority, "")),
        "query": filters.query,
    }
    return [
        (label, address(replace(filters, page=1, **{name: ""}), endpoint, **values))
        for name, label in said.items()
        if label
    ]


def steps(found: Listed, filters: Filters, endpoint: str, **values: Any) -> dict[str, str | None]:
    """The pages before and after, and the address without filters."""
    more = found.last < found.total
    return {
        "previous_url": address(replace(filters, page=filters.page - 1), endpoint, **values)
        if filters.page > 1
        else None,
        "next_url": address(replace(filters, page=filters.page + 1), endpoint, **values) if more else None,
        "clear_url": url_for(endpoint, **values),
    }


class TicketLine(NamedTuple):
    """A ticket in a list, in words; `due` is text and kind, `updated` stands where nothing is due."""

    pick: str
    pick_label: str
    number: int
    title: str
    slug: str
    short_name: str
    initial: str
    colour: int
    status: str
    status_kind: str
    priority: str
    priority_kind: str
    edge: str
    assignee: str
    due: tuple[str, str]
    updated: str


def rows_of(found: Listed, now: datetime) -> list[TicketLine]:
    """Rows in words, for the lists' templates."""
    lang = lang_here()
    # A list says the same few words again and again: each is looked up once.
    statuses = {key: str(word) for key, word in STATUS.items()}
    priorities = {key: str(word) for key, word in PRIORITY.items()}
    pick, due = _("Pick #%(number)s of %(client)s"), due_words(now, lang)
    listed = []
    for row in found.rows:
        left = due(row.status, row.due_at)
        listed.append(
            TicketLine(
                f"{row.tenant_id}:{row.number}",
                pick % {"number": row.number, "client": row.short_name},
                row.number,
                row.title,
                row.slug,
                row.short_name,
                row.initial,
                row.colour,
                statuses[row.status],
                STATUS_KIND.get(row.status, ""),
                priorities[row.priority],
                PRIORITY_KIND[row.priority],
                "crit" if left[1] == "late" else "",
                row.assignee_name,
                left,
                "" if left[0] else ago(row.updated_at, now, lang),
            )
        )
    return listed
