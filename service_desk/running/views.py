"""What a monitor asks: does the process answer, and is the installation sound."""

import time
from http import HTTPStatus

from flask import Blueprint, current_app
from flask.typing import ResponseReturnValue

from service_desk.running.doctor import readiness

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
