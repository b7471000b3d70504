"""The rows of downloads."""

from tests.files.test_downloads import kept
from tests.walls.matrix import CLIENT, DESK, Row

ROWS: dict[str, Row | tuple[Row, ...]] = {
    "files.attachment": Row("tenant", values=lambda world: {"file_id": kept(world)}, roles=(*DESK, "successor")),
    "files_portal.shown": Row("tenant", values=lambda world: {"file_id": kept(world, shown=True)}, roles=CLIENT),
}
