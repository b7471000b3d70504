"""Where agents and collector scripts report: `/agent/v1/enrol`, `/due`, `/push`, and `/push/<key>`. JSON in and out.

Who speaks is found by the hash of a token, before any client is known; what is not right is refused with words.
"""

import hashlib
import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import wraps
from typing import Any, NoReturn, cast

from flask import Response, jsonify, request
from sqlalchemy import Row
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from connectors.agent.build import build
from service_desk.accounts.limits import limiter
from service_desk.checks import operations, pushed
from service_desk.checks.operations import scripts
from service_desk.checks.operations.agents import Told, agent_of
from service_desk.checks.pushed import Garbage
from service_desk.checks.views.pages import now, reports
from service_desk.scope import Actor, gate, session, tenant_scope
from service_desk.tenants.models import SiteAgent, Tenant
from service_desk.tenants.operations import agents as enrolment

LARGEST = 4 * 1024 * 1024
SMALL = 64 * 1024
EVERY_S = 60
GUESSES = "120 per minute"  # tokens and keys that are not known, from one address
PUSH_ID = re.compile(r"[A-Za-z0-9_-]{8,64}\Z")
KEY = re.compile(r"[A-Za-z0-9_-]{20,64}\Z")
View = Callable[..., Response]


class Said(Exception):
    """An answer other than yes: status, and words for whoever reads the log at the client's."""

    def __init__(self, status: int, words: str) -> None:
        super().__init__(words)
        self.status, self.words = status, words


def endpoint(
    rule: str, limit: str, key: Callable[[], str], counts: Callable[[Response], bool] | None = None
) -> Callable[[View], View]:
    """Register a POST that answers JSON, also when it refuses, so often for one key; `counts` says which answers do."""

    def register(view: View) -> View:
        @wraps(view)
        def answered(**values: str) -> Response:
            try:
                return view(**values)
            except Said as said:
                return refused(said.status, said.words)
            except Garbage as garbage:
                return refused(422, str(garbage))
            except RequestEntityTooLarge:
                return refused(413, "this is more than is taken at once")

        often, guarded = "too often; try again later", cast("View", answered)
        for rate, of, which in ((limit, key, counts), (GUESSES, by_address, lambda it: it.status_code in (401, 404))):
            limited = limiter.limit(rate, key_func=of, deduct_when=which, on_breach=lambda _: refused(429, often))
            guarded = limited(guarded)
        reports.add_url_rule(rule, view.__name__, guarded, methods=["POST"])
        return guarded

    return register


def refused(status: int, words: str) -> Response:
    """No, and why."""
    answer = jsonify(error=words)
    answer.status_code = status
    return answer


@reports.errorhandler(HTTPException)
def told(error: HTTPException) -> Response:
    """Whatever else goes wrong here is told to a program, not to a person."""
    return refused(error.code or 500, error.name)


def body(most: int) -> dict[str, Any]:
    """The JSON that was sent, at most so many bytes of it. Raises Said or RequestEntityTooLarge."""
    request.max_content_length = most
    data = request.get_data()
    try:
        found = json.loads(data, parse_constant=_no_number)
    except (ValueError, RecursionError):
        raise Said(422, "this is not JSON") from None
    if not isinstance(found, dict) or found.get("v") != 1:
        raise Said(422, "this is not a message of version 1")
    return found


def _no_number(_name: str) -> NoReturn:
    raise ValueError


def token() -> str:
    """The bearer's token, or nothing."""
    kind, _, found = request.headers.get("Authorization", "").partition(" ")
    return found.strip() if kind == "Bearer" else ""


def by_token() -> str:
    """A limit's key: the token's mark, which says nothing about it. Without one, the address."""
    return f"agent:{hashlib.sha256(token().encode()).hexdigest()[:24]}" if token() else by_address()


def by_address() -> str:
    """A limit's key: where the question came from."""
    return f"report:{request.remote_addr}"


def speaker() -> Row[Any]:
    """Whose token this is: ids of the agent and its client. Raises Said 401; nothing of the message is read before."""
    found = gate("gate_agent", p_token=enrolment.hashed(token())) if token() else ()
    if not found:
        raise Said(401, "this token is not known: the agent was revoked, or another took its place")
    return found[0]


@contextmanager
def acting(who: Row[Any]) -> Iterator[SiteAgent]:
    """The scope of the agent's client, as that agent, which is held. Raises Said 401 when it was revoked meanwhile."""
    with tenant_scope(who.tenant_id, Actor("agent", f"agent {who.agent_id}", "none")):
        agent = agent_of(who.agent_id)
        if agent.revoked_at is not None:
            raise Said(401, "this agent was revoked")
        yield agent


def words(data: dict[str, Any], name: str, most: int = 200) -> str:
    """A text of the message, tidy and short. Raises Garbage."""
    found = data.get(name, "")
    if not isinstance(found, str):
        raise Garbage(f"{name} is not a text")
    return "".join(letter for letter in found if letter.isprintable())[:most]


def number(data: dict[str, Any], name: str) -> int:
    """A count of the message. Raises Garbage."""
    found = data.get(name, 0)
    if not isinstance(found, int) or isinstance(found, bool) or not 0 <= found < 2**31:
        raise Garbage(f"{name} is not a count")
    return found


def ahead(data: dict[str, Any]) -> timedelta:
    """How much the sender's clock is ahead of ours. Raises Garbage."""
    return pushed.moment(data.get("sent_at"), "sent_at") - now()


@endpoint("/agent/v1/enrol", "10 per minute; 60 per hour", by_address, lambda answer: answer.status_code == 403)
def enrol() -> Response:
    """Trade a code for a token. Every wrong code gets the same answer."""
    data = body(SMALL)
    code, version, platform = enrolment.tidy_code(words(data, "code")), words(data, "version"), words(data, "platform")
    found = gate("gate_agent_code", p_code=enrolment.hashed(code), p_now=now())
    if found:
        with tenant_scope(found[0].tenant_id, Actor("agent", "new agent", "none")):
            made = enrolment.enrol(found[0].code_id, version=version, platform=platform, now=now())
            if made is not None:
                agent, fresh = made
                client = session().get_one(Tenant, found[0].tenant_id).name
                answer = jsonify(v=1, agent=agent.id, name=agent.name, client=client, token=fresh)
                answer.status_code = 201
                return answer
    raise Said(403, "this code is not known, was used, or is older than half an hour: get a new one from the desk")


@endpoint("/agent/v1/due", "60 per minute", by_token)
def due() -> Response:
    """What is due for this agent; with it, it says how it stands."""
    who, data, at = speaker(), body(SMALL), now()
    told = Told(
        version=words(data, "version"),
        platform=words(data, "platform"),
        waiting=number(data, "waiting"),
        dropped=number(data, "dropped"),
        ahead=ahead(data) if "sent_at" in data else None,
    )
    with acting(who) as agent:
        operations.heard(agent, told, at)
        connections = operations.due_for(agent, at)
    return jsonify(v=1, now=at.isoformat(), every_s=EVERY_S, version=build()[1], connections=connections)


@endpoint("/agent/v1/push", "600 per minute", by_token)
def push() -> Response:
    """Take what an agent saw of one connection. Handed over twice, it is taken once."""
    who, data, at = speaker(), body(LARGEST), now()
    push_id, connection_id = identity(data), number(data, "connection")
    looks = pushed.looks_from(data["looks"], at, ahead(data)) if "looks" in data else []
    steps = pushed.steps_from(data["steps"]) if "steps" in data else []
    with acting(who) as agent:
        operations.heard(agent, None, at)
        outcome = operations.taken(agent, connection_id, push_id, at, looks=looks, steps=steps)
    if outcome == "not_yours":
        raise Said(404, "this agent does not read such a connection")
    return jsonify(v=1, taken=outcome == "taken", now=at.isoformat())


def identity(data: dict[str, Any]) -> str:
    """The id that the sender gave its push. Raises Garbage."""
    found = data.get("id")
    if not isinstance(found, str) or not PUSH_ID.match(found):
        raise Garbage("id must be 8 to 64 letters and digits")
    return found


@endpoint("/push/<key>", "30 per minute", lambda: f"push:{hashlib.sha256(request.path.encode()).hexdigest()[:24]}")
def script(key: str) -> Response:
    """Take what a collector script saw of the one connection its key is for."""
    found = gate("gate_push_key", p_key=enrolment.hashed(key)) if KEY.match(key) else ()
    if not found:
        raise Said(404, "this address is not known")
    data, at = body(SMALL * 8), now()
    push_id = identity(data)
    looks = pushed.looks_from(data.get("looks"), at, ahead(data))
    with tenant_scope(found[0].tenant_id, Actor("script", f"script {found[0].key_id}", "none")):
        kept = scripts.taken(found[0].key_id, push_id, looks, at)
    return jsonify(v=1, taken=kept)
