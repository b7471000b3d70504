"""Where a client's jobs report: `/ping/<key>`, with /start, /fail, /log or an exit code, and a log as the body."""

import json
import re
import sys

from flask import Response, abort, request
from redis.exceptions import RedisError

from service_desk.checks.operations.heartbeats import key_hash
from service_desk.checks.pushed import Garbage, metrics_from
from service_desk.checks.views.pages import now, pings
from service_desk.jobs import ring
from service_desk.scope import gate

BODY_LIMIT = 10_000
KEY = re.compile(r"[A-Za-z0-9_-]{20,64}\Z")
RUN = re.compile(r"[A-Za-z0-9_-]{1,64}\Z")
METHODS = ("GET", "HEAD", "POST")


@pings.route("/ping/<key>", methods=METHODS)
def success(key: str) -> Response:
    """The job went well."""
    return taken(key, "success", None)


@pings.route("/ping/<key>/<any(start, fail, log):word>", methods=METHODS)
def word(key: str, word: str) -> Response:
    """The job starts, failed, or only has something to say."""
    return taken(key, word, None)


@pings.route("/ping/<key>/<int:code>", methods=METHODS)
def exit_code(key: str, code: int) -> Response:
    """The job ended with this exit code; 0 means that it went well."""
    if code > 255:
        abort(404)
    return taken(key, "fail" if code else "success", code)


def taken(key: str, kind: str, code: int | None) -> Response:
    """Keep one sign of life in one short transaction; an unknown key is not there."""
    run = request.args.get("rid")
    if not KEY.match(key) or (run is not None and not RUN.match(run)):
        abort(404)
    body, cut = log_text()
    metrics, odd = numbers(body, cut)
    found = gate(
        "gate_heartbeat",
        p_key=key_hash(key),
        p_kind=kind,
        p_exit=code,
        p_mark=run,
        p_body=body,
        p_cut=cut,
        p_method=request.method,
        p_now=now(),
        p_metrics=metrics,
    )
    if not found:
        abort(404)
    if found[0].word == "too_often":
        return answer("Too often, not kept", 429)
    if found[0].job_id is not None:
        told(found[0].job_id)
    said = odd and f"OK, but not the numbers: {odd}"
    return answer(said or (f"OK, cut to {BODY_LIMIT} bytes" if cut else "OK"), 200)


def log_text() -> tuple[str, bool]:
    """What was sent along, as text of at most 10,000 bytes, and whether it was longer."""
    if request.method != "POST":
        return "", False
    # However much is sent, only what is kept is read.
    request.max_content_length = sys.maxsize
    data = request.stream.read(BODY_LIMIT + 1)
    text = data[:BODY_LIMIT].decode("utf-8", errors="replace").replace("\x00", "\ufffd")
    return text, len(data) > BODY_LIMIT


def numbers(body: str, cut: bool) -> tuple[str | None, str]:
    """The numbers of a body that is JSON, ready for the gate, and what is wrong with them; a log has none.

    A sign of life is kept whatever is wrong with what came along.
    """
    if not request.is_json or not body:
        return None, ""
    try:
        return json.dumps(metrics_from(json.loads(body)), allow_nan=False), ""
    except Garbage as garbage:
        return None, str(garbage)
    except (ValueError, RecursionError):
        return None, "too long" if cut else "this is not JSON"


def told(job_id: int) -> None:
    """Ring for the worker; when nobody hears it, the clock rings again."""
    try:
        ring("heartbeat", job_id)
    except RedisError:
        return


def answer(text: str, status: int) -> Response:
    """Plain text; the limit is told in a header, as senders know it."""
    return Response(text, status, mimetype="text/plain", headers={"Ping-Body-Limit": str(BODY_LIMIT)})
