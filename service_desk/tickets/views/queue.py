"""The queue over all clients: filter, sort by due time, act on many at once with a way back."""

from dataclasses import asdict
from datetime import UTC, datetime
from functools import cache, lru_cache
from typing import Any, cast

from flask import flash, g, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext
from markupsafe import Markup
from sqlalchemy import Select, TextClause, func, select

from service_desk.accounts.blueprints import PracticeBlueprint
from service_desk.accounts.models import PracticeMember, SavedView
from service_desk.lib.errors import Invalid
from service_desk.scope import load, practice_scope
from service_desk.scope import session as db
from service_desk.sla.words import PRIORITY
from service_desk.spelled import spelled_out
from service_desk.tenants.models import Tenant
from service_desk.tickets import bulk
from service_desk.tickets.listing import listed
from service_desk.tickets.views.rows import chips, filters_asked, rows_of, shows, steps
from service_desk.tickets.words import STATUS

queue = PracticeBlueprint("queue", __name__, template_folder="../templates")


@queue.page("/queue", needs="practice.read")
def index() -> ResponseReturnValue:
    """Every ticket of every client this person works for, nearest due first."""
    now, filters = datetime.now(UTC), filters_asked()
    found, beside = listed(filters), db().execute(_beside()).one()
    names = beside.clients or ""
    return render_template(
        "tickets/queue.html",
        rows=rows_of(found, now),
        found=found,
        filters=filters,
        shows=shows(filters, "queue.index"),
        chips=chips(filters, "queue.index", _names(names) if filters.client else {}),
        clients=_options(names, filters.client),
        priorities=PRIORITY,
        statuses=STATUS,
        people=beside.people or (),
        views=[(key, name, url_for("queue.index", **kept)) for key, name, kept in beside.views or ()],
        undo=len(session.get("undo", ())),
        **steps(found, filters, "queue.index"),
    )


_LINE, _PART = "\x1e", "\x1f"  # What no name contains: record and unit separator.


@cache
def _beside() -> TextClause:
    """What the page offers to choose from. Clients come as one text, which is the key of what is drawn from it."""
    named = select((Tenant.slug + _PART + Tenant.short_name).label("line")).order_by(Tenant.short_name).subquery()
    people, views = _people().subquery(), _views().subquery()
    return spelled_out(
        select(
            select(func.string_agg(named.c.line, _LINE)).scalar_subquery().label("clients"),
            select(func.jsonb_agg(func.jsonb_build_array(*people.c))).scalar_subquery().label("people"),
            select(func.jsonb_agg(func.jsonb_build_array(*views.c))).scalar_subquery().label("views"),
        )
    )


def _names(text: str) -> dict[str, str]:
    """Clients by their slug."""
    return {slug: name for slug, _sep, name in (line.partition(_PART) for line in text.split(_LINE) if line)}


@lru_cache(maxsize=64)
def _options(names: str, chosen: str) -> Markup:
    """The clients of the filter, drawn once for each that was chosen."""
    return Markup("").join(
        Markup('<option value="{}"{}>{}</option>').format(slug, Markup(" selected") if slug == chosen else "", name)
        for slug, name in _names(names).items()
    )


def _people() -> Select[*tuple[Any, ...]]:
    members = select(PracticeMember.person_id, PracticeMember.name)
    return members.where(PracticeMember.ended_at.is_(None)).order_by(PracticeMember.name)


def _views() -> Select[*tuple[Any, ...]]:
    kept = select(SavedView.id, SavedView.name, SavedView.filters)
    return kept.where(SavedView.page == "queue").order_by(SavedView.name)


@queue.page("/queue/bulk", needs="client.write", methods=("POST",), opens="nothing")
def act() -> ResponseReturnValue:
    """Put the picked tickets into a status, or give them to somebody; the way back stays for this browser."""
    picks = bulk.picked(request.form.getlist("pick"), g.place.tenant_ids)
    before = bulk.do(picks, _act_asked(), g.actor, datetime.now(UTC))
    session["undo"] = [asdict(one) for one in before]
    flash(ngettext("%(num)s ticket changed.", "%(num)s tickets changed.", len(before)), "success")
    back = request.form.get("back", "")
    return redirect(back if back.startswith("/queue?") else url_for("queue.index"), 303)


def _act_asked() -> bulk.Act:
    kind, _sep, value = request.form.get("act", "").partition(":")
    if kind == "status":
        return bulk.Act(status=value)
    if kind == "assign" and value.isdecimal():
        with practice_scope(g.place.practice_id, g.actor, writing=True):
            people = {row.person_id: row.name for row in db().execute(_people())}
        if int(value) in people or value == "0":
            return bulk.Act(assignee=int(value), assignee_name=people.get(int(value), ""))
    raise Invalid(_("Choose what is to be done with them."))


@queue.page("/queue/undo", needs="client.write", methods=("POST",), opens="nothing")
def undo() -> ResponseReturnValue:
    """Put back what the last act on many changed."""
    before = [bulk.Before(**one) for one in session.pop("undo", [])]
    done = bulk.undo([one for one in before if one.tenant_id in g.place.tenant_ids], g.actor, datetime.now(UTC))
    flash(ngettext("%(num)s ticket put back.", "%(num)s tickets put back.", done), "success")
    return redirect(url_for("queue.index"), 303)


@queue.page("/queue/views", needs="practice.read", methods=("POST",), opens="practice")
def keep_view() -> ResponseReturnValue:
    """Keep the present filters under a name, for everybody in the practice."""
    name = request.form.get("name", "").strip()[:60]
    if not name:
        raise Invalid(_("Give the view a name."), field="name")
    filters = _only_filters(request.form)
    mine = select(PracticeMember).where(PracticeMember.person_id == g.actor.person_id)
    known = db().scalars(select(SavedView).where(SavedView.page == "queue", SavedView.name == name)).first()
    view = known or SavedView(page="queue", name=name, member_id=db().scalars(mine).one().id)
    view.filters = filters
    db().add(view)
    return redirect(url_for("queue.index", **cast("dict[str, Any]", filters)), 303)


def _only_filters(form: Any) -> dict[str, str]:
    names = ("show", "client", "priority", "query")
    return {name: form[name][:80] for name in names if form.get(name)}


@queue.page("/queue/views/<int:view_id>/delete", needs="practice.read", methods=("POST",), opens="practice")
def drop_view(view_id: int) -> ResponseReturnValue:
    """Forget a kept view."""
    db().delete(load(SavedView, view_id))
    return redirect(url_for("queue.index"), 303)
