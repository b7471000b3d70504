"""The blueprint of a person's own pages, and what their views share."""

from datetime import UTC, datetime

from flask import g, redirect, request, session, url_for
from flask_babel import get_locale
from werkzeug import Response

from service_desk.accounts import limits
from service_desk.accounts.access import Access
from service_desk.accounts.blueprints import PersonBlueprint
from service_desk.accounts.browsers import browser_name
from service_desk.accounts.labels import role_hint, role_label
from service_desk.accounts.operations.sessions import Browser, SignedIn
from service_desk.audit.words import act_label
from service_desk.lib.clock import language, show_time

accounts = PersonBlueprint("accounts", __name__, template_folder="../templates")


def browser() -> Browser:
    """The browser that sends this request."""
    return Browser(request.remote_addr or "", request.user_agent.string)


def now() -> datetime:
    """The moment a view passes down."""
    return datetime.now(UTC)


def frame() -> str:
    """The frame around a person's own pages: the desk for its people, else a quiet page."""
    return "web/desk.html" if g.access.desk() else "web/sign.html"


def carry(signed_in: SignedIn, email: str, target: str) -> Response:
    """Put a new session into the browser and go on; nothing of an earlier session stays in the cookie."""
    session.clear()
    session.update(token=signed_in.token, name=signed_in.name, language=signed_in.language, theme=signed_in.theme)
    session.permanent = True
    response = redirect(target, 303)
    response.set_cookie("theme", signed_in.theme, limits.YEAR, samesite="Lax")
    limits.remember_browser(response, email)
    return response


def home(access: Access | None) -> str:
    """Where somebody starts: the desk, their company's pages, or, belonging nowhere, their own page."""
    if access is None:
        return url_for("accounts.sign_in")
    if access.desk():
        return "/"
    for place in access.places:
        return f"/t/{place.slug}/" if place.role == "successor" else f"/portal/{place.slug}/"
    return url_for("accounts.profile_page")


@accounts.app_template_global("moment")
def moment(at: datetime | None) -> str:
    """A moment as pages show it, on the client's wall clock inside a client."""
    if at is None:
        return "—"
    zone = g.tenant.time_zone if g.get("tenant") is not None else "Asia/Shanghai"
    return show_time(at, zone, language(str(get_locale() or "zh_Hans_CN")))


accounts.add_app_template_global(act_label, "act")
accounts.add_app_template_global(browser_name)
accounts.add_app_template_global(role_label)
accounts.add_app_template_global(role_hint)
