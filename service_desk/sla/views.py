"""The agreement with a client: when it is served, and how fast by how urgent something is."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Blueprint, flash, g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale
from flask_babel import gettext as _

from service_desk.lib.clock import Language, language, show_time
from service_desk.lib.errors import Invalid
from service_desk.sla import operations
from service_desk.sla.clock import due
from service_desk.sla.forms import AgreementForm, filled, suggested
from service_desk.sla.promises import terms_of
from service_desk.sla.timeline import Target
from service_desk.sla.words import CLOCK, PRIORITY, WEEKDAY
from service_desk.tenants.blueprint import TenantBlueprint

sla = TenantBlueprint("sla", __name__, template_folder="templates")
BLUEPRINTS: tuple[Blueprint, ...] = (sla,)


@sla.page("/promises", needs="client.read")
def agreement() -> ResponseReturnValue:
    """What was agreed, as a form; where nothing was, what is usual stands in it as a proposal."""
    terms, agreed = operations.standing()
    shown = terms if agreed else terms | {"targets": suggested()}
    return _page(AgreementForm(data=filled(shown, "" if agreed else g.tenant.time_zone, _lang())))


@sla.page("/promises", needs="client.manage", methods=("POST",), endpoint="agree")
def agree() -> ResponseReturnValue:
    """Keep what was agreed, for tickets opened from now on."""
    form = AgreementForm()
    if form.validate():
        try:
            changed = operations.agree(form.agreed_hours(), form.agreed_targets(), now=datetime.now(UTC))
        except Invalid as error:
            form.blame(error)
        else:
            flash(_("Saved. It holds for tickets opened from now on.") if changed else _("Nothing was changed."), "ok")
            return redirect(url_for("sla.agreement", slug=g.tenant.slug), 303)
    return _page(form, 422)


def _page(form: AgreementForm, status: int = 200) -> ResponseReturnValue:
    terms, agreed = operations.standing()
    now = datetime.now(UTC)
    return render_template(
        "sla/agreement.html",
        form=form,
        agreed=agreed,
        weekdays=WEEKDAY,
        clocks=CLOCK,
        examples=_examples(terms, now) if agreed else [],
    ), status


def _examples(terms: Mapping[str, Any], now: datetime) -> list[tuple[Any, list[str]]]:
    """Per priority: until when each promise to a ticket of this minute would have to be kept."""
    promised, zone = terms_of(terms, operations.holidays()).targets, terms["calendar"]["zone"]
    return [
        (name, [_due(promised[key].get(clock), zone, now) for clock in ("first_response", "resolution")])
        for key, name in PRIORITY.items()
        if promised.get(key)
    ]


def _due(target: Target | None, zone: str, now: datetime) -> str:
    at = due(target.calendar, now, timedelta(minutes=target.minutes)) if target else None
    return show_time(at, zone, _lang()) if at else "—"


def _lang() -> Language:
    return language(str(get_locale()))
