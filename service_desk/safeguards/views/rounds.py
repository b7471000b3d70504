"""Inspection rounds: starting one, filling it in, ending it; and what the templates look at."""

from typing import Any

from flask import Response, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import func, select

from service_desk.checks.catalog import GROUPS
from service_desk.lib.clock import local_day
from service_desk.lib.errors import Invalid
from service_desk.safeguards import rounds as rules
from service_desk.safeguards import words
from service_desk.safeguards.forms import TemplateForm
from service_desk.safeguards.models import InspectionRound, RoundItem, RoundTemplate
from service_desk.safeguards.operations import rounds as verbs
from service_desk.safeguards.views.pages import lang, now, safeguards
from service_desk.scope import load, session

POST = ("POST",)


def _to(row: InspectionRound, anchor: str = "") -> ResponseReturnValue:
    url = url_for("safeguards.round", slug=g.tenant.slug, round_id=row.id)
    return redirect(f"{url}#{anchor}" if anchor else url, 303)


@safeguards.page("/safeguards/rounds", needs="client.read")
def rounds() -> ResponseReturnValue:
    """The templates with their next day, and the rounds that were held."""
    count = func.count()
    tally = (
        select(
            RoundItem.round_id,
            count.label("n"),
            count.filter(RoundItem.state.in_(("warn", "crit", "unknown"))).label("bad"),
            count.filter(RoundItem.state == "").label("missed"),
        )
        .group_by(RoundItem.round_id)
        .subquery()
    )
    held = (
        session()
        .execute(
            select(InspectionRound, tally.c.n, tally.c.bad, tally.c.missed)
            .outerjoin(tally, tally.c.round_id == InspectionRound.id)
            .order_by(InspectionRound.started_at.desc())
            .limit(60)
        )
        .all()
    )
    today = local_day(now(), g.tenant.time_zone)
    return render_template("safeguards/rounds.html", templates=_templates(held, today), held=held, today=today)


def _templates(held: Any, today: Any) -> list[tuple[RoundTemplate, Any, InspectionRound | None]]:
    """Each template with the day its next round is due, and the round that is open."""
    listed = []
    for template in verbs.templates():
        mine = [row.InspectionRound for row in held if row.InspectionRound.template_id == template.id]
        going = next((one for one in mine if one.state == "open"), None)
        last = local_day(template.held_at, g.tenant.time_zone) if template.held_at else None
        listed.append((template, rules.due_on(template.rhythm, last, today), going))
    return listed


@safeguards.page("/safeguards/rounds/usual", needs="client.write", methods=POST)
def make_templates() -> ResponseReturnValue:
    """Write the usual daily, weekly and monthly round for this client."""
    verbs.make_templates(lang(), now())
    return redirect(url_for("safeguards.rounds", slug=g.tenant.slug), 303)


@safeguards.page("/safeguards/rounds/templates/new", needs="client.write", methods=("GET", "POST"))
def create_template() -> ResponseReturnValue:
    """Write a template."""
    return _template_page(None, {"groups": list(GROUPS), "rhythm": "weekly"})


@safeguards.page("/safeguards/rounds/templates/<int:template_id>", needs="client.write", methods=("GET", "POST"))
def edit_template(template_id: int) -> ResponseReturnValue:
    """Change what a round looks at; rounds that were begun stay as they are."""
    row = load(RoundTemplate, template_id)
    manual = [item["words"] for item in row.items if item["kind"] == "manual"]
    groups = [item["group"] for item in row.items if item["kind"] == "auto"]
    start = {"name": row.name, "rhythm": row.rhythm, "groups": groups, "manual": "\n".join(manual)}
    return _template_page(row, start)


def _template_page(row: RoundTemplate | None, start: dict[str, Any]) -> ResponseReturnValue:
    form = TemplateForm(data=start)
    if form.validate_on_submit():
        try:
            verbs.save_template(row, form.values(), now())
        except Invalid as error:
            form.blame(error)
        else:
            flash(_("Saved."), "success")
            return redirect(url_for("safeguards.rounds", slug=g.tenant.slug), 303)
    return render_template("safeguards/template.html", form=form, row=row), 422 if form.errors else 200


@safeguards.page("/safeguards/rounds/templates/<int:template_id>/end", needs="client.write", methods=POST)
def archive_template(template_id: int) -> ResponseReturnValue:
    """No more rounds of this kind."""
    verbs.archive_template(load(RoundTemplate, template_id), now())
    flash(_("There will be no more rounds of this kind."), "success")
    return redirect(url_for("safeguards.rounds", slug=g.tenant.slug), 303)


@safeguards.page("/safeguards/rounds/templates/<int:template_id>/start", needs="client.write", methods=POST)
def start_round(template_id: int) -> ResponseReturnValue:
    """Begin a round, or go on with the open one."""
    return _to(verbs.start_round(load(RoundTemplate, template_id), now()))


@safeguards.page("/safeguards/rounds/<int:round_id>", needs="client.read")
def round(round_id: int) -> ResponseReturnValue:
    """One round, to fill in or to read."""
    return _show(load(InspectionRound, round_id))


def _show(row: InspectionRound, error: Invalid | None = None) -> ResponseReturnValue:
    items = verbs.items_of(row)
    page = render_template(
        "safeguards/round.html",
        round=row,
        items=[(item, *_said(item)) for item in items],
        tally=rules.tally(items),
        error=error,
        filled=request.form if error else {},
    )
    return page, 422 if error else 200


def _said(item: RoundItem) -> tuple[str, str]:
    """What the item is called, and what was seen."""
    if not item.seen:
        return item.words, ""
    return words.seen_title(item.seen, lang()), words.seen_sentence(item.seen, lang())


def _answers() -> dict[int, tuple[str | None, str]]:
    places = {int(name[5:]) for name in request.form if name.startswith("note-") and name[5:].isdecimal()}
    return {
        place: (request.form.get(f"state-{place}"), request.form.get(f"note-{place}", "")[:2000]) for place in places
    }


@safeguards.page("/safeguards/rounds/<int:round_id>/keep", needs="client.write", methods=POST)
def keep_round(round_id: int) -> ResponseReturnValue:
    """Keep what has been filled in so far; a script does this while one types."""
    verbs.fill(load(InspectionRound, round_id, lock=True), _answers(), now())
    return Response(status=204)


@safeguards.page("/safeguards/rounds/<int:round_id>", needs="client.write", methods=POST)
def fill_round(round_id: int) -> ResponseReturnValue:
    """Keep it, and end the round when that button was pressed."""
    row = load(InspectionRound, round_id, lock=True)
    verbs.fill(row, _answers(), now())
    if "finish" not in request.form:
        flash(_("Kept."), "success")
        return _to(row)
    try:
        verbs.finish_round(row, request.form.get("summary", "")[:4000], request.form.get("missed", "")[:500], now())
    except Invalid as error:
        return _show(row, error)
    flash(_("The round is on record; its report is being written."), "success")
    return _to(row)


@safeguards.page("/safeguards/rounds/<int:round_id>/drop", needs="client.write", methods=POST)
def drop_round(round_id: int) -> ResponseReturnValue:
    """Throw an open round away."""
    verbs.drop_round(load(InspectionRound, round_id, lock=True))
    flash(_("Thrown away."), "success")
    return redirect(url_for("safeguards.rounds", slug=g.tenant.slug), 303)
