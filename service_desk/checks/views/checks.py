"""The checks of a client: all of them by layer, one of them closely, and what may be done with it."""

from datetime import timedelta

from flask import abort, g, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from service_desk.checks import board, operations, page, reference
from service_desk.checks.catalog import CATALOG
from service_desk.checks.forms import LimitsForm
from service_desk.checks.models import CheckPlan, CheckState
from service_desk.checks.reading import title
from service_desk.checks.views.pages import checks, done, lang, now
from service_desk.lib.charts import heat_strip
from service_desk.lib.errors import Invalid, NotThere
from service_desk.scope import load
from service_desk.tenants.models import ErpConnection

PAUSES = {"1": timedelta(hours=1), "8": timedelta(hours=8), "24": timedelta(days=1), "168": timedelta(days=7)}


@checks.page("/checks", needs="client.read")
def index() -> ResponseReturnValue:
    """Every layer: what needs somebody first, what is well folded into one line. `check`: this one with all it has."""
    check = request.args.get("check", "")
    read = board.read(g.tenant, now(), lang(), check if check in CATALOG else "")
    only = title(check, lang()) if check in CATALOG else ""
    return render_template("checks/index.html", board=read, only=only, lang_short=lang(), heat_strip=heat_strip)


@checks.page("/checks/accept", needs="client.write", methods=("POST",))
def accept() -> ResponseReturnValue:
    """Switch the proposed checks of a connection on (those that are ticked, where there were ticks)."""
    connection = load(ErpConnection, request.form.get("connection_id", 0, type=int))
    chosen = request.form.getlist("check") if "ticked" in request.form else None
    count = operations.accept_plans(connection, chosen)
    return done(_("%(count)s checks are switched on; the first look is under way.", count=count), "checks.index")


@checks.page("/checks/<int:state_id>", needs="client.read")
def show(state_id: int) -> ResponseReturnValue:
    """One subject of a check; with limits in the address, what these would have meant is shown beside the form."""
    state = load(CheckState, state_id)
    plan = board.plan_of(state)
    trying = "warn" in request.args or "crit" in request.args
    form = LimitsForm(request.args, meta={"csrf": False}) if trying else None
    if form is not None and plan is not None and form.validate():
        return shown(state, plan, form, trial=(form.warn.number, form.crit.number))
    return shown(state, plan, form)


def shown(
    state: CheckState,
    plan: CheckPlan | None,
    form: LimitsForm | None = None,
    *,
    trial: tuple[float | None, float | None] | None = None,
    status: int = 200,
) -> ResponseReturnValue:
    """The page of a state, with the form as it was sent when there is one."""
    back = page.YEAR if "months" in request.args else page.LATELY
    read = page.read(g.tenant, state, plan, request.args.get("days", 7, type=int), trial, now(), lang(), back)
    if form is None and plan is not None:
        form = LimitsForm.filled(CATALOG[plan.check], plan.warn, plan.crit)
    return render_template("checks/check.html", page=read, state_row=state, plan=plan, form=form, pauses=PAUSES), status


@checks.page("/checks/<int:state_id>/limits", needs="client.write", methods=("POST",))
def limits(state_id: int) -> ResponseReturnValue:
    """Keep new limits; the check is judged by them at once."""
    state, plan = _planned(state_id)
    form = LimitsForm()
    if not form.validate():
        return shown(state, plan, form, status=422)
    try:
        operations.change_limits(plan, form.warn.number, form.crit.number)
    except Invalid as error:
        field = form[error.field or "warn"]
        field.errors = [*field.errors, error.message]
        return shown(state, plan, form, status=422)
    return done(_("The limits are kept; the check is judged by them now."), "checks.show", state_id=state_id)


@checks.page("/checks/<int:state_id>/run", needs="client.write", methods=("POST",))
def run(state_id: int) -> ResponseReturnValue:
    """Look again now."""
    _state, plan = _planned(state_id)
    operations.run_now(plan)
    return done(_("The check runs now; the page shows the result in a moment."), "checks.show", state_id=state_id)


@checks.page("/checks/<int:state_id>/pause", needs="client.write", methods=("POST",))
def pause(state_id: int) -> ResponseReturnValue:
    """Leave the check alone for some hours."""
    _state, plan = _planned(state_id)
    length = PAUSES.get(request.form.get("hours", ""))
    if length is None:
        abort(400)
    operations.pause_plan(plan, now() + length)
    return done(_("The check is paused."), "checks.show", state_id=state_id)


@checks.page("/checks/<int:state_id>/resume", needs="client.write", methods=("POST",))
def resume(state_id: int) -> ResponseReturnValue:
    """End the pause."""
    _state, plan = _planned(state_id)
    operations.resume_plan(plan)
    return done(_("The check runs again."), "checks.show", state_id=state_id)


@checks.page("/checks/<int:state_id>/off", needs="client.write", methods=("POST",))
def off(state_id: int) -> ResponseReturnValue:
    """Leave the check out from now on."""
    state, plan = _planned(state_id)
    operations.switch_off(plan)
    return done(_("%(name)s is switched off.", name=title(state.check, lang())), "checks.index")


@checks.page("/checks/catalogue", needs="client.read")
def catalogue() -> ResponseReturnValue:
    """Every check there is: what it reads and why, with which right, its limits, and what to do."""
    return render_template("checks/catalogue.html", layers=reference.layers(lang()))


def _planned(state_id: int) -> tuple[CheckState, CheckPlan]:
    """The state and its plan; a heartbeat has none, so there is nothing to set here."""
    state = load(CheckState, state_id)
    plan = board.plan_of(state)
    if plan is None:
        raise NotThere()
    return state, plan


def url_of(state: CheckState) -> str:
    """The page of a state."""
    return url_for("checks.show", slug=g.tenant.slug, state_id=state.id)
