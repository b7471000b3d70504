"""The rows of signing in, one's own pages, the practice's settings, and the choices of language and theme."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select

from service_desk.accounts.models import Person, WebSession
from service_desk.accounts.operations import second_factor
from service_desk.accounts.operations.sessions import Browser, begin, load_person
from service_desk.scope import person_scope, session
from tests.accounts.people import PASSWORD, give_password_to_ada, shown
from tests.walls.matrix import Row
from tests.world import World

OWNER = ("owner",)
LETTERHEAD = {"name": "Practice", "time_zone": "Asia/Shanghai", "language": "en", "currency": "CNY"}


def _another_session(world: World) -> dict[str, Any]:
    with person_scope(world.ada.id):
        person = session().get_one(Person, world.ada.id)
        begin(person, Browser("192.0.2.1", "another"), person.created_at, second_factor=True)
    with person_scope(world.ada.id, read_only=True):
        return {"session_id": session().scalars(select(WebSession.id).order_by(WebSession.id.desc())).first()}


def _started(world: World) -> dict[str, Any]:
    with person_scope(world.ada.id):
        person = load_person(world.ada.id)
        second_factor.start(person)
        secret = second_factor.pending_secret(person)
        assert secret is not None
        return {"code": shown(secret)}


def _enrolled(world: World) -> dict[str, Any]:
    code = _started(world)["code"]
    with person_scope(world.ada.id):
        here = session().scalars(select(WebSession.id)).one()
        person = load_person(world.ada.id)
        second_factor.finish(person, code, here, datetime.now(UTC))
    return {}


def _new_password(world: World) -> dict[str, Any]:
    give_password_to_ada(world)
    return {"current": PASSWORD, "password": "seven brown hens in the barn"}


def _proof(world: World) -> dict[str, Any]:
    give_password_to_ada(world)
    return {"proof": PASSWORD, "confirm_for": "/settings"}


def _no_token(_world: World) -> dict[str, Any]:
    return {"token": "made-up"}


ROWS: dict[str, Row | tuple[Row, ...]] = {
    "accounts.sign_in": (Row("public"), Row("public", "POST", status=(422,))),
    "accounts.give_code": (Row("public"), Row("public", "POST")),
    "accounts.go_home": Row("public"),
    "accounts.sign_out": Row("public", "POST"),
    "accounts.forgotten": (
        Row("public"),
        Row("public", "POST", data=lambda world: {"email": world.ada.email}),
    ),
    "accounts.reset": (
        Row("public", values=_no_token, status=(404,)),
        Row("public", "POST", values=_no_token, status=(404,)),
    ),
    "accounts.confirm": (Row("person"), Row("person", "POST", data=_proof)),
    "accounts.profile_page": Row("person"),
    "accounts.change_profile": Row(
        "person", "POST", data=lambda _: {"name": "Ada L.", "language": "en", "theme": "dark"}
    ),
    "accounts.password": (Row("person"), Row("person", "POST", data=_new_password)),
    "accounts.end_session": Row("person", "POST", values=_another_session),
    "accounts.second_factor": Row("person"),
    "accounts.start_second_factor": Row("person", "POST"),
    "accounts.finish_second_factor": Row("person", "POST", data=_started),
    "accounts.renew_codes": Row("person", "POST", data=_enrolled),
    "accounts.remove_second_factor": Row("person", "POST", data=_enrolled, status=(409,)),
    "accounts.draft": Row("person", query="?place=reply/1"),
    "accounts.keep_draft": Row("person", "POST", data=lambda _: {"text": "half a reply"}, query="?place=reply/1"),
    "settings.letterhead": Row("practice", roles=OWNER),
    "settings.change_letterhead": Row("practice", "POST", data=lambda _: LETTERHEAD, roles=OWNER),
    "settings.audit_page": Row("practice", roles=OWNER),
    "settings.verify_audit": Row("practice", "POST", roles=OWNER),
    "web.set_language": Row("public", "POST", data=lambda _: {"language": "en"}),
    "web.set_theme": Row("public", "POST", data=lambda _: {"theme": "dark"}),
}
