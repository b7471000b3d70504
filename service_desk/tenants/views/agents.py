"""A client's agents: list, enrol, one closely, enrol anew, revoke, and the file itself; and who reads a connection."""

import hashlib
from dataclasses import dataclass

from flask import Response, current_app, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from connectors.agent.build import build
from service_desk.accounts.fresh import require_fresh
from service_desk.jobs import enqueue
from service_desk.lib.errors import Invalid, NotThere
from service_desk.scope import load, session
from service_desk.tenants.agent_page import line
from service_desk.tenants.forms import AgentForm, ReasonForm
from service_desk.tenants.models import ErpConnection, SiteAgent
from service_desk.tenants.operations import agents as verbs
from service_desk.tenants.operations import connections
from service_desk.tenants.views.pages import done, now, saved, tenants

FILE = "agent.pyz"


@dataclass(frozen=True)
class Fresh:
    """A code, shown this once, with the lines to run on each system."""

    code: str
    lines: list[tuple[str, list[str]]]


def _fresh(code: str) -> Fresh:
    url = current_app.config["DESK"].base_url
    linux = [
        f"sudo python3 {FILE} enrol {url} {code}",
        f"sudo python3 {FILE} secrets",
        f"sudo python3 {FILE} service | sudo tee /etc/systemd/system/service-desk-agent.service",
        "sudo systemctl daemon-reload && sudo systemctl enable --now service-desk-agent",
    ]
    windows = [
        f"py {FILE} enrol {url} {code}",
        f"py {FILE} secrets",
        f"py {FILE} service > agent-task.ps1",
        "powershell -ExecutionPolicy Bypass -File agent-task.ps1",
    ]
    return Fresh(code, [("Windows", windows), ("Linux", linux)])


@tenants.page("/connections/agents", needs="client.read")
def agents() -> ResponseReturnValue:
    """Every agent with how it stands, and how one is made."""
    return _list(AgentForm())


def _list(form: AgentForm, fresh: Fresh | None = None, status: int = 200) -> ResponseReturnValue:
    data, version = build()
    lines = [line(row, version, now()) for row in verbs.agents()]
    mark = hashlib.sha256(data).hexdigest()
    return render_template(
        "tenants/agents.html", lines=lines, form=form, fresh=fresh, version=version, sha256=mark, size=len(data)
    ), status


@tenants.page("/connections/agents", needs="client.manage", methods=("POST",))
def make_agent_code() -> ResponseReturnValue:
    """A code for a new agent, shown once."""
    require_fresh()
    form = AgentForm()
    if not form.validate():
        return _list(form, status=422)
    try:
        code = verbs.make_code(form.name.data.strip(), now=now())
    except Invalid as error:
        form.blame(error)
        return _list(form, status=422)
    return _list(AgentForm(formdata=None), _fresh(code), 201)


@tenants.page("/connections/agents/file", needs="client.read")
def agent_file() -> ResponseReturnValue:
    """The agent as one file; its hash stands on the page."""
    data, version = build()
    answer = Response(data, mimetype="application/zip")
    answer.headers.set("Content-Disposition", "attachment", filename=FILE)
    answer.headers["X-Content-Type-Options"] = "nosniff"
    answer.set_etag(version)
    return answer


@tenants.page("/connections/agents/<int:agent_id>", needs="client.read")
def agent(agent_id: int) -> ResponseReturnValue:
    """One agent: how it stands, what it reads."""
    return _page(load(SiteAgent, agent_id))


def _page(row: SiteAgent, fresh: Fresh | None = None) -> ResponseReturnValue:
    data, version = build()
    return render_template(
        "tenants/agent.html",
        agent=row,
        line=line(row, version, now()),
        serves=verbs.served_by(row.id),
        fresh=fresh,
        version=version,
        sha256=hashlib.sha256(data).hexdigest(),
        size=len(data),
    )


@tenants.page("/connections/agents/<int:agent_id>/code", needs="client.manage", methods=("POST",))
def renew_agent(agent_id: int) -> ResponseReturnValue:
    """A code with which this agent enrols anew, on the same machine or another; its old token ends with it."""
    require_fresh()
    row = load(SiteAgent, agent_id, lock=True)
    return _page(row, _fresh(verbs.make_code(row.name, agent=row, now=now())))


@tenants.page("/connections/agents/<int:agent_id>/revoke", needs="client.manage")
def ask_revoke_agent(agent_id: int) -> ResponseReturnValue:
    """The question before its token ends."""
    row = load(SiteAgent, agent_id)
    return render_template(
        "web/confirm.html",
        frame="web/client.html",
        sentence=_("Revoke the agent %(name)s?", name=row.name),
        detail=_("Its token opens nothing from that moment. What it reads waits until somebody else does."),
        submit=_("Revoke it"),
        action=url_for("tenants.revoke_agent", slug=request.view_args["slug"], agent_id=agent_id),  # type: ignore[index]
        back=url_for("tenants.agent", slug=request.view_args["slug"], agent_id=agent_id),  # type: ignore[index]
        reason=False,
        form=ReasonForm(),
    )


@tenants.page("/connections/agents/<int:agent_id>/revoke", needs="client.manage", methods=("POST",))
def revoke_agent(agent_id: int) -> ResponseReturnValue:
    """End its token at once."""
    row = load(SiteAgent, agent_id, lock=True)
    verbs.revoke_agent(row, now())
    enqueue("agents", agent_id, slot=f"revoked-{agent_id}-{now().isoformat()}")
    return done(_("The agent is revoked."), "tenants.agent", agent_id=agent_id)


@tenants.page("/connections/<int:connection_id>/road", needs="client.manage", methods=("POST",))
def change_road(connection_id: int) -> ResponseReturnValue:
    """Have an agent read this connection, or our own workers."""
    require_fresh()
    row, chosen = load(ErpConnection, connection_id, lock=True), request.form.get("reader", "")
    if chosen == "server" and row.kind in connections.AGENT_ONLY:
        raise NotThere()
    verbs.take_road(row, reader(chosen))
    session().flush()
    connections.request_probe(row, now())
    return done(saved(), "tenants.connection", connection_id=connection_id)


def reader(chosen: str) -> SiteAgent | None:
    """The agent that was chosen by its number; None is our own workers. Raises NotThere."""
    if chosen == "server":
        return None
    found = next((row for row in verbs.active_agents() if str(row.id) == chosen), None)
    if found is None:
        raise NotThere()
    return found
