"""The rows of the frame's own pages: Today, a client at a glance, the palette, downloads of the desk."""

from tests.walls.matrix import DESK, Row

ROWS = {
    "web.today": Row("practice", roles=DESK),
    "web.today_rows": Row("practice", roles=DESK),
    "web.palette": Row("practice", roles=DESK, query="?q=co"),
    "clients.overview": Row("tenant", roles=(*DESK, "successor")),
}
