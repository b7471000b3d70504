"""The frame around every page: who, where, what runs, what waits. It asks the database one question."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache, lru_cache
from typing import Any

from flask import current_app, g, request
from flask_babel import get_locale
from flask_babel import gettext as _
from flask_wtf.csrf import generate_csrf
from sqlalchemy import BigInteger, DateTime, Select, TextClause, func, literal_column, select

from service_desk.accounts.roles import DESK_ROLES, Right, allows
from service_desk.alerts.delivery.operations.bell import unread
from service_desk.alerts.models import Incident
from service_desk.checks.catalogued import gravity
from service_desk.checks.models import CheckState, EnginePulse
from service_desk.lib.clock import hours_minutes, show_hour
from service_desk.scope import current, in_scope
from service_desk.spelled import given, spelled_out
from service_desk.tenants.models import ErpConnection
from service_desk.tickets.models import OPEN, Ticket
from service_desk.web import choices
from service_desk.web.drawing import address as url_for
from service_desk.worklog.models import RunningTimer

Tab = tuple[str, str, str, int | None, str | None]  # key, label, address, count, state
Entry = tuple[str, str, str, str, int]  # key, label, address, icon, count


@dataclass(frozen=True)
class Connection:
    """One ERP connection as the frame shows it."""

    id: int
    name: str
    version: str
    account_sets: list[Any]


@dataclass(frozen=True)
class Band:
    """The client of the page: what the colour band, the title and the forms read."""

    id: int
    slug: str
    name: str
    initial: str
    colour: int
    erp_line: str
    state: str


@dataclass(frozen=True)
class Person:
    """Who is signed in, as the frame shows it."""

    name: str
    role: str
    is_desk: bool


@dataclass(frozen=True)
class Timer:
    """The one running timer, whichever client it runs for."""

    tenant_name: str
    colour: int
    title: str
    url: str
    started_at: str
    stop_url: str
    elapsed: str


@dataclass
class Glance:
    """What one question to the database says about the frame."""

    timer: dict[str, Any] | None = None
    alerts: int = 0
    bell: int = 0
    tickets: int = 0
    beat: datetime | None = None
    worst: str = ""
    connections: list[Connection] = field(default_factory=list)
    new_tickets: int = 0
    recovered: int = 0


def glance() -> Glance:
    """Look once per request; outside a scope (sign-in, errors) there is nothing to see."""
    if "glance" not in g:
        g.glance = _ask() if in_scope() and current().tenant_ids else Glance()
    seen: Glance = g.glance
    return seen


def _ask() -> Glance:
    """`g.since` is set by the front page, which also says what happened since one last looked."""
    question = _question(g.get("tenant") is not None, g.get("since") is not None)
    asked = {"me": current().actor.person_id} | ({"since": g.since} if g.get("since") else {})
    seen = dict(current().session.execute(question, asked).mappings().one())
    connections = [Connection(**one) for one in seen.pop("connections", None) or ()]
    return Glance(**{**seen, "worst": seen.get("worst") or "", "connections": connections})


@cache
def _question(one_client: bool, looks_back: bool) -> TextClause:
    """Counts and the timer as scalar subqueries of one statement; connections and worst state for a client's page.

    It is the same for every page, so it is put together once.
    """
    named = _everywhere() | (_of_client() if one_client else {}) | (_since() if looks_back else {})
    return spelled_out(select(*(statement.scalar_subquery().label(name) for name, statement in named.items())))


def _everywhere() -> dict[str, Select[Any]]:
    timer = select(func.to_jsonb(literal_column("running_timer"))).select_from(RunningTimer)
    unseen = Incident.resolved_at.is_(None) & Incident.acknowledged_at.is_(None) & (Incident.muted == "")
    return {
        "timer": timer.where(RunningTimer.stopped_at.is_(None)).limit(1),
        "alerts": select(func.count()).select_from(Incident).where(unseen),
        "tickets": select(func.count()).select_from(Ticket).where(OPEN),
        "bell": unread(given("me", BigInteger())),
        "beat": select(func.max(EnginePulse.beat_at)),
    }


def _since() -> dict[str, Select[Any]]:
    since = given("since", DateTime(timezone=True))
    return {
        "new_tickets": select(func.count()).select_from(Ticket).where(Ticket.created_at > since),
        "recovered": select(func.count()).select_from(Incident).where(Incident.resolved_at > since),
    }


def _of_client() -> dict[str, Select[Any]]:
    worst = select(CheckState.state).where(CheckState.gone_at.is_(None)).order_by(gravity()).limit(1)
    shown = {
        "id": ErpConnection.id,
        "name": ErpConnection.name,
        "version": ErpConnection.version,
        "account_sets": ErpConnection.account_sets,
    }
    parts = [part for pair in shown.items() for part in pair]
    return {"worst": worst, "connections": select(func.jsonb_agg(func.jsonb_build_object(*parts)))}


def variables() -> dict[str, Any]:
    """What base.html, desk.html, client.html and portal.html read."""
    actor, tenant = g.get("actor"), g.get("tenant")
    seen = glance()
    desk = actor is not None and actor.role in DESK_ROLES
    rail, token = navigation(actor, seen) if desk else (), generate_csrf()
    return {
        "actor": Person(actor.name, actor.role, desk) if actor else None,
        "engineer": tenant.engineer_name if tenant else "",
        "tenant": _band(tenant, seen) if tenant else None,
        "client_tabs": _tabs(tenant.slug, seen) if tenant else (),
        "client_tab": _tab(),
        "lang": _language(),
        "theme": choices.theme(),
        "csrf_token": lambda: token,  # One for all forms of the page; Flask-WTF looks it up for each.
        "banner": banner(),
        "nav": section(),
        "nav_items": rail,
        "nav_names": tuple(entry[:2] for entry in rail),
        "timer": _timer(seen.timer) if seen.timer and desk else None,
        "bell_count": seen.bell,
        "queue_count": seen.tickets,
        "may": lambda right: actor is not None and allows(actor.role, right),
    }


def _band(tenant: Any, seen: Glance) -> Band:
    clock = _("%(zone)s, now %(time)s", zone=tenant.time_zone, time=show_hour(datetime.now(UTC), tenant.time_zone))
    names = [" ".join(filter(None, (one.name, one.version))) for one in seen.connections[:2]]
    return Band(
        tenant.id, tenant.slug, tenant.name, tenant.initial, tenant.colour, " · ".join((*names, clock)), seen.worst
    )


def _tabs(slug: str, seen: Glance) -> tuple[Tab, ...]:
    """The tabs of a client: on the desk by the work, in the portal in plain words."""
    portal = request.path.startswith("/portal/")
    counts = {} if portal else {"tickets": seen.tickets or None}
    states = {} if portal or seen.worst not in ("crit", "warn", "unknown") else {"checks": seen.worst}
    named = _tab_names(_language(), request.script_root, slug, g.actor.role, portal)
    return tuple((key, label, url, counts.get(key), states.get(key)) for key, label, url in named)


@lru_cache(maxsize=2048)
def _tab_names(_lang: str, _mount: str, slug: str, role: str, portal: bool) -> tuple[tuple[str, str, str], ...]:
    """Key, label and address of every tab that this role may open: the same until the language changes."""
    listed = _portal_tabs() if portal else _desk_tabs()
    return tuple((key, label, url_for(page, slug=slug)) for key, label, page, right in listed if allows(role, right))


def _desk_tabs() -> tuple[tuple[str, str, str, Right], ...]:
    return (
        ("overview", _("Overview"), "clients.overview", "client.read"),
        ("tickets", _("Tickets"), "tickets.index", "client.read"),
        ("checks", _("Checks"), "checks.index", "client.read"),
        ("safeguards", _("Safeguards"), "safeguards.index", "client.read"),
        ("systems", _("Systems"), "estate.index", "client.read"),
        ("time", _("Work log"), "worklog.client", "client.read"),
        ("knowledge", _("Knowledge"), "knowledge.client", "client.read"),
        ("money", _("Contract and money"), "billing.client", "money.read"),
        ("papers", _("Papers"), "papers.client", "client.read"),
        ("handover", _("Handover"), "handover.index", "client.read"),
        ("people", _("People"), "tenants.people", "client.read"),
    )


def _portal_tabs() -> tuple[tuple[str, str, str, Right], ...]:
    return (
        ("home", _("Home"), "portal.home", "portal.read"),
        ("tickets", _("My tickets"), "tickets_portal.index", "portal.ticket"),
        ("invoices", _("Invoices"), "billing_portal.index", "portal.money"),
        ("safeguards", _("Safeguards"), "safeguards_portal.index", "portal.read"),
        ("papers", _("Documents"), "papers_portal.index", "portal.read"),
        ("people", _("People"), "tenants_portal.people", "portal.people"),
    )


def _tab() -> str:
    """The tab that is lit: the part of the address after the client."""
    parts = request.path.strip("/").split("/")
    first = parts[2] if len(parts) > 2 else ""
    return {
        "": "home" if parts[0] == "portal" else "overview",
        "incidents": "checks",
        "heartbeats": "checks",
        "maintenance": "checks",
        "silences": "checks",
        "connections": "systems",
        "promises": "money",
        "invoices": "invoices" if parts[0] == "portal" else "money",
    }.get(first, first)


def _timer(row: dict[str, Any]) -> Timer:
    started = datetime.fromisoformat(row["started_at"])
    elapsed = hours_minutes(int((datetime.now(UTC) - started).total_seconds()))
    url = url_for("time.week")
    if row["ticket_number"]:
        url = url_for("tickets.ticket", slug=row["tenant_slug"], number=row["ticket_number"])
    return Timer(
        row["tenant_name"], row["colour"], row["title"], url, row["started_at"], url_for("timer.stop"), elapsed
    )


def banner() -> list[str]:
    """The two switches that only a demo or a test may set are said on every page."""
    desk = current_app.config["DESK"]
    lines = []
    if desk.allow_loopback_targets:
        lines.append(_("Demo: ERP connections to this machine itself are allowed."))
    if desk.second_factor_optional:
        lines.append(_("Demo: signing in without a second factor is allowed."))
    return lines


def section() -> str:
    """The entry of the rail that is lit: the first part of the address."""
    first = request.path.strip("/").split("/")[0]
    return {"": "today", "t": "clients"}.get(first, first)


def navigation(actor: Any, seen: Glance) -> tuple[Entry, ...]:
    """The rail: key, label, address, icon, count. Counts are of all clients, so a client's page shows none."""
    counts = {} if g.get("tenant") else {"queue": seen.tickets, "alerts": seen.alerts}
    return tuple((*entry, counts.get(entry[0], 0)) for entry in _entries(_language(), actor.role))


@lru_cache(maxsize=64)
def _entries(_lang: str, role: str) -> tuple[tuple[str, str, str, str], ...]:
    settings = "/settings" if allows(role, "practice.manage") else "/settings/notifications"
    listed = (
        ("today", _("Today"), "/", "today"),
        ("clients", _("Clients"), "/clients", "clients"),
        ("queue", _("Queue"), "/queue", "queue"),
        ("alerts", _("Alerts"), "/alerts", "bell"),
        ("time", _("Working hours"), "/time", "time"),
        ("money", _("Money"), "/money", "money"),
        ("library", _("Library"), "/library", "library"),
        ("papers", _("Papers"), "/papers", "papers"),
        ("settings", _("Settings"), settings, "settings"),
    )
    return tuple(entry for entry in listed if entry[0] != "money" or allows(role, "money.read"))


def _language() -> str:
    return str(get_locale() or "zh_Hans_CN")
