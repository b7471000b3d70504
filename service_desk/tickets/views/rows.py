"""What both lists of tickets share: filters out of the address, rows into words, the steps between pages."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from flask import request, url_for
from flask_babel import get_locale
from flask_babel import gettext as _

from service_desk.lib.clock import ago, language
from service_desk.tickets.models import OVER
from service_desk.tickets.reading import SHOWS, Filters, Listed
from service_desk.tickets.words import PRIORITY, PRIORITY_KIND, STATUS, STATUS_KIND, due_words


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


def rows_of(found: Listed, now: datetime) -> list[dict[str, Any]]:
    """Rows in words, for the lists' templates."""
    lang = lang_here()
    # A list says the same few words again and again: each is looked up once.
    statuses = {key: str(word) for key, word in STATUS.items()}
    priorities = {key: str(word) for key, word in PRIORITY.items()}
    pick = _("Pick #%(number)s of %(client)s")
    return [
        {
            "pick": f"{tenant.id}:{ticket.number}",
            "pick_label": pick % {"number": ticket.number, "client": tenant.short_name},
            "number": ticket.number,
            "title": ticket.title,
            "url": url_for("tickets.ticket", slug=tenant.slug, number=ticket.number),
            "tenant": tenant,
            "status": statuses[ticket.status],
            "status_kind": STATUS_KIND.get(ticket.status, ""),
            "priority": priorities[ticket.priority],
            "priority_kind": PRIORITY_KIND[ticket.priority],
            "edge": "crit" if _late(ticket.status, ticket.due_at, now) else "",
            "assignee": ticket.assignee_name,
            "due": due_words(ticket.status, ticket.due_at, now, lang),
            "updated": ago(ticket.updated_at, now, lang),
        }
        for ticket, tenant in found.rows
    ]


def _late(status: str, due_at: datetime | None, now: datetime) -> bool:
    return status not in OVER and due_at is not None and due_at < now
