"""What a monitor asks: does the process answer, and is the installation sound."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from http import HTTPStatus
from typing import TypeVar, cast

from flask import Blueprint, current_app
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from service_desk.checks.catalog import CATALOG
from service_desk.checks.finding import PulseRecord, Seen, Settings
from service_desk.checks.models import EnginePulse
from service_desk.checks.reading import sentence_of
from service_desk.running.doctor import readiness
from service_desk.scope import person_scope, session

Answer = TypeVar("Answer")
blueprint = Blueprint("running", __name__)
BLUEPRINTS = (blueprint,)
FRESH = 5.0  # seconds for which an answer is given again, so that asking often costs nothing


@blueprint.get("/healthz")
def healthz() -> ResponseReturnValue:
    """The process answers."""
    return "ok\n", HTTPStatus.OK, {"Content-Type": "text/plain"}


@blueprint.get("/readyz")
def readyz() -> ResponseReturnValue:
    """Walls, logins and keys are as they must be; else 503 and the short reason."""
    said = _kept("readiness", lambda: readiness(current_app.config["DESK"]))
    return _told(said, well=said == "ready")


@blueprint.get("/watchz")
def watchz() -> ResponseReturnValue:
    """Our own watch goes round; else 503 and since when not. A second monitor somewhere else asks this."""
    said, state = _kept("watch", _watch)
    return _told(said, well=state != "crit")


def _watch() -> tuple[str, str]:
    """One sentence on our own watch, and how grave it is."""
    check = CATALOG["self.scheduler"]
    with person_scope(0, read_only=True):
        rows = session().execute(select(EnginePulse.name, EnginePulse.beat_at, EnginePulse.waiting_since)).all()
    pulses = tuple(PulseRecord(name=name, beat_at=beat, waiting_since=waiting) for name, beat, waiting in rows)
    (found,) = check.judge(Seen(own=pulses), Settings(warn=check.warn, crit=check.crit), datetime.now(UTC))
    return sentence_of(check.key, found.state, {**found.params, "wording": found.wording}, "", "en"), found.state


def _kept(name: str, ask: Callable[[], Answer]) -> Answer:
    """The answer, asked for again when it is no longer fresh: anybody may ask, and the database is not to notice."""
    asked_at, answer = current_app.extensions.get(name, (None, None))
    if asked_at is None or time.monotonic() - asked_at > FRESH:
        answer = ask()
        current_app.extensions[name] = (time.monotonic(), answer)
    return cast("Answer", answer)


def _told(said: str, *, well: bool) -> ResponseReturnValue:
    status = HTTPStatus.OK if well else HTTPStatus.SERVICE_UNAVAILABLE
    return f"{said}\n", status, {"Content-Type": "text/plain"}
