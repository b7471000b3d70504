"""Permission reviews: asking for one, deciding its findings, signing, taking it along as CSV or Excel."""

from flask import Response, flash, g, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import func, select

from service_desk.checks import reading as checks_reading
from service_desk.jobs import Job
from service_desk.lib.errors import Invalid, NotThere
from service_desk.safeguards import export, words
from service_desk.safeguards.models import AccessFinding, AccessReview, AccessSnapshot
from service_desk.safeguards.operations import reviews as verbs
from service_desk.safeguards.views.pages import lang, now, safeguards
from service_desk.scope import load, session

POST = ("POST",)
FORMATS = {"csv": "text/csv", "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}


def _to(review: AccessReview, anchor: str = "") -> ResponseReturnValue:
    url = url_for("safeguards.review", slug=g.tenant.slug, review_id=review.id)
    return redirect(f"{url}#{anchor}" if anchor else url, 303)


@safeguards.page("/safeguards/reviews", needs="client.read")
def reviews() -> ResponseReturnValue:
    """Every review with what it came to, the newest first."""
    counts = (
        select(
            AccessFinding.review_id,
            func.count().label("all"),
            func.count().filter(AccessFinding.decision == "revoke").label("revoke"),
            func.count().filter(AccessFinding.decision == "").label("left"),
        )
        .group_by(AccessFinding.review_id)
        .subquery()
    )
    rows = (
        session()
        .execute(
            select(
                AccessReview, AccessSnapshot.users, AccessSnapshot.grants, counts.c.all, counts.c.revoke, counts.c.left
            )
            .outerjoin(counts, counts.c.review_id == AccessReview.id)
            .outerjoin(
                AccessSnapshot,
                (AccessSnapshot.tenant_id == AccessReview.tenant_id) & (AccessSnapshot.id == AccessReview.snapshot_id),
            )
            .order_by(AccessReview.requested_at.desc())
            .limit(40)
        )
        .all()
    )
    going = next((row.AccessReview for row in rows if row.AccessReview.state in ("looking", "open")), None)
    return render_template("safeguards/reviews.html", rows=rows, going=going)


@safeguards.page("/safeguards/reviews", needs="client.manage", methods=POST)
def start_review() -> ResponseReturnValue:
    """Have a worker look at who may do what."""
    return _to(verbs.request_review(now()))


@safeguards.page("/safeguards/reviews/<int:review_id>", needs="client.read")
def review(review_id: int) -> ResponseReturnValue:
    """One review: its progress while a worker looks, then what is to be decided."""
    row = load(AccessReview, review_id)
    if row.state == "looking":
        slug, job = g.tenant.slug, _job(row)
        return render_template(
            "web/progress.html",
            frame="web/client.html",
            title=_("Permission review"),
            doing=_doing(job),
            percent=job.progress if job is not None else None,
            json_url=url_for("safeguards.review_progress", slug=slug, review_id=row.id),
            cancel_url=url_for("safeguards.call_off_review", slug=slug, review_id=row.id),
        )
    return _show(row)


def _show(row: AccessReview, error: Invalid | None = None) -> ResponseReturnValue:
    found = verbs.findings_of(row)
    groups: dict[str, list[tuple[AccessFinding, str]]] = {}
    for one in found:
        name = "carried" if one.carried else words.GROUPS.get(one.rule, one.rule)
        groups.setdefault(name, []).append((one, words.finding_sentence(one.rule, one.params, lang())))
    seen = session().get(AccessSnapshot, (row.tenant_id, row.snapshot_id)) if row.snapshot_id else None
    page = render_template(
        "safeguards/review.html",
        review=row,
        groups=groups,
        snapshot=seen,
        left=sum(one.decision == "" for one in found),
        unseen=[(one, _why(one)) for one in row.unseen],
        before=[(one, words.finding_sentence(one.rule, one.params, lang())) for one in verbs.taken_away(row.before_id)],
        ticket=verbs.ticket_number(row),
        error=error,
    )
    return page, 422 if error else 200


def _why(one: dict[str, object]) -> str:
    if one["reason"] == "truncated":
        return str(_("There is more than one look takes in; the list is not complete."))
    return checks_reading.reason_of(str(one["reason"]), one["params"], lang())  # type: ignore[arg-type]


def _job(row: AccessReview) -> Job | None:
    mine = select(Job).where(Job.kind == "access_review", Job.slot == verbs.slot(row.id))
    return session().scalars(mine).first()


def _doing(job: Job | None) -> str:
    if job is None or job.state == "queued":
        return str(_("Waiting for a worker…"))
    if job.step in ("reading", "comparing"):
        return str(_("Comparing with the last review…") if job.step == "comparing" else _("Reading what is known…"))
    return str(_("Looking at: %(step)s", step=job.step))


@safeguards.page("/safeguards/reviews/<int:review_id>.json", needs="client.read")
def review_progress(review_id: int) -> ResponseReturnValue:
    """How far the look is, for the bar."""
    row = load(AccessReview, review_id)
    job = _job(row)
    over = row.state != "looking"
    url = url_for("safeguards.review", slug=g.tenant.slug, review_id=row.id) if over else None
    state = "done" if over else job.state if job is not None else "queued"
    return jsonify(state=state, percent=job.progress if job else None, doing=_doing(job) if not over else "", url=url)


@safeguards.page("/safeguards/reviews/<int:review_id>/findings/<int:finding_id>", needs="client.manage", methods=POST)
def decide(review_id: int, finding_id: int) -> ResponseReturnValue:
    """Keep for a reason, take away, or ask."""
    row = load(AccessReview, review_id)
    try:
        verbs.decide(row, finding_id, request.form.get("decision", ""), request.form.get("reason", "")[:500], now())
    except Invalid as error:
        return _show(row, error)
    return _to(row, f"f{finding_id}")


@safeguards.page("/safeguards/reviews/<int:review_id>/sign", needs="client.manage", methods=POST)
def sign_review(review_id: int) -> ResponseReturnValue:
    """Sign it; the paper is written and the client asked to sign."""
    row = load(AccessReview, review_id, lock=True)
    verbs.sign_review(row, now())
    flash(_("Signed. The paper is being written; the client is asked to sign in the portal."), "success")
    return _to(row)


@safeguards.page("/safeguards/reviews/<int:review_id>/call-off", needs="client.manage", methods=POST)
def call_off_review(review_id: int) -> ResponseReturnValue:
    """End it without a result."""
    verbs.call_off_review(load(AccessReview, review_id, lock=True), now())
    flash(_("Called off."), "success")
    return redirect(url_for("safeguards.reviews", slug=g.tenant.slug), 303)


@safeguards.page("/safeguards/reviews/<int:review_id>/export.<ending>", needs="client.read")
def export_review(review_id: int, ending: str) -> ResponseReturnValue:
    """The findings with their decisions, and everybody's rights, as CSV or Excel."""
    row = load(AccessReview, review_id)
    if ending not in FORMATS or row.snapshot_id is None:
        raise NotThere()
    seen = session().get_one(AccessSnapshot, (row.tenant_id, row.snapshot_id))
    tables = export.tables(verbs.findings_of(row), seen.data, lang())
    made = export.csv_bytes(tables[0]) if ending == "csv" else export.xlsx_bytes(tables)
    response = Response(made, mimetype=FORMATS[ending])
    name = f"permission-review-{g.tenant.slug}-{row.requested_at:%Y-%m-%d}.{ending}"
    response.headers.set("Content-Disposition", "attachment", filename=name)
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response
