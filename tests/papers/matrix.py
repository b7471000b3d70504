"""The rows of papers."""

from typing import Any

from service_desk.papers import operations
from tests.papers import given
from tests.safeguards import given as guards
from tests.walls.matrix import CLIENT, DESK, Row
from tests.world import World

WORK = (*DESK, "successor")
MANAGE = ("owner", "engineer")
Values = dict[str, Any]


def _waiting(world: World) -> Values:
    return {"paper_id": given.requested(world).id}


def _built(world: World) -> Values:
    with given.inside(world):
        asked = operations.request_paper("overview", "Systems", {}, given.NOW)
    return {"paper_id": given.built(world, asked.id).id}


def _held(world: World) -> Values:
    return {"kind": "drill", "subject_id": guards.held(world)["drill_id"]}


def _released(world: World) -> Values:
    values = _built(world)
    with given.inside(world):
        operations.release_paper(values["paper_id"], given.NOW)
    return values


ROWS: dict[str, Row | tuple[Row, ...]] = {
    "all_papers.index": Row("practice", roles=DESK),
    "papers.client": Row("tenant", roles=WORK),
    "papers.ask": Row("tenant", "POST", data=lambda _: {"language": "en"}, roles=WORK),
    "papers.paper": Row("tenant", values=_waiting, roles=WORK),
    "papers.about": Row("tenant", values=_held, roles=WORK),
    "papers.ask_about": Row("tenant", "POST", _held, roles=WORK),
    "papers.progress": Row("tenant", values=_waiting, roles=WORK),
    "papers.cancel": Row("tenant", "POST", _waiting, roles=WORK),
    "papers.release": Row("tenant", "POST", _built, roles=MANAGE),
    "papers.download_paper": Row("tenant", values=_built, roles=WORK),
    "papers_portal.index": Row("tenant", roles=CLIENT),
    "papers_portal.download_paper": Row("tenant", values=_released, roles=CLIENT),
}
