"""The rows of safeguards: plans, drills, reviews, rounds, and what the client sees and signs."""

from typing import Any

from sqlalchemy import select

from service_desk.safeguards.models import AccessReview, RestoreDrill
from service_desk.safeguards.operations import drills, plans, reviews, rounds
from service_desk.scope import session
from tests.safeguards import given
from tests.tickets.matrix import SEE_ALL, STAFF, act, page
from tests.tickets.test_operations import desk
from tests.walls.matrix import CLIENT, Row
from tests.world import World

MANAGE = ("owner", "engineer")
Values = dict[str, Any]
PLAN = {"scope": "database", "subject": "NEW_DB", "backup_type": "log", "every": "15 min", "medium": "local"}


def _only(key: str, made: Any) -> Any:
    return lambda world: {key: made(world)[key]}


def _drill(make: Any) -> Any:
    return _only("drill_id", make)


def _copy(world: World) -> Values:
    with desk(world):
        copy = plans.save_copy(None, {"name": "NAS", "medium": "offsite", "device": "nas"}, given.NOW)
        return {"copy_id": copy.id}


def _connected(world: World) -> Values:
    with desk(world):
        erp = given.connection()
        given.seen_backups(erp.id)
        world.kept["connection_id"] = erp.id
    return {}


def _new_plan(world: World) -> Values:
    return {**PLAN, "connection_id": world.kept["connection_id"], "heartbeat_id": 0}


def _edited(world: World) -> Values:
    ids = given.planned(world)
    world.kept["connection_id"] = ids["connection_id"]
    return {"plan_id": ids["plan_id"]}


def _without_drill(world: World) -> Values:
    ids = given.planned(world)
    with desk(world):
        drills.call_off(session().scalars(select(RestoreDrill)).one(), "x")
    world.kept["plan"] = ids["plan_id"]
    return {}


def _evidence(world: World) -> Values:
    ids = given.held(world)
    return {"drill_id": ids["drill_id"], "file_id": ids["file_id"]}


def _done(world: World) -> Values:
    ids = given.running(world)
    with desk(world):
        drill = session().get_one(RestoreDrill, (world.a.id, ids["drill_id"]))
        for step in drills.steps_of(drill):
            drills.set_step(drill, step.position, "done", "", given.NOW)
        drills.save_facts(drill, {}, [{"table": "GL_accvouch", "expected": 120, "found": 120}])
    return {"drill_id": ids["drill_id"]}


def _looking(world: World) -> Values:
    with desk(world):
        return {"review_id": reviews.request_review(given.NOW).id}


def _finding(world: World) -> Values:
    return given.reviewed(world)


def _decided(world: World) -> Values:
    ids = given.reviewed(world)
    with desk(world):
        review = session().get_one(AccessReview, (world.a.id, ids["review_id"]))
        for one in reviews.findings_of(review):
            reviews.decide(review, one.id, "revoke", "", given.NOW)
    return {"review_id": ids["review_id"]}


def _signed(world: World) -> Values:
    return {"review_id": given.reviewed(world, sign=True)["review_id"]}


def _exported(world: World) -> Values:
    return {**_signed(world), "ending": "xlsx"}


def _template(world: World) -> Values:
    with desk(world):
        return {"template_id": rounds.make_templates("en", given.NOW)[0].id}


def _form(**fields: Any) -> Any:
    return lambda _world: fields


_begun, _held = _only("round_id", given.begun), _drill(given.held)
COPY = {"name": "NAS", "medium": "offsite", "device": "nas", "heartbeat_id": 0}
TEMPLATE = {"name": "Quarterly", "rhythm": "monthly", "groups": ["data"], "manual": "Look at the UPS"}

ROWS: dict[str, Row | tuple[Row, ...]] = {
    "safeguards.index": page(_connected),
    "safeguards.accept_proposals": act(_connected, _form()),
    "safeguards.create_plan": (page(_connected), act(_connected, _new_plan)),
    "safeguards.edit_plan": (page(_edited), act(_edited, _new_plan)),
    "safeguards.archive_plan": act(_edited, _form()),
    "safeguards.create_copy": (
        Row("tenant", roles=STAFF),
        Row("tenant", "POST", data=_form(**COPY), roles=STAFF),
    ),
    "safeguards.edit_copy": (
        page(_copy),
        act(_copy, _form(name="Tape", medium="offsite", device="tape", heartbeat_id=0)),
    ),
    "safeguards.confirm_copy": act(_copy, _form()),
    "safeguards.archive_copy": act(_copy, _form()),
    "safeguards.drills": Row("tenant", roles=STAFF),
    "safeguards.plan_drill": act(_without_drill, lambda world: {"plan_id": world.kept["plan"], "due_on": "2026-12-01"}),
    "safeguards.drill": page(_held),
    "safeguards.start_drill": act(_drill(given.planned), _form()),
    "safeguards.set_step": act(lambda world: {**_drill(given.running)(world), "position": 1}, _form(state="done")),
    "safeguards.save_facts": act(_drill(given.running), _form(backup_file="x.bak", table="t", expected="1", found="1")),
    "safeguards.add_evidence": act(_drill(given.running), _form()),
    "safeguards.evidence": page(_evidence),
    "safeguards.finish_drill": act(_done, _form()),
    "safeguards.call_off_drill": act(_drill(given.planned), _form(reason="month end")),
    "safeguards.reviews": Row("tenant", roles=STAFF),
    "safeguards.start_review": Row("tenant", "POST", roles=MANAGE),
    "safeguards.review": page(_only("review_id", given.reviewed)),
    "safeguards.review_progress": page(_looking),
    "safeguards.decide": Row(
        "tenant", "POST", values=_finding, data=_form(decision="keep", reason="agreed"), roles=MANAGE
    ),
    "safeguards.sign_review": Row("tenant", "POST", values=_decided, roles=MANAGE),
    "safeguards.call_off_review": Row("tenant", "POST", values=_looking, roles=MANAGE),
    "safeguards.export_review": page(_exported),
    "safeguards.rounds": Row("tenant", roles=STAFF),
    "safeguards.make_templates": Row("tenant", "POST", roles=STAFF),
    "safeguards.create_template": (
        Row("tenant", roles=STAFF),
        Row("tenant", "POST", data=_form(**TEMPLATE), roles=STAFF),
    ),
    "safeguards.edit_template": (page(_template), act(_template, _form(**TEMPLATE))),
    "safeguards.archive_template": act(_template, _form()),
    "safeguards.start_round": act(_template, _form()),
    "safeguards.round": page(_begun),
    "safeguards.fill_round": act(_begun, _form(**{"state-1": "ok", "note-1": "seen"})),
    "safeguards.keep_round": act(_begun, _form(**{"state-1": "ok", "note-1": "seen"})),
    "safeguards.drop_round": act(_begun, _form()),
    "safeguards_portal.index": Row("tenant", roles=CLIENT),
    "safeguards_portal.drill": Row("tenant", values=_held, roles=CLIENT),
    "safeguards_portal.evidence": Row("tenant", values=_evidence, roles=CLIENT),
    "safeguards_portal.sign_drill": Row("tenant", "POST", values=_held, roles=SEE_ALL),
    "safeguards_portal.review": Row("tenant", values=_signed, roles=SEE_ALL),
    "safeguards_portal.sign_review": Row("tenant", "POST", values=_signed, roles=SEE_ALL),
}
