"""Service Desk: one desk for the engineer who keeps the ERP systems of several small companies alive."""

import gc
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from service_desk.config import Config, load_config

if TYPE_CHECKING:
    from flask import Flask

# Every package that has pages; a new one is one line here.
PAGES = (
    "accounts",
    "tenants",
    "sla",
    "checks",
    "safeguards",
    "alerts",
    "tickets",
    "worklog",
    "knowledge",
    "estate",
    "billing",
    "papers",
    "handover",
    "portal",
    "web",
    "running",
)


STATIC = Path(__file__).parent / "web" / "static"


def _content() -> str:
    """A mark of everything under static: it stands in the address, so that browsers may keep a file for ever."""
    digest = hashlib.sha256()
    for path in sorted(path for path in STATIC.rglob("*") if path.is_file()):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


@contextmanager
def arriving(*, to_stay: bool = False) -> Iterator[None]:
    """While a program loads, nothing of it is garbage; looking for some again and again took a seventh of the start.

    `to_stay`: a whole process is made of it. Nobody looks through it later either, a process forked from this one does
    not copy it for that, and the end does not take it apart piece by piece.
    """
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if to_stay:
            gc.freeze()
        if was:
            gc.enable()


def load_pages() -> list[ModuleType]:
    """The views of every package that has pages."""
    with arriving():
        return [import_module(f"service_desk.{package}.views") for package in PAGES]


def create_app(config: Config | None = None, **overrides: Any) -> "Flask":
    """The application, for any WSGI server. Settings come from the environment unless given."""
    with arriving():
        return _create(config or load_config(), overrides)


def _create(desk: Config, overrides: dict[str, Any]) -> "Flask":
    from flask import Flask  # noqa: PLC0415 - not every program of this package serves pages

    from service_desk.lib.addresses import LateRule  # noqa: PLC0415
    from service_desk.web.shell import install  # noqa: PLC0415 - the shell imports this package's name

    app = Flask(__name__, static_folder="web/static", static_url_path=f"/static/{_content()}", template_folder=None)
    app.url_rule_class = LateRule
    app.config.update(
        DESK=desk,
        SECRET_KEY=desk.secret_key,
        SESSION_COOKIE_NAME="__Host-desk" if desk.secure else "desk",
        SESSION_COOKIE_SECURE=desk.secure,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        PREFERRED_URL_SCHEME="https" if desk.secure else "http",
        TRUSTED_HOSTS=[desk.host.partition(":")[0]],
        MAX_CONTENT_LENGTH=12 * 1024 * 1024,
        MAX_FORM_MEMORY_SIZE=2 * 1024 * 1024,
        **overrides,
    )
    install(app)
    for views in load_pages():
        for blueprint in views.BLUEPRINTS:
            app.register_blueprint(blueprint)
    return app
