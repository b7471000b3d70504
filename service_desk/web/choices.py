"""Language and theme, chosen on any page by whoever looks at it; kept for the person when one is signed in."""

from urllib.parse import urlsplit

from flask import Blueprint, redirect, request, session
from flask.typing import ResponseReturnValue

from service_desk.accounts import limits
from service_desk.accounts.access import who
from service_desk.accounts.operations.profile import change_profile
from service_desk.accounts.paths import safe_path
from service_desk.scope import person_scope

CHOICES = {"language": ("zh_Hans_CN", "en"), "theme": ("auto", "light", "dark")}


def install(web: Blueprint) -> None:
    """Add both routes to the blueprint of the shell."""
    web.add_url_rule("/language", "set_language", set_language, methods=["POST"])
    web.add_url_rule("/theme", "set_theme", set_theme, methods=["POST"])


def set_language() -> ResponseReturnValue:
    """Chinese or English, from here on."""
    _keep("language")
    return redirect(_back(), 303)


def set_theme() -> ResponseReturnValue:
    """Light, dark, or as the machine says; the cookie is what a script on the page writes as well."""
    chosen = _keep("theme")
    response = redirect(_back(), 303)
    response.set_cookie("theme", chosen, limits.YEAR, samesite="Lax")
    return response


def theme() -> str:
    """The theme of this browser: the cookie, which a script may have written, else what the person once chose."""
    chosen = request.cookies.get("theme") or session.get("theme")
    return str(chosen) if chosen in CHOICES["theme"] else "auto"


def _keep(what: str) -> str:
    chosen = request.form.get(what, "")
    if chosen not in CHOICES[what]:
        return str(session.get(what, CHOICES[what][0]))
    session[what] = chosen
    if (access := who()) is not None:
        with person_scope(access.person_id):
            change_profile(access.person_id, **{what: chosen})
    return chosen


def _back() -> str:
    """The page the form stood on, when it is one of ours."""
    came_from = urlsplit(request.referrer or "")
    if came_from.netloc != request.host:
        return "/home"
    return safe_path(came_from.path + (f"?{came_from.query}" if came_from.query else ""), "/home")
