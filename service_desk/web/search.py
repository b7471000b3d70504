"""What the palette finds: clients, tickets (`#12` or words), articles, pages, and actions after `>`.

Words are looked up as pairs of characters by equality, since a pattern cannot use an index behind the wall; so two
Chinese characters find what contains them, at the cost of a few index look-ups.
"""

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import Select, func, select, tuple_

from service_desk.accounts.roles import Right, allows
from service_desk.knowledge.models import Article, ArticleGram, SharedArticle, SharedArticleGram
from service_desk.lib.text import normalise, query_grams
from service_desk.scope import current, session
from service_desk.tenants.models import Tenant
from service_desk.tickets.models import Ticket, TicketGram
from service_desk.web.drawing import address as url_for

MOST = 8


@dataclass(frozen=True)
class Item:
    """One line of the palette: what it says, a quiet hint, where it leads, the client's colour if it is a client's."""

    label: str
    hint: str
    url: str
    colour: int | None = None


Groups = list[dict[str, Any]]


def find(query: str, *, client: str = "", section: str = "", only: str = "") -> Groups:
    """Groups of what fits the query, in the scope of the overview.

    `client` and `section` say where the person is: the client switcher (`only="clients"`) keeps the section.
    """
    text = normalise(query).strip()
    names = _clients()
    if only == "clients":
        return _filled([(_("Clients"), _matching_clients(names, text, section))])
    if text.startswith(">"):
        return _filled([(_("Actions"), _actions(text[1:].strip(), names.get(client)))])
    return _filled(
        [
            (_("Clients"), _matching_clients(names, text, "")),
            (_("Tickets"), _tickets(text, names, client)),
            (_("Articles"), _articles(text, names)),
            (_("Pages"), _pages(text)),
        ]
    )


def _filled(groups: Iterable[tuple[str, list[Item]]]) -> Groups:
    return [{"label": label, "items": [asdict(item) for item in items[:MOST]]} for label, items in groups if items]


def _clients() -> dict[str, Tenant]:
    open_ones = select(Tenant).where(Tenant.closed_at.is_(None)).order_by(Tenant.short_name)
    return {tenant.slug: tenant for tenant in session().scalars(open_ones)}


def _matching_clients(names: dict[str, Tenant], text: str, section: str) -> list[Item]:
    wanted = text.casefold()
    fits = [t for t in names.values() if wanted in f"{t.name} {t.short_name} {t.slug}".casefold()][:MOST]
    return [Item(t.name, t.short_name, _place(t.slug, section), t.colour) for t in fits]


def _place(slug: str, section: str) -> str:
    """The same section of another client, so that switching keeps what one was looking at."""
    endpoint = {
        "tickets": "tickets.index",
        "checks": "checks.index",
        "time": "worklog.client",
        "money": "billing.client",
        "knowledge": "knowledge.client",
        "handover": "handover.index",
        "systems": "estate.index",
    }.get(section, "clients.overview")
    return url_for(endpoint, slug=slug)


def _tickets(text: str, names: dict[str, Tenant], client: str) -> list[Item]:
    by_id = {tenant.id: tenant for tenant in names.values()}
    number = text.removeprefix("#")
    if number.isdecimal():
        here = names.get(client)
        statement = (
            select(Ticket).where(Ticket.number == int(number)).order_by(Ticket.tenant_id != (here.id if here else 0))
        )
    elif grams := query_grams(text):
        keys = _holding(TicketGram.tenant_id, TicketGram.ticket_id, TicketGram.gram, grams)
        statement = (
            select(Ticket).where(tuple_(Ticket.tenant_id, Ticket.id).in_(keys)).order_by(Ticket.updated_at.desc())
        )
    else:
        return []
    return [
        Item(
            f"#{row.number} {row.title}",
            by_id[row.tenant_id].short_name,
            url_for("tickets.ticket", slug=by_id[row.tenant_id].slug, number=row.number),
            by_id[row.tenant_id].colour,
        )
        for row in session().scalars(statement.limit(MOST))
        if row.tenant_id in by_id
    ]


def _articles(text: str, names: dict[str, Tenant]) -> list[Item]:
    if not (grams := query_grams(text)):
        return []
    by_id = {tenant.id: tenant for tenant in names.values()}
    keys = _holding(ArticleGram.tenant_id, ArticleGram.article_id, ArticleGram.gram, grams)
    own = session().scalars(
        select(Article)
        .where(tuple_(Article.tenant_id, Article.id).in_(keys), Article.archived_at.is_(None))
        .limit(MOST)
    )
    shared_keys = _holding(SharedArticleGram.practice_id, SharedArticleGram.article_id, SharedArticleGram.gram, grams)
    shared = session().scalars(
        select(SharedArticle)
        .where(
            tuple_(SharedArticle.practice_id, SharedArticle.id).in_(shared_keys), SharedArticle.archived_at.is_(None)
        )
        .limit(MOST)
    )
    return [
        *(
            Item(
                row.title,
                by_id[row.tenant_id].short_name,
                url_for("knowledge.article", slug=by_id[row.tenant_id].slug, article_id=row.id),
                by_id[row.tenant_id].colour,
            )
            for row in own
            if row.tenant_id in by_id
        ),
        *(Item(row.title, _("Shared"), url_for("library.article", article_id=row.id)) for row in shared),
    ]


def _holding(owner: Any, subject: Any, gram: Any, grams: frozenset[str]) -> Select[Any]:
    """The keys of what holds every one of the grams."""
    return (
        select(owner, subject)
        .where(gram.in_(sorted(grams)))
        .group_by(owner, subject)
        .having(func.count() == len(grams))
        .limit(50)
    )


def _pages(text: str) -> list[Item]:
    pages: list[tuple[str, str, Right]] = [
        (_("Today"), "/", "practice.read"),
        (_("Clients"), "/clients", "practice.read"),
        (_("Queue"), "/queue", "practice.read"),
        (_("Alerts"), "/alerts", "practice.read"),
        (_("Working hours"), "/time", "practice.read"),
        (_("Money"), "/money", "money.read"),
        (_("Library"), "/library", "practice.read"),
        (_("Papers"), "/papers", "practice.read"),
        (_("Settings"), "/settings", "practice.read"),
    ]
    return [Item(label, "", url) for label, url, right in pages if _fits(label, text) and _may(right)]


def _actions(text: str, here: Tenant | None) -> list[Item]:
    """What can be started from anywhere; what belongs to a client needs one to stand in."""
    listed: list[tuple[str, Right, Callable[[], str]]] = [
        (_("New client"), "practice.manage", lambda: url_for("tenants.create")),
    ]
    if here is not None:
        slug = here.slug
        listed = [
            (_("New ticket"), "client.write", lambda: url_for("tickets.create", slug=slug)),
            (_("Log time"), "client.write", lambda: url_for("worklog.write", slug=slug)),
            (_("Connect an ERP"), "client.manage", lambda: url_for("tenants.connections", slug=slug)),
            (_("Service hours and promised times"), "client.read", lambda: url_for("sla.agreement", slug=slug)),
            (_("Build the handover pack"), "handover.write", lambda: url_for("handover.index", slug=slug)),
            *listed,
        ]
    hint = here.short_name if here else ""
    return [Item(label, hint, url()) for label, right, url in listed if _fits(label, text) and _may(right)]


def _fits(label: str, text: str) -> bool:
    return text.casefold() in label.casefold()


def _may(right: Right) -> bool:
    return allows(current().actor.role, right)
