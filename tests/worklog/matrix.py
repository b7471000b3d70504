"""The rows of time: the person's week and timer, a client's log, the client's word on a month."""

from datetime import UTC, datetime, timedelta
from typing import Any

from service_desk.lib.clock import local
from service_desk.scope import person_scope, session
from service_desk.worklog import operations
from service_desk.worklog.models import Entry
from tests.tickets.matrix import STAFF, act, given, page
from tests.tickets.test_operations import desk
from tests.walls.matrix import DESK, Row
from tests.world import World

FIELDS = {"content": "work", "activity": "support", "environment": "production", "billable": "y"}


def _span() -> tuple[datetime, datetime]:
    end = datetime.now(UTC).replace(second=0, microsecond=0) - timedelta(minutes=5)
    return end - timedelta(minutes=30), end


def _entry(world: World) -> dict[str, Any]:
    begin, end = _span()
    with desk(world):
        return {"entry_id": operations.write_entry(begin, end, "work", now=datetime.now(UTC)).id}


def _billed(world: World) -> dict[str, Any]:
    values = _entry(world)
    with desk(world):
        session().get_one(Entry, {"tenant_id": world.a.id, "id": values["entry_id"]}).invoice_line_id = 1
    return values


def _times(_world: World) -> dict[str, Any]:
    begin, end = (local(at, "Asia/Shanghai") for at in _span())
    return FIELDS | {"day": f"{begin:%Y-%m-%d}", "started": f"{begin:%H:%M}", "ended": f"{end:%H:%M}"}


def _last_month(world: World) -> dict[str, Any]:
    last = local(datetime.now(UTC), "Asia/Shanghai").replace(day=1) - timedelta(days=1)
    begin = last.replace(hour=10, minute=0, second=0, microsecond=0)
    with desk(world):
        operations.write_entry(begin, begin + timedelta(hours=1), "work", now=datetime.now(UTC))
    return {"month": f"{last:%Y-%m}"}


def _asked(world: World) -> dict[str, Any]:
    data = _last_month(world)
    with desk(world):
        operations.ask_sign(datetime.strptime(f"{data['month']}-01 +0000", "%Y-%m-%d %z").date(), now=datetime.now(UTC))
    return data | {"answer": "yes"}


def _running(world: World) -> dict[str, Any]:
    with desk(world):
        operations.start_timer(None, "a call", now=datetime.now(UTC))
    with person_scope(world.ada.id):
        return {}


ROWS: dict[str, Row | tuple[Row, ...]] = {
    "time.week": Row("practice", roles=DESK),
    "timer.stop": Row("person", "POST", values=_running, data=given()),
    "timer.discard": Row("person", "POST", values=_running, data=given()),
    "worklog.client": Row("tenant", roles=STAFF),
    "worklog.start": Row("tenant", "POST", data=given(title="a call"), roles=STAFF),
    "worklog.write": (Row("tenant", roles=STAFF), Row("tenant", "POST", data=_times, roles=STAFF)),
    # The entry is Ada's: whoever did the work writes its entry, the others of the desk only read it.
    "worklog.edit": (page(_entry), act(_entry, _times, ("owner",))),
    "worklog.delete": act(_entry, given(), ("owner",)),
    # It changes the next invoice: for whoever did the work (Ada) and whoever writes invoices.
    "worklog.correct": act(_billed, given(minutes="15", reason="too much"), ("owner",)),
    "worklog.article": (page(_entry), act(_entry, given())),
    "worklog.ask": Row("tenant", "POST", data=_last_month, roles=STAFF),
    "hours_portal.index": Row("tenant", roles=("boss", "finance")),
    "hours_portal.answer": Row("tenant", "POST", data=_asked, roles=("boss",)),
}
