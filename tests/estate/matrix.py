"""The rows of the inventory."""

from datetime import UTC, datetime
from typing import Any

from service_desk.estate import operations
from tests.tickets.matrix import STAFF, act, given, page
from tests.tickets.test_operations import desk
from tests.walls.matrix import Row
from tests.world import World

FIELDS = {"kind": "server", "name": "app01", "environment": "production"}


def _item(world: World) -> dict[str, Any]:
    with desk(world):
        return {"item_id": operations.add_item(FIELDS, now=datetime.now(UTC)).id}


ROWS: dict[str, Row | tuple[Row, ...]] = {
    "estate.index": Row("tenant", roles=STAFF),
    "estate.create": (Row("tenant", roles=STAFF), Row("tenant", "POST", data=given(**FIELDS), roles=STAFF)),
    "estate.edit": (page(_item), act(_item, given(**FIELDS))),
    "estate.delete": act(_item, given()),
}
