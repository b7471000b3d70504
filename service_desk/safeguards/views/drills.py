"""Restore drills: the calendar of them, one being run step by step, what it came to."""

from typing import Any

from flask import flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import select

from service_desk.files.download import download
from service_desk.files.models import StoredFile
from service_desk.lib.clock import local_day
from service_desk.lib.errors import Invalid, NotThere
from service_desk.safeguards import drilling, reading, words
from service_desk.safeguards.forms import DrillPlanForm
from service_desk.safeguards.models import BackupPlan, RestoreDrill
from service_desk.safeguards.operations import drills as verbs
from service_desk.safeguards.views.pages import now, safeguards
from service_desk.scope import load, session

POST = ("POST",)


def _to(drill: RestoreDrill, anchor: str = "") -> ResponseReturnValue:
    url = url_for("safeguards.drill", slug=g.tenant.slug, drill_id=drill.id)
    return redirect(f"{url}#{anchor}" if anchor else url, 303)


@safeguards.page("/safeguards/drills", needs="client.read")
def drills() -> ResponseReturnValue:
    """How proven each plan is, the drills to come, and the record."""
    held = session().scalars(
        select(RestoreDrill).order_by(RestoreDrill.due_on.desc(), RestoreDrill.id.desc()).limit(60)
    )
    rows = held.all()
    plans = [one for one in reading.plans() if one.row.drill_every_days]
    last = reading.last_drills()
    proofs = [
        (one, drilling.proof(good, one.row.drill_every_days or drilling.EVERY_DAYS, now()), good)
        for one in plans
        for good in [last[one.row.id].good_at if one.row.id in last else None]
    ]
    return render_template(
        "safeguards/drills.html",
        proofs=proofs,
        grave=drilling.GRAVE,
        coming=sorted((row for row in rows if row.state in verbs.OPEN), key=lambda row: row.due_on),
        held=[row for row in rows if row.state not in verbs.OPEN],
        today=local_day(now(), g.tenant.time_zone),
        form=_form(plans),
    )


def _form(plans: list[reading.Plan] | None = None) -> DrillPlanForm:
    listed = reading.plans() if plans is None else plans
    form = DrillPlanForm(data={"due_on": local_day(now(), g.tenant.time_zone)})
    form.plan_id.choices = [
        (one.row.id, f"{one.row.subject or one.connection} · {_(words.TYPES[one.row.backup_type])}") for one in listed
    ]
    return form


@safeguards.page("/safeguards/drills", needs="client.write", methods=POST)
def plan_drill() -> ResponseReturnValue:
    """Put a drill on the calendar."""
    form = _form()
    if not form.validate_on_submit():
        raise Invalid(_("Choose a plan and a day."), "plan_id")
    drill = verbs.plan_drill(load(BackupPlan, form.plan_id.data), form.due_on.data, now())
    flash(_("The drill stands on the calendar."), "success")
    return _to(drill)


@safeguards.page("/safeguards/drills/<int:drill_id>", needs="client.read")
def drill(drill_id: int) -> ResponseReturnValue:
    """One drill: its steps with their times, the counted tables, the evidence, the result."""
    return _show(load(RestoreDrill, drill_id))


def _show(row: RestoreDrill, error: Invalid | None = None) -> ResponseReturnValue:
    passed = ((row.finished_at or now()) - row.started_at).total_seconds() if row.started_at else None
    page = render_template(
        "safeguards/drill.html",
        drill=row,
        steps=verbs.steps_of(row),
        files=verbs.evidence_of(row),
        differing={one["table"] for one in drilling.differing(row.counts)},
        minutes=row.minutes if row.minutes is not None else round(passed / 60) if passed is not None else None,
        error=error,
    )
    return page, 422 if error else 200


@safeguards.page("/safeguards/drills/<int:drill_id>/start", needs="client.write", methods=POST)
def start_drill(drill_id: int) -> ResponseReturnValue:
    """Begin; the clock runs."""
    row = load(RestoreDrill, drill_id, lock=True)
    verbs.start_drill(row, now())
    return _to(row, "step-1")


@safeguards.page("/safeguards/drills/<int:drill_id>/steps/<int:position>", needs="client.write", methods=POST)
def set_step(drill_id: int, position: int) -> ResponseReturnValue:
    """Say how a step went."""
    row = load(RestoreDrill, drill_id, lock=True)
    try:
        verbs.set_step(row, position, request.form.get("state", ""), request.form.get("note", ""), now())
    except Invalid as error:
        return _show(row, error)
    return _to(row, f"step-{position}")


@safeguards.page("/safeguards/drills/<int:drill_id>/facts", needs="client.write", methods=POST)
def save_facts(drill_id: int) -> ResponseReturnValue:
    """Which file, where to, and the row counts."""
    row = load(RestoreDrill, drill_id, lock=True)
    facts = {name: request.form.get(name, "")[:500] for name in verbs.FACTS if name in request.form}
    verbs.save_facts(row, facts, _counts())
    flash(_("Saved."), "success")
    return _to(row, "facts")


def _counts() -> list[dict[str, Any]]:
    columns = [request.form.getlist(name)[:40] for name in ("table", "expected", "found")]
    return [
        {"table": table.strip()[:120], "expected": _number(expected), "found": _number(found)}
        for table, expected, found in zip(*columns, strict=False)
    ]


def _number(text: str) -> int | None:
    plain = "".join(char for char in text if char not in ",， _")
    return int(plain) if plain.isdecimal() and len(plain) <= 15 else None


@safeguards.page("/safeguards/drills/<int:drill_id>/evidence", needs="client.write", methods=POST)
def add_evidence(drill_id: int) -> ResponseReturnValue:
    """Keep pictures and logs."""
    row = load(RestoreDrill, drill_id, lock=True)
    for file in request.files.getlist("files")[:10]:
        if file.filename:
            verbs.add_evidence(row, file.filename, file.read())
    return _to(row, "evidence")


@safeguards.page("/safeguards/drills/<int:drill_id>/evidence/<int:file_id>", needs="client.read")
def evidence(drill_id: int, file_id: int) -> ResponseReturnValue:
    """One file of the evidence."""
    row = load(RestoreDrill, drill_id)
    if load(StoredFile, file_id).about != verbs.about(row):
        raise NotThere()
    return download(file_id)


@safeguards.page("/safeguards/drills/<int:drill_id>/finish", needs="client.write", methods=POST)
def finish_drill(drill_id: int) -> ResponseReturnValue:
    """End it and sign; the report is written."""
    row = load(RestoreDrill, drill_id, lock=True)
    try:
        verbs.finish_drill(row, now())
    except Invalid as error:
        return _show(row, error)
    flash(_("The drill is on record; its report is being written."), "success")
    return _to(row)


@safeguards.page("/safeguards/drills/<int:drill_id>/call-off", needs="client.write", methods=POST)
def call_off_drill(drill_id: int) -> ResponseReturnValue:
    """It is not held; the reason is kept."""
    row = load(RestoreDrill, drill_id, lock=True)
    verbs.call_off(row, request.form.get("reason", ""))
    flash(_("Called off."), "success")
    return redirect(url_for("safeguards.drills", slug=g.tenant.slug), 303)
