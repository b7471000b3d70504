"""The rows of alerts."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import select

from service_desk.alerts.models import Incident
from service_desk.alerts.operations import acknowledge, silence
from service_desk.checks.operations import plan_window
from service_desk.scope import session
from service_desk.tenants.models import ErpConnection
from tests.alerts.delivery_rows import DELIVERY
from tests.alerts.test_noticing import NOW, flip, system, told
from tests.tickets.matrix import STAFF, act, given, page
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


def _seen(world: World) -> dict[str, Any]:
    values = _incident(world)
    with system(world):
        acknowledge(session().scalars(select(Incident)).one(), now=NOW)
    return values


def _window(world: World) -> dict[str, Any]:
    with system(world):
        row = plan_window(title="补丁", first_day=date(2026, 11, 28), at_minute=1320, minutes=60, now=NOW)
        return {"window_id": row.id}


def _silence(world: World) -> dict[str, Any]:
    now = datetime.now(UTC)
    with system(world):
        return {"silence_id": silence(reason="盘点", ends_at=now + timedelta(hours=1), now=now).id}


def _connection(world: World) -> dict[str, Any]:
    with system(world):
        row = ErpConnection(kind="yonyou_u8", name=f"U8 {datetime.now(UTC)}", settings={}, created_at=NOW)
        session().add(row)
        session().flush()
        world.kept["connection"] = row.id
    return {}


PLANNED = {"title": "补丁", "first_day": "2026-11-28", "at": "22:00", "minutes": "60", "repeat": "weekly"}
ROWS: dict[str, Row | tuple[Row, ...]] = {
    "alerts.index": Row("practice", roles=DESK),
    "incidents.show": page(_incident),
    "incidents.acknowledge": act(_incident, given()),
    "incidents.send_again": act(_doubtful, given()),
    "incidents.take_back": act(_seen, given()),
    "incidents.silence": act(_incident, given(hours="4", reason="盘点")),
    "maintenance.index": Row("tenant", roles=STAFF),
    "maintenance.plan": Row("tenant", "POST", data=given(**PLANNED), roles=STAFF),
    "maintenance.cancel": act(_window, given()),
    "maintenance.end_silence": act(_silence, given()),
    "maintenance.depends": Row(
        "tenant",
        "POST",
        values=_connection,
        data=lambda world: {"connection": str(world.kept["connection"]), "parent": ""},
        roles=("owner", "engineer"),
    ),
}
ROWS |= DELIVERY
