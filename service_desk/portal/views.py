"""The client's front page."""

from datetime import UTC, datetime

from flask import Blueprint, g, render_template
from flask.typing import ResponseReturnValue
from flask_babel import get_locale

from service_desk.lib.clock import language
from service_desk.portal.home import read
from service_desk.tenants.blueprint import TenantBlueprint

portal = TenantBlueprint("portal", __name__, face="portal", template_folder="templates")


@portal.page("/", needs="portal.read")
def home() -> ResponseReturnValue:
    """One light, plain sentences, what is open."""
    seen = read(g.tenant, datetime.now(UTC), language(str(get_locale() or "zh")))
    return render_template("portal/home.html", **vars(seen))


BLUEPRINTS: tuple[Blueprint, ...] = (portal,)
