"""What every page shares: the wires of the process, languages, headers, errors and the frame's variables."""

import contextlib
from datetime import timedelta
from http import HTTPStatus
from pathlib import Path
from typing import Any

from flask import Flask, Response, current_app, g, make_response, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale
from flask_babel import gettext as _
from flask_bootstrap import Bootstrap5
from flask_wtf.csrf import CSRFError, CSRFProtect
from jinja2 import StrictUndefined
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import HTTPException, NotFound, SecurityError
from werkzeug.middleware.proxy_fix import ProxyFix

from service_desk.accounts import limits
from service_desk.accounts.keyring import Keyring
from service_desk.config import Config
from service_desk.db import make_engine
from service_desk.jobs import Bell
from service_desk.lib import clock
from service_desk.lib.errors import DeskError, NotThere
from service_desk.lib.logs import one_line_each
from service_desk.mail import Postman
from service_desk.scope import Walls
from service_desk.tenants.jobs import Reach
from service_desk.web import drawing, frame, signs
from service_desk.web.words import Speech

LANGUAGES = ("zh_Hans_CN", "en")
TRANSLATIONS = Path(__file__).resolve().parents[1] / "translations"
csrf = CSRFProtect()
# The address of our own files changes with their content, Bootstrap's only with a new version of the package.
KEPT = {"static": "public, max-age=31536000, immutable", "bootstrap.static": "public, max-age=86400"}

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; manifest-src 'self'"
)


def install(app: Flask) -> None:
    """Wire one process: engine and walls, doorbell, mail, languages, CSRF, headers, errors, the frame."""
    desk: Config = app.config["DESK"]
    connect(desk)
    if desk.trusted_proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=desk.trusted_proxies, x_proto=desk.trusted_proxies)  # type: ignore[method-assign]
    drawing.install(app)
    app.jinja_env.undefined = StrictUndefined if app.testing else app.jinja_env.undefined
    Bootstrap5(app)
    csrf.init_app(app)
    limits.install(app)
    languages(app)
    app.after_request(headers)
    app.register_error_handler(CSRFError, form_expired)
    app.register_error_handler(DeskError, told)
    app.register_error_handler(HTTPException, answered)
    app.register_error_handler(OperationalError, unreachable)
    app.context_processor(frame.variables)
    signs.install(app)


def connect(desk: Config) -> None:
    """The wires a process needs, web, worker or command line: log, database, doorbell, mail."""
    one_line_each()
    Walls.install(make_engine(desk.database_url), desk.scope_key)
    Bell.install(desk.redis_url)
    Postman.install(desk)
    Keyring.install(desk.credential_keys)
    Reach.install(desk)


def languages(app: Flask) -> None:
    """One catalogue per package, so that a feature's words stand together."""
    domains = sorted(path.stem for path in (TRANSLATIONS / "zh_Hans_CN" / "LC_MESSAGES").glob("*.po")) or ["web"]
    app.config["BABEL_DOMAIN"] = ";".join(domains)
    app.config["BABEL_TRANSLATION_DIRECTORIES"] = ";".join([str(TRANSLATIONS)] * len(domains))
    Speech(app, locale_selector=language, default_locale="zh_Hans_CN")


def language() -> str:
    """Chinese first: what the person chose, else what the browser asks for among ours, else Chinese."""
    chosen = session.get("language")
    if chosen in LANGUAGES:
        return str(chosen)
    best = request.accept_languages.best_match(["zh", "zh-CN", "zh-Hans", "en"], default="zh")
    return "en" if best == "en" else "zh_Hans_CN"


def headers(response: Response) -> Response:
    """Nothing from elsewhere runs here, nobody frames us, and a client's page is not kept by any cache."""
    response.headers.setdefault("Content-Security-Policy", CONTENT_SECURITY_POLICY)
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "same-origin"
    response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
    if current_app.config["DESK"].secure:
        response.headers["Strict-Transport-Security"] = "max-age=31536000"
    if request.endpoint in KEPT and response.status_code in (200, 206, 304):
        response.headers["Cache-Control"] = KEPT[request.endpoint]
    else:
        response.headers.setdefault("Cache-Control", "no-store")
    return response


def told(error: DeskError) -> ResponseReturnValue:
    """One of ours: its words are made for people. What is not there answers as any other missing address does."""
    if isinstance(error, NotThere):
        return answered(NotFound())
    return page(error.status, error.message, error.way_out)


def answered(error: HTTPException) -> ResponseReturnValue:
    """An HTTP answer: 401 brings people to the sign-in page and back; the others get a page in words."""
    code = error.code or 500
    if isinstance(error, SecurityError):
        return "400", code  # The host is not ours, so there is no address a page of ours could link to.
    if code == HTTPStatus.UNAUTHORIZED and request.method in ("GET", "HEAD"):
        return redirect(url_for("accounts.sign_in", next=request.full_path.rstrip("?")))
    if error.response is not None or code < HTTPStatus.BAD_REQUEST:
        return error.get_response()
    if code == HTTPStatus.TOO_MANY_REQUESTS:
        return too_many()
    words = {
        400: _("The request could not be read."),
        401: _("Please sign in first."),
        404: _("There is nothing here, or it is not yours to see."),
        405: _("This address does not take that kind of request."),
        409: _("This form was made for another client. Nothing was written."),
        413: _("That is too large."),
    }
    return page(code, words.get(code, _("Something went wrong on our side.")))


def too_many() -> ResponseReturnValue:
    """A limit was met: for how long, in words and in the header that programs read (RFC 9110 §10.2.3)."""
    wait = limits.seconds_to_wait()
    words = clock.in_words(timedelta(seconds=wait), clock.language(locale_name()))
    body = page(HTTPStatus.TOO_MANY_REQUESTS, _("Too many attempts."), _("Please try again in %(time)s.", time=words))
    answer = make_response(body)
    answer.headers["Retry-After"] = str(wait)
    return answer


def form_expired(_error: CSRFError) -> ResponseReturnValue:
    """The page was open too long, or the form was not ours."""
    return page(400, _("This form has expired. Nothing was written."), _("Go back, reload the page and send it again."))


def unreachable(_error: OperationalError) -> ResponseReturnValue:
    """The database is away for a moment; the error itself names hosts and is only logged."""
    return page(503, _("The database cannot be reached just now."), _("Please try again in a moment."))


def page(status: int, message: Any, way_out: Any = "") -> ResponseReturnValue:
    """An error as a page in words; a missing and a foreign thing look the same to the last byte."""
    g.pop("tenant", None)
    with contextlib.suppress(RuntimeError):
        words = {"title": message, "sentence": way_out, "reference": None, "back_url": None, "back_label": None}
        return render_template("web/error.html", **words), status
    return str(message), status


def locale_name() -> str:
    """`zh_Hans_CN` or `en`, as templates and papers expect it."""
    return str(get_locale() or "zh_Hans_CN")
