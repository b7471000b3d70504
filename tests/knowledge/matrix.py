"""The rows of knowledge: the practice's library, and one client's articles."""

from datetime import UTC, datetime
from typing import Any

from service_desk.knowledge import operations
from service_desk.scope import practice_scope
from tests.tickets.matrix import STAFF, act, given, page
from tests.tickets.test_operations import desk
from tests.walls.matrix import DESK, Row
from tests.world import World

TEXT = {"title": "How to", "body": "like this", "tags": "a, b"}


def _shared(world: World) -> dict[str, Any]:
    with practice_scope(world.practice_id, world.ada_actor, writing=True):
        return {"article_id": operations.write_article("T", "B", shared=True, now=datetime.now(UTC)).id}


def _own(world: World) -> dict[str, Any]:
    with desk(world):
        return {"article_id": operations.write_article("T", "B", now=datetime.now(UTC)).id}


ROWS: dict[str, Row | tuple[Row, ...]] = {
    "library.index": Row("practice", roles=DESK),
    "library.article": Row("practice", values=_shared, roles=DESK),
    "library.create": (Row("practice", roles=DESK), Row("practice", "POST", data=given(**TEXT), roles=DESK)),
    "library.edit": (
        Row("practice", values=_shared, roles=DESK),
        Row("practice", "POST", values=_shared, data=given(**TEXT), roles=DESK),
    ),
    "library.put_away": Row("practice", "POST", values=_shared, data=given(), roles=DESK),
    "knowledge.client": Row("tenant", roles=STAFF),
    "knowledge.article": page(_own),
    "knowledge.create": (Row("tenant", roles=STAFF), Row("tenant", "POST", data=given(**TEXT), roles=STAFF)),
    "knowledge.edit": (page(_own), act(_own, given(**TEXT))),
    "knowledge.put_away": act(_own, given()),
}
