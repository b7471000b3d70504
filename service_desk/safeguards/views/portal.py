"""What the client sees of drills and reviews, and may_sign."""

from flask import flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import func, select

from service_desk.accounts.roles import allows
from service_desk.files.download import download
from service_desk.files.models import StoredFile
from service_desk.lib.errors import NotThere
from service_desk.safeguards import words
from service_desk.safeguards.models import AccessFinding, AccessReview, RestoreDrill
from service_desk.safeguards.operations import drills as drill_verbs
from service_desk.safeguards.operations import reviews as review_verbs
from service_desk.safeguards.page import register_page
from service_desk.safeguards.views.pages import lang, now, safeguards_portal
from service_desk.scope import load, session


@safeguards_portal.page("/safeguards", needs="portal.read")
def index() -> ResponseReturnValue:
    """How the data is guarded; drills and, for who decides about people, reviews to sign."""
    drills = (
        select(RestoreDrill).where(RestoreDrill.state == "done").order_by(RestoreDrill.finished_at.desc()).limit(12)
    )
    may_sign = allows(g.actor.role, "portal.people")
    return render_template(
        "safeguards/portal.html",
        seen=register_page(g.tenant, now(), lang()),
        drills=session().scalars(drills).all(),
        reviews=_reviews() if may_sign else [],
        may_sign=may_sign,
    )


def _reviews() -> list[tuple[AccessReview, int, int]]:
    revoked = func.count().filter(AccessFinding.decision == "revoke")
    statement = (
        select(AccessReview, func.count(AccessFinding.id), revoked)
        .outerjoin(
            AccessFinding,
            (AccessFinding.tenant_id == AccessReview.tenant_id) & (AccessFinding.review_id == AccessReview.id),
        )
        .where(AccessReview.state == "done")
        .group_by(AccessReview.tenant_id, AccessReview.id)
        .order_by(AccessReview.finished_at.desc())
        .limit(12)
    )
    return [(row, int(found), int(gone)) for row, found, gone in session().execute(statement)]


@safeguards_portal.page("/safeguards/drills/<int:drill_id>", needs="portal.read")
def drill(drill_id: int) -> ResponseReturnValue:
    """One drill that was held, step by step, with its evidence."""
    row = _held(drill_id)
    return render_template(
        "safeguards/portal_drill.html",
        drill=row,
        steps=drill_verbs.steps_of(row),
        files=drill_verbs.evidence_of(row),
        may_sign=allows(g.actor.role, "portal.people"),
    )


def _held(drill_id: int) -> RestoreDrill:
    row = load(RestoreDrill, drill_id)
    if row.state != "done":
        raise NotThere()
    return row


@safeguards_portal.page("/safeguards/drills/<int:drill_id>/evidence/<int:file_id>", needs="portal.read")
def evidence(drill_id: int, file_id: int) -> ResponseReturnValue:
    """One file of the evidence."""
    row, file = _held(drill_id), load(StoredFile, file_id)
    if file.about != drill_verbs.about(row) or not file.shown_to_client:
        raise NotThere()
    return download(file_id)


@safeguards_portal.page("/safeguards/drills/<int:drill_id>/sign", needs="portal.people", methods=("POST",))
def sign_drill(drill_id: int) -> ResponseReturnValue:
    """Confirm that the drill was held as written."""
    drill_verbs.sign_for_client(load(RestoreDrill, drill_id, lock=True), request.form.get("remark", "")[:1000], now())
    flash(_("Signed. Thank you."), "success")
    return redirect(url_for("safeguards_portal.index", slug=g.tenant.slug), 303)


@safeguards_portal.page("/safeguards/reviews/<int:review_id>", needs="portal.people")
def review(review_id: int) -> ResponseReturnValue:
    """One signed review, finding by finding, to confirm."""
    row = load(AccessReview, review_id)
    if row.state != "done":
        raise NotThere()
    found = review_verbs.findings_of(row)
    lines = [(one, words.finding_sentence(one.rule, one.params, lang())) for one in found]
    return render_template("safeguards/portal_review.html", review=row, lines=lines)


@safeguards_portal.page("/safeguards/reviews/<int:review_id>/sign", needs="portal.people", methods=("POST",))
def sign_review(review_id: int) -> ResponseReturnValue:
    """Confirm the decisions."""
    row = load(AccessReview, review_id, lock=True)
    review_verbs.sign_review_for_client(row, request.form.get("remark", "")[:1000], now())
    flash(_("Signed. Thank you."), "success")
    return redirect(url_for("safeguards_portal.index", slug=g.tenant.slug), 303)
