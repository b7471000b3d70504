"""How often somebody may try, kept in Redis; when Redis is away each process counts for itself and sign-in still works.

A victim cannot be locked out by somebody else's failures: what counts strictly is address and e-mail together. Over all
addresses an e-mail has a wide limit, and a browser that has signed in with this e-mail before is not held by it.
"""

import hashlib
import math
import time
from collections.abc import Callable
from typing import Any

from flask import Flask, current_app, g, request, session
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from itsdangerous import BadSignature, URLSafeSerializer
from limits.storage import RedisStorage
from werkzeug import Response

from service_desk.accounts.emails import tidy

KNOWN = "known"
YEAR = 365 * 24 * 3600
View = Callable[..., Any]
RedisStorage.DEPENDENCIES = {"redis": RedisStorage.DEPENDENCIES["redis"]}  # Else Valkey's client is imported as well.
limiter = Limiter(get_remote_address, headers_enabled=False, in_memory_fallback_enabled=True, strategy="moving-window")


def install(app: Flask) -> None:
    """Count in the Redis of the settings. Only the proxies named there decide what a visitor's address is."""
    url = app.config["DESK"].redis_url
    app.config["RATELIMIT_STORAGE_URI"] = url.replace("unix://", "redis+unix://", 1) if url.startswith("unix:") else url
    app.config["RATELIMIT_STORAGE_OPTIONS"] = {"socket_connect_timeout": 1, "socket_timeout": 1}
    limiter.init_app(app)


def typed_email() -> str:
    """The e-mail this form is about."""
    return tidy(request.form.get("email", ""))


def under_way() -> str:
    """Whose half-done sign-in or session this is; the form has no say in it."""
    return str(session.get("email") or session.get("token") or "")


def tries(what: str, subject: Callable[[], str]) -> Callable[[View], View]:
    """The limits of a form that proves who somebody is (`subject`); only failures (see `failed`) are counted."""

    def limited(view: View) -> View:
        for rate, key, spared in (
            ("10 per 15 minutes", lambda: f"{what}:{_mark(subject())}@{get_remote_address()}", None),
            ("100 per hour", lambda: f"{what}:{_mark(subject())}", lambda: is_known_browser(subject())),
        ):
            view = limiter.limit(rate, key_func=key, methods=["POST"], deduct_when=_failed, exempt_when=spared)(view)
        return limiter.limit("60 per minute; 600 per hour", methods=["POST"])(view)

    return limited


def posts(rate: str, key: Callable[[], str] = get_remote_address) -> Callable[[View], View]:
    """A limit on how often a form may be sent from one address, or by another key."""
    return limiter.limit(rate, key_func=key, methods=["POST"])


def email_key() -> str:
    """A limit's key for one e-mail from one address."""
    return f"{_mark(typed_email())}@{get_remote_address()}"


def sender() -> str:
    """A limit's key for the person who acts."""
    return f"person:{g.access.person_id}"


def seconds_to_wait() -> int:
    """How long until the limit that was just met takes another attempt; a minute where the count was lost."""
    met = limiter.current_limit
    return max(1, math.ceil(met.reset_at - time.time())) if met is not None else 60


def failed() -> None:
    """This attempt proved nothing: count it."""
    g.attempt_failed = True


def _failed(_response: Response) -> bool:
    return bool(getattr(g, "attempt_failed", False))


def _mark(email: str) -> str:
    # Redis is told which attempts belong together, not whose they are.
    return hashlib.sha256(email.encode()).hexdigest()[:24]


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.secret_key or "", salt="known-browser")


def is_known_browser(email: str) -> bool:
    """True when this browser has signed in with this e-mail before."""
    try:
        known = _signer().loads(request.cookies.get(KNOWN, ""))
    except BadSignature:
        return False
    return isinstance(known, list) and _mark(email) in known


def remember_browser(response: Response, email: str) -> None:
    """Mark the browser as one that this e-mail has signed in with; it keeps the last five."""
    try:
        known = _signer().loads(request.cookies.get(KNOWN, ""))
    except BadSignature:
        known = []
    marks = [_mark(tidy(email)), *(mark for mark in known if mark != _mark(tidy(email)))][:5]
    secure = current_app.config["SESSION_COOKIE_SECURE"]
    response.set_cookie(KNOWN, str(_signer().dumps(marks)), YEAR, httponly=True, secure=secure, samesite="Lax")
