"""A client's ERP connections: list, add, show, change, accept, remove."""

from collections.abc import Mapping
from typing import Any

from flask import current_app, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.exceptions import NotFound

from connectors import CONNECTORS, connector_class
from connectors.base import AccountSet, Connector, ConnectorError
from connectors.scripts import Script
from service_desk.accounts.fresh import require_fresh
from service_desk.lib.errors import Invalid
from service_desk.scope import load
from service_desk.tenants import agent_probe, probe_page
from service_desk.tenants.forms import ConnectionForm, ReasonForm, connection_form
from service_desk.tenants.models import ErpConnection, SiteAgent
from service_desk.tenants.operations import agents
from service_desk.tenants.operations import connections as verbs
from service_desk.tenants.views.pages import done, now, saved, tenants
from service_desk.tenants.words import ENVIRONMENTS, FACT_WORDS, connector_words, reason_sentence


def _class(kind: str) -> type[Connector[Any]]:
    try:
        return connector_class(kind)
    except ConnectorError:
        raise NotFound() from None


def _form(kind: str, stored: Mapping[str, Any], road: str = "server") -> ConnectionForm:
    demo = current_app.config["DESK"].allow_loopback_targets
    return connection_form(_class(kind).fields, stored=stored, demo=demo, road=road)()


def _reader() -> SiteAgent | None:
    """The agent that is to read a new connection, by its number at `?reader=`; None is our own workers."""
    chosen = request.args.get("reader", "")
    found = next((row for row in agents.active_agents() if str(row.id) == chosen), None)
    if chosen and found is None:
        raise NotFound()
    return found


def _new_form(kind: str, reader: SiteAgent | None) -> ConnectionForm:
    return _form(kind, {}, "agent" if reader or kind in verbs.AGENT_ONLY else "server")


def reads(kind: str) -> list[tuple[Any, Any, str]]:
    """What a connector reads: kind of fact, what for, and the tables."""
    tables: dict[str, dict[str, None]] = {}
    for reader in _class(kind).used_readers():
        tables.setdefault(reader.kind, {}).update(dict.fromkeys(need.table for need in reader.needs))
    return [(*FACT_WORDS.get(fact, (fact, "")), ", ".join(named)) for fact, named in sorted(tables.items())]


def _script(row: ErpConnection) -> Script | None:
    """The least-privilege script for this very login, over the databases that the last probe found."""
    sets = [AccountSet(code=one["code"], name=one["name"], database=one.get("database")) for one in row.account_sets]
    return _class(row.kind).script(str(row.settings.get("user", "")), sets)


@tenants.page("/connections", needs="client.read")
def connections() -> ResponseReturnValue:
    """Every connection with what its last probe found."""
    rows = [(row, probe_page.finished((row.probe or {}).get("steps", []))) for row in verbs.connections()]
    reader = _reader()
    labels = {kind: _l(connector_class(kind).label) for kind in CONNECTORS}
    kinds = [(kind, label) for kind, label in labels.items() if kind not in verbs.AGENT_ONLY]
    return render_template(
        "tenants/connections.html", rows=rows, kinds=kinds, labels=labels, words=ENVIRONMENTS, reader=reader,
        can_write=verbs.can_write,
    )  # fmt: skip


@tenants.page("/connections/new", needs="client.manage")
def new_connection() -> ResponseReturnValue:
    """The empty form of the kind at `?kind=`, with what it reads and why."""
    require_fresh()
    kind, reader = request.args.get("kind", ""), _reader()
    return _form_page(kind, _new_form(kind, reader), None, {}, reader=reader)


def _form_page(
    kind: str,
    form: ConnectionForm,
    row: ErpConnection | None,
    stored: Mapping[str, Any],
    status: int = 200,
    reader: SiteAgent | None = None,
) -> ResponseReturnValue:
    return render_template(
        "tenants/connection_form.html",
        form=form,
        connection=row,
        kind=kind,
        label=_l(_class(kind).label),
        stored=stored,
        reads=reads(kind),
        columns=_class(kind).columns_read(),
        reader=reader,
        elsewhere=reader is not None or (row is not None and row.road != "server"),
    ), status


@tenants.page("/connections/new", needs="client.manage", methods=("POST",))
def add_connection() -> ResponseReturnValue:
    """Keep the connection and have it probed."""
    require_fresh()
    kind, reader = request.args.get("kind", ""), _reader()
    form = _new_form(kind, reader)
    if not form.validate():
        return _form_page(kind, form, None, {}, 422, reader)
    try:
        row = verbs.add_connection(
            kind, form.name.data, form.environment.data, form.settings(), form.secrets(), now=now(), agent=reader
        )
    except Invalid as error:
        return _refused(error, kind, form, None, {})
    verbs.request_probe(row, now())
    return done(saved(), "tenants.probe", connection_id=row.id)


def _refused(
    error: Invalid, kind: str, form: ConnectionForm, row: ErpConnection | None, stored: Mapping[str, Any]
) -> ResponseReturnValue:
    form.blame(Invalid(error.message, field=form.field_id(error.field)))
    return _form_page(kind, form, row, stored, 422)


@tenants.page("/connections/<int:connection_id>", needs="client.read")
def connection(connection_id: int) -> ResponseReturnValue:
    """One connection: what the last probe found, what is read and why; its secrets only as set or not set."""
    row = load(ErpConnection, connection_id)
    steps = (row.probe or {}).get("steps", [])
    return render_template(
        "tenants/connection.html",
        connection=row,
        label=_l(_class(row.kind).label),
        fields=[field for field in _class(row.kind).fields if field.secret or row.settings.get(field.name) is not None],
        stored=verbs.secret_dates(connection_id),
        lines=probe_page.walk(steps, reason_sentence),
        ended=probe_page.finished(steps),
        can_write=verbs.can_write,
        reads=reads(row.kind),
        columns=_class(row.kind).columns_read(),
        words=ENVIRONMENTS,
        script=_script(row),
        connector=connector_words(row.kind),
        readers=agents.active_agents(),
        asked=agent_probe.wanted(row.probe),
    )


@tenants.page("/connections/<int:connection_id>/edit", needs="client.manage")
def edit_connection(connection_id: int) -> ResponseReturnValue:
    """The form with what is stored; secrets come back empty."""
    require_fresh()
    row, stored = load(ErpConnection, connection_id), verbs.secret_dates(connection_id)
    form = _form(row.kind, stored, row.road).fill(row.settings)
    form.name.data, form.environment.data = row.name, row.environment
    return _form_page(row.kind, form, row, stored)


@tenants.page("/connections/<int:connection_id>/edit", needs="client.manage", methods=("POST",))
def change_connection(connection_id: int) -> ResponseReturnValue:
    """Keep what was changed and probe again; a changed road wants the secret again."""
    require_fresh()
    row, stored = load(ErpConnection, connection_id), verbs.secret_dates(connection_id)
    form = _form(row.kind, stored, row.road)
    if not form.validate():
        return _form_page(row.kind, form, row, stored, 422)
    try:
        verbs.change_connection(
            connection_id,
            form.settings(),
            form.secrets(),
            now=now(),
            name=form.name.data,
            environment=form.environment.data,
        )
    except Invalid as error:
        return _refused(error, row.kind, form, row, stored)
    verbs.request_probe(row, now())
    return done(saved(), "tenants.probe", connection_id=connection_id)


@tenants.page("/connections/<int:connection_id>/enabled", needs="client.manage", methods=("POST",))
def enable_connection(connection_id: int) -> ResponseReturnValue:
    """Read it on schedule, or leave it alone for now."""
    verbs.set_enabled(connection_id, request.form.get("enabled") == "yes")
    return done(saved(), "tenants.connection", connection_id=connection_id)


def _ask(
    row: ErpConnection, what: str, sentence: str, submit: str, form: ReasonForm, status: int
) -> ResponseReturnValue:
    return render_template(
        "web/confirm.html",
        frame="web/client.html",
        sentence=sentence,
        detail=None,
        submit=submit,
        action=url_for(f"tenants.{what}", slug=request.view_args["slug"], connection_id=row.id),  # type: ignore[index]
        back=url_for("tenants.connection", slug=request.view_args["slug"], connection_id=row.id),  # type: ignore[index]
        reason=True,
        form=form,
    ), status


def _ask_accept(row: ErpConnection, form: ReasonForm, status: int = 200) -> ResponseReturnValue:
    sentence = _("Go on with a login that can change data in %(name)s?", name=row.name)
    return _ask(row, "accept_writable", sentence, _("Accept it"), form, status)


def _ask_remove(row: ErpConnection, form: ReasonForm, status: int = 200) -> ResponseReturnValue:
    sentence = _("Remove the connection %(name)s with its secrets?", name=row.name)
    return _ask(row, "remove_connection", sentence, _("Remove it"), form, status)


@tenants.page("/connections/<int:connection_id>/accept", needs="client.manage")
def ask_accept_writable(connection_id: int) -> ResponseReturnValue:
    """Asks why a login that can write is to be accepted."""
    require_fresh()
    return _ask_accept(load(ErpConnection, connection_id), ReasonForm())


@tenants.page("/connections/<int:connection_id>/accept", needs="client.manage", methods=("POST",))
def accept_writable(connection_id: int) -> ResponseReturnValue:
    """Live with a login that can write; the reason stands beside it from then on."""
    require_fresh()
    form = ReasonForm()
    if not form.validate():
        return _ask_accept(load(ErpConnection, connection_id), form, 422)
    verbs.accept_writable(connection_id, form.reason.data)
    return done(saved(), "tenants.connection", connection_id=connection_id)


@tenants.page("/connections/<int:connection_id>/remove", needs="client.manage")
def ask_remove_connection(connection_id: int) -> ResponseReturnValue:
    """Asks before a connection goes."""
    require_fresh()
    return _ask_remove(load(ErpConnection, connection_id), ReasonForm())


@tenants.page("/connections/<int:connection_id>/remove", needs="client.manage", methods=("POST",))
def remove_connection(connection_id: int) -> ResponseReturnValue:
    """Forget a connection with its secrets."""
    require_fresh()
    form = ReasonForm()
    if not form.validate():
        return _ask_remove(load(ErpConnection, connection_id), form, 422)
    verbs.remove_connection(connection_id, form.reason.data)
    return done(_("Removed."), "tenants.connections")
