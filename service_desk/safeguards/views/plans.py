"""The register of backups: plans as they stand, databases without one, copies and 3-2-1."""

from typing import Any
from zoneinfo import ZoneInfo

from flask import flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import select

from service_desk.checks.models import Heartbeat
from service_desk.lib.errors import Invalid, NotThere
from service_desk.safeguards.forms import ConfirmForm, CopyForm, PlanForm, schedule_text
from service_desk.safeguards.models import BackupCopy, BackupPlan
from service_desk.safeguards.operations import plans as verbs
from service_desk.safeguards.page import register_page
from service_desk.safeguards.views.pages import lang, now, safeguards
from service_desk.scope import load, session
from service_desk.tenants.models import ErpConnection

METHODS = ("GET", "POST")


def _here() -> ResponseReturnValue:
    return redirect(url_for("safeguards.index", slug=g.tenant.slug), 303)


@safeguards.page("/safeguards", needs="client.read")
def index() -> ResponseReturnValue:
    """Plan against what really happened, and what is missing."""
    return render_template(
        "safeguards/index.html", seen=register_page(g.tenant, now(), lang()), confirm=ConfirmForm(None)
    )


@safeguards.page("/safeguards/plans/propose", needs="client.write", methods=("POST",))
def accept_proposals() -> ResponseReturnValue:
    """Turn every backup that is seen into a plan."""
    made = verbs.accept_proposals(now())
    flash(ngettext("%(num)s plan was made.", "%(num)s plans were made.", made), "success")
    return _here()


@safeguards.page("/safeguards/plans/new", needs="client.write", methods=METHODS)
def create_plan() -> ResponseReturnValue:
    """Write a plan; a link from a gap says for what."""
    first = next((key for key, _name in _connections()), 0)
    start = {
        "connection_id": request.args.get("connection", first, type=int),
        "subject": request.args.get("database", ""),
        "every": schedule_text(86400, None, lang()),
        "drill_every_days": 90,
    }
    return _plan_page(None, start)


@safeguards.page("/safeguards/plans/<int:plan_id>", needs="client.write", methods=METHODS)
def edit_plan(plan_id: int) -> ResponseReturnValue:
    """Change a plan."""
    plan = _standing(load(BackupPlan, plan_id))
    shown = {name: getattr(plan, name) for name in verbs.FIELDS if name not in ("every_s", "cron")}
    shown |= {"connection_id": plan.connection_id or 0, "heartbeat_id": plan.heartbeat_id or 0}
    return _plan_page(plan, {**shown, "every": schedule_text(plan.every_s, plan.cron, lang())})


def _standing(row: Any) -> Any:
    if row.archived_at is not None:
        raise NotThere()
    return row


def _plan_page(plan: BackupPlan | None, start: dict[str, Any]) -> ResponseReturnValue:
    form = PlanForm(data=start)
    form.offer(_connections(), _heartbeats())
    if form.validate_on_submit():
        try:
            verbs.save_plan(plan, form.values(), now())
        except Invalid as error:
            form.blame(error)
        else:
            flash(_("Saved. The limits of the backup checks follow the plan."), "success")
            return _here()
    return render_template("safeguards/plan.html", form=form, plan=plan), 422 if form.errors else 200


def _connections() -> list[tuple[int, str]]:
    rows = session().execute(select(ErpConnection.id, ErpConnection.name).order_by(ErpConnection.id))
    return [(row.id, row.name) for row in rows]


def _heartbeats() -> list[tuple[int, str]]:
    return [
        (row.id, row.name) for row in session().execute(select(Heartbeat.id, Heartbeat.name).order_by(Heartbeat.id))
    ]


@safeguards.page("/safeguards/plans/<int:plan_id>/end", needs="client.write", methods=("POST",))
def archive_plan(plan_id: int) -> ResponseReturnValue:
    """End a plan."""
    verbs.archive_plan(_standing(load(BackupPlan, plan_id)), now())
    flash(_("The plan has ended."), "success")
    return _here()


@safeguards.page("/safeguards/copies/new", needs="client.write", methods=METHODS)
def create_copy() -> ResponseReturnValue:
    """Put a place where copies lie on the register."""
    return _copy_page(None, {"medium": "offsite", "device": "nas"})


@safeguards.page("/safeguards/copies/<int:copy_id>", needs="client.write", methods=METHODS)
def edit_copy(copy_id: int) -> ResponseReturnValue:
    """Change it."""
    row = _standing(load(BackupCopy, copy_id))
    shown = {name: getattr(row, name) for name in ("name", "medium", "device")}
    return _copy_page(row, {**shown, "heartbeat_id": row.heartbeat_id or 0})


def _copy_page(row: BackupCopy | None, start: dict[str, Any]) -> ResponseReturnValue:
    form = CopyForm(data=start)
    form.offer(_heartbeats())
    if form.validate_on_submit():
        verbs.save_copy(row, form.values(), now())
        flash(_("Saved."), "success")
        return _here()
    return render_template("safeguards/copy.html", form=form, copy=row), 422 if form.errors else 200


@safeguards.page("/safeguards/copies/<int:copy_id>/confirm", needs="client.write", methods=("POST",))
def confirm_copy(copy_id: int) -> ResponseReturnValue:
    """Say by hand how new the newest copy is; without a time: as of now."""
    form = ConfirmForm()
    moment = now()
    if form.newest_at.data is not None:
        moment = form.newest_at.data.replace(tzinfo=ZoneInfo(g.tenant.time_zone))
    verbs.confirm_copy(_standing(load(BackupCopy, copy_id)).id, moment, now())
    flash(_("Confirmed."), "success")
    return _here()


@safeguards.page("/safeguards/copies/<int:copy_id>/end", needs="client.write", methods=("POST",))
def archive_copy(copy_id: int) -> ResponseReturnValue:
    """Take a place off the register."""
    verbs.archive_copy(_standing(load(BackupCopy, copy_id)), now())
    flash(_("Taken off the register."), "success")
    return _here()
