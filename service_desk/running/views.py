"""What a monitor asks: does the process answer, and is the installation sound."""

import time
from datetime import UTC, datetime
from http import HTTPStatus

from flask import Blueprint, current_app
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from service_desk.checks.catalog import CATALOG
from service_desk.checks.finding import PulseRecord, Seen, Settings
from service_desk.checks.models import EnginePulse
from service_desk.checks.reading import sentence_of
from service_desk.running.doctor import readiness
from service_desk.scope import person_scope, session

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
    seen = current_app.extensions.get("readiness")
    if seen is None or time.monotonic() - seen[0] > FRESH:
        seen = (time.monotonic(), readiness(current_app.config["DESK"]))
        current_app.extensions["readiness"] = seen
    status = HTTPStatus.OK if seen[1] == "ready" else HTTPStatus.SERVICE_UNAVAILABLE
    return f"{seen[1]}\n", status, {"Content-Type": "text/plain"}


@blueprint.get("/watchz")
def watchz() -> ResponseReturnValue:
    """Our own watch goes round; else 503 and since when not. A second monitor somewhere else asks this."""
    check = CATALOG["self.scheduler"]
    with person_scope(0, read_only=True):
        rows = session().execute(select(EnginePulse.name, EnginePulse.beat_at, EnginePulse.waiting_since)).all()
    pulses = tuple(PulseRecord(name=name, beat_at=beat, waiting_since=waiting) for name, beat, waiting in rows)
    (found,) = check.judge(Seen(own=pulses), Settings(warn=check.warn, crit=check.crit), datetime.now(UTC))
    said = sentence_of(check.key, found.state, {**found.params, "wording": found.wording}, "", "en")
    status = HTTPStatus.SERVICE_UNAVAILABLE if found.state == "crit" else HTTPStatus.OK
    return f"{said}\n", status, {"Content-Type": "text/plain"}
