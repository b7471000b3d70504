"""The rows of the agreement."""

from tests.walls.matrix import DESK, Row
from tests.world import World

WEEK = dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), "09:00-12:00, 13:30-18:00")
AGREED = {
    "zone": "Asia/Shanghai",
    "cn_holidays": "1",
    "makeup": "1",
    "vendor_pauses": "1",
    **WEEK,
    **{f"P{n}_warn": "80" for n in range(1, 5)},
    "P1_first_response": "30m",
    "P1_resolution": "4h",
    "P3_resolution": "2d",
}


def _form(_world: World) -> dict[str, str]:
    return AGREED


ROWS: dict[str, Row | tuple[Row, ...]] = {
    "sla.agreement": Row("tenant", roles=(*DESK, "successor")),
    "sla.agree": Row("tenant", "POST", roles=("owner", "engineer"), data=_form),
}
