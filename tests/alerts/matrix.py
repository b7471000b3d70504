"""The rows of alerts."""

from typing import Any

from sqlalchemy import select

from service_desk.alerts.models import Incident
from service_desk.scope import session
from tests.alerts.test_noticing import NOW, flip, system, told
from tests.tickets.matrix import act, given, page
from tests.walls.matrix import DESK, Row
from tests.world import World


def _incident(world: World) -> dict[str, Any]:
    with system(world):
        flip("crit")
        told(NOW)
        return {"incident_id": session().scalars(select(Incident.id)).one()}


def _doubtful(world: World) -> dict[str, Any]:
    with system(world):
        flip("crit")
        mail = told(NOW)[0]
        mail.state = "maybe_sent"
        return {"incident_id": session().scalars(select(Incident.id)).one(), "mail_id": mail.id}


ROWS: dict[str, Row | tuple[Row, ...]] = {
    "alerts.index": Row("practice", roles=DESK),
    "incidents.show": page(_incident),
    "incidents.acknowledge": act(_incident, given()),
    "incidents.send_again": act(_doubtful, given()),
}
