"""The probe as one watches it."""

from flask import g, jsonify, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from service_desk.jobs import Job
from service_desk.scope import load
from service_desk.tenants import probe_page
from service_desk.tenants.models import ErpConnection
from service_desk.tenants.operations import connections as verbs
from service_desk.tenants.views.pages import now, tenants
from service_desk.tenants.words import STEP_LABELS, reason_sentence


@tenants.page("/connections/<int:connection_id>/probe", needs="client.write", methods=("POST",))
def start_probe(connection_id: int) -> ResponseReturnValue:
    """Have a worker walk the road to this ERP."""
    verbs.request_probe(load(ErpConnection, connection_id), now())
    return redirect(url_for("tenants.probe", slug=g.tenant.slug, connection_id=connection_id), 303)


@tenants.page("/connections/<int:connection_id>/probe", needs="client.read")
def probe(connection_id: int) -> ResponseReturnValue:
    """The walk while it goes on; reloading shows the same without a script."""
    row, job = load(ErpConnection, connection_id), verbs.probe_job(connection_id)
    if job is None or job.state not in verbs.OPEN_STATES:
        return redirect(url_for("tenants.connection", slug=g.tenant.slug, connection_id=connection_id), 303)
    return render_template(
        "tenants/probe.html",
        connection=row,
        doing=_doing(job),
        percent=job.progress if job.state == "running" else None,
        lines=_lines(row, job),
    )


def _lines(row: ErpConnection, job: Job | None) -> list[probe_page.StepLine]:
    if job is not None and job.state in verbs.OPEN_STATES:
        return probe_page.under_way(probe_page.Walk.kept_in(row.probe), job.id, job.attempt, reason_sentence)
    return probe_page.walk((row.probe or {}).get("steps", []), reason_sentence)


def _doing(job: Job) -> str:
    if job.state == "queued":
        return str(_("Waiting for a worker…"))
    return str(_("Looking at: %(step)s", step=STEP_LABELS.get(job.step, job.step)))


@tenants.page("/connections/<int:connection_id>/probe/steps", needs="client.read")
def probe_steps(connection_id: int) -> ResponseReturnValue:
    """The steps alone, for the live refresh."""
    row = load(ErpConnection, connection_id)
    return render_template(
        "tenants/probe_steps.html", lines=_lines(row, verbs.probe_job(connection_id)), connection=row
    )


@tenants.page("/connections/<int:connection_id>/probe.json", needs="client.read")
def probe_state(connection_id: int) -> ResponseReturnValue:
    """How far the probe is, for the bar."""
    load(ErpConnection, connection_id)
    job = verbs.probe_job(connection_id)
    url = url_for("tenants.connection", slug=g.tenant.slug, connection_id=connection_id)
    if job is None:
        return jsonify(state="done", percent=100, doing="", url=url)
    doing = _doing(job) if job.state in verbs.OPEN_STATES else _("Finished.")
    return jsonify(state=job.state, percent=job.progress, doing=doing, url=url)
