"""The blueprints of checks, and what their views share."""

from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, flash, g, redirect, url_for
from flask.blueprints import BlueprintSetupState
from flask.typing import ResponseReturnValue
from flask_babel import get_locale

from service_desk.accounts import limits
from service_desk.lib.clock import Language, language
from service_desk.tenants.blueprint import TenantBlueprint

checks = TenantBlueprint("checks", __name__, template_folder="../templates")
pings = Blueprint("pings", __name__)
reports = Blueprint("reports", __name__)  # agents and collector scripts


@pings.record_once
def without_csrf(state: BlueprintSetupState) -> None:
    """A machine reports here: it has no session and no form, and its address is its key."""
    state.app.extensions["csrf"].exempt(pings)
    limits.limiter.exempt(pings)  # its own limit stands in the gate, by key; asking Redis would cost more than the ping


@reports.record_once
def known_by_token(state: BlueprintSetupState) -> None:
    """A program reports here: it has no session, and says with each message who it is."""
    state.app.extensions["csrf"].exempt(reports)


def now() -> datetime:
    """The moment a view passes down."""
    return datetime.now(UTC)


def lang() -> Language:
    """The language of the page."""
    return language(str(get_locale() or "zh_Hans_CN"))


def done(words: str, endpoint: str, **values: Any) -> ResponseReturnValue:
    """Say what was done and go on to a page of this client."""
    flash(words, "success")
    return redirect(url_for(endpoint, slug=g.tenant.slug, **values), 303)
