"""The rows of the handover."""

from tests.walls.matrix import DESK, Row

ROWS: dict[str, Row | tuple[Row, ...]] = {
    "handover.index": Row("tenant", roles=(*DESK, "successor")),
    "handover.build": Row("tenant", "POST", roles=("owner", "engineer")),
}
