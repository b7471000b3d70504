"""The front page, a client's overview, the palette."""

from datetime import UTC, datetime

from flask import Blueprint, g, jsonify, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from service_desk.accounts.blueprints import PracticeBlueprint
from service_desk.lib.clock import language, show_time
from service_desk.tenants.blueprint import TenantBlueprint
from service_desk.web import choices, frame, overview, search, since, today
from service_desk.web.day import day
from service_desk.web.downloads import files, files_portal
from service_desk.web.shell import locale_name
from service_desk.web.ticket import tickets

web = PracticeBlueprint("web", __name__, template_folder="templates")
clients = TenantBlueprint("clients", __name__, template_folder="templates")


@web.page("/", needs="practice.read", endpoint="today")
def today_page() -> ResponseReturnValue:
    """Who needs me, by when, and why."""
    now, lang = datetime.now(UTC), language(locale_name())
    g.since = since.last_look(session, now)
    glance = frame.glance()
    seen = today.read(glance.beat, now, lang)
    return render_template(
        "web/today.html",
        **vars(seen),
        now_text=show_time(now, "Asia/Shanghai", lang),
        since=since.happened(glance.new_tickets, glance.recovered),
        queue_url="/queue",
        queue_note="",
        day=day(now, lang),
        calm_lines=[],
        live_url=url_for("web.today_rows"),
        new_client_url=url_for("tenants.create"),
    )


@web.page("/today/rows", needs="practice.read")
def today_rows() -> ResponseReturnValue:
    """The clients of the front page alone, for the live refresh."""
    seen = today.read(frame.glance().beat, datetime.now(UTC), language(locale_name()))
    return render_template("web/today_rows.html", **vars(seen))


@web.page("/palette", needs="practice.read")
def palette() -> ResponseReturnValue:
    """What the palette shows for what was typed."""
    asked = request.args
    groups = search.find(
        asked.get("q", "")[:80],
        client=asked.get("client", ""),
        section=asked.get("section", ""),
        only=asked.get("only", ""),
    )
    return jsonify(groups=groups)


@clients.page("/", needs="client.read", endpoint="overview")
def overview_page() -> ResponseReturnValue:
    """One client at a glance."""
    now, lang = datetime.now(UTC), language(locale_name())
    session["last_client"] = g.tenant.slug
    seen = overview.read(g.tenant, frame.glance().connections, now, lang)
    slug = g.tenant.slug
    return render_template(
        "tenants/overview.html",
        **vars(seen),
        checks_url=url_for("checks.index", slug=slug),
        systems_url=url_for("tenants.connections", slug=slug),
        tickets_url=url_for("tickets.index", slug=slug),
        log_url=url_for("worklog.client", slug=slug),
        new_ticket_url=url_for("tickets.create", slug=slug),
        new_entry_url=url_for("worklog.write", slug=slug),
        new_connection_url=url_for("tenants.connections", slug=slug),
    )


choices.install(web)
BLUEPRINTS: tuple[Blueprint, ...] = (web, clients, tickets, files, files_portal)
