"""Collector scripts of a connection: what each does, its address shown once, taken away again."""

from flask import current_app, render_template
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from service_desk.accounts.fresh import require_fresh
from service_desk.checks import operations
from service_desk.checks.collectors import SCRIPTS, fitting
from service_desk.checks.operations import scripts as verbs
from service_desk.checks.views.pages import checks, done, now
from service_desk.scope import load
from service_desk.tenants.models import ErpConnection


@checks.page("/connections/<int:connection_id>/scripts", needs="client.read")
def scripts(connection_id: int) -> ResponseReturnValue:
    """The scripts that fit this kind of connection."""
    return _page(load(ErpConnection, connection_id))


def _page(row: ErpConnection, script: str = "", key: str = "", status: int = 200) -> ResponseReturnValue:
    """The page; with a fresh key the script stands on it whole, this once."""
    url = f"{current_app.config['DESK'].base_url}/push/{key}" if key else ""
    return render_template(
        "checks/scripts.html",
        connection=row,
        scripts=fitting(row.kind),
        keys=verbs.keys_of(row.id),
        fresh=SCRIPTS.get(script),
        url=url,
        text=SCRIPTS[script].with_address(url) if key else "",
    ), status


@checks.page("/connections/<int:connection_id>/scripts/<script>", needs="client.manage", methods=("POST",))
def make_script_key(connection_id: int, script: str) -> ResponseReturnValue:
    """An address for one script, shown once; what it pushes is proposed to be checked."""
    require_fresh()
    row = load(ErpConnection, connection_id, lock=True)
    key = verbs.make_key(row, script, now())
    operations.propose_plans(row, verbs.kinds_pushed(connection_id))
    return _page(row, script, key, 201)


@checks.page("/connections/<int:connection_id>/scripts/<script>/remove", needs="client.manage", methods=("POST",))
def remove_script_key(connection_id: int, script: str) -> ResponseReturnValue:
    """The script's address answers no more."""
    load(ErpConnection, connection_id)
    verbs.remove_key(connection_id, script)
    return done(_("The address answers no more."), "checks.scripts", connection_id=connection_id)
