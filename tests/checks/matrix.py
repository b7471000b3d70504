"""The rows of checks and heartbeats."""

from datetime import UTC, datetime
from typing import Any

from service_desk.checks import operations
from service_desk.checks.models import CheckPlan, CheckState
from service_desk.checks.operations import scripts
from service_desk.scope import SYSTEM, session, tenant_scope
from service_desk.tenants.models import ErpConnection
from tests.walls.matrix import DESK, Row
from tests.world import World

READERS = (*DESK, "successor")
MANAGE = ("owner", "engineer")
SCRIPT = "sqlserver_log.ps1"


def _a_state(world: World) -> dict[str, Any]:
    now = datetime.now(UTC)
    with tenant_scope(world.a.id, SYSTEM):
        connection = ErpConnection(kind="yonyou_u8", name=f"U8 {now}", settings={}, created_at=now)
        session().add(connection)
        session().flush()
        operations.propose_plans(connection)
        plan = session().query(CheckPlan).filter_by(connection_id=connection.id, check="bak.full.age").one()
        plan.proposed, plan.paused_until, plan.next_run_at = False, now, now.replace(year=now.year + 1)
        state = CheckState(
            connection_id=connection.id, check="bak.full.age", subject="UFSystem", state="ok", told_state="ok",
            since=now, seen_at=now, received_at=now, unit="h", value=3,
            sentence_params={"database": "UFSystem", "age_s": 10800},
        )  # fmt: skip
        session().add(state)
        session().flush()
        world.kept["connection"] = connection.id
        return {"state_id": state.id}


def _a_connection(world: World) -> dict[str, Any]:
    _a_state(world)
    return {}


def _a_heartbeat(world: World) -> dict[str, Any]:
    with tenant_scope(world.a.id, SYSTEM):
        row, _ = operations.create_heartbeat(f"备份 {datetime.now(UTC)}", period_s=3600, grace_s=600)
        return {"heartbeat_id": row.id}


def _a_key(world: World) -> dict[str, Any]:
    with tenant_scope(world.a.id, SYSTEM):
        _, key = operations.create_heartbeat(f"备份 {datetime.now(UTC)}", period_s=3600, grace_s=600)
        return {"key": key}


def _a_source(world: World) -> dict[str, Any]:
    with tenant_scope(world.a.id, SYSTEM):
        now = datetime.now(UTC)
        row = ErpConnection(kind="sqlserver", name=f"SQL {now}", settings={}, created_at=now)
        session().add(row)
        session().flush()
        scripts.make_key(row, SCRIPT, now)
        return {"connection_id": row.id}


def _a_script(world: World) -> dict[str, Any]:
    return _a_source(world) | {"script": SCRIPT}


def _reported() -> Row:
    # Without a token or key that is known, a program is told so in its own form.
    return Row("public", "POST", csrf=False, status=(401, 403, 404, 422))


def _form(_world: World) -> dict[str, Any]:
    return {"name": f"备份 {datetime.now(UTC)}", "every": "1", "unit": "86400", "grace": "30"}


def _page(values: Any = None) -> Row:
    return Row("tenant", values=values, roles=READERS) if values else Row("tenant", roles=READERS)


def _act(values: Any, data: Any = None, status: tuple[int, ...] = (303,)) -> Row:
    return Row("tenant", "POST", values=values, data=data or (lambda _: {}), roles=READERS, status=status)


def _ping(**values: Any) -> tuple[Row, ...]:
    return tuple(
        Row("public", method, values=lambda world: _a_key(world) | values, csrf=False)
        for method in ("GET", "HEAD", "POST")
    )


ROWS: dict[str, Row | tuple[Row, ...]] = {
    "checks.index": _page(),
    "checks.accept": _act(_a_connection, lambda world: {"connection_id": world.kept["connection"]}),
    "checks.show": _page(_a_state),
    "checks.limits": _act(_a_state, lambda _: {"warn": "20", "crit": "40"}),
    "checks.run": _act(_a_state),
    "checks.pause": _act(_a_state, lambda _: {"hours": "8"}),
    "checks.resume": _act(_a_state),
    "checks.off": _act(_a_state),
    "checks.catalogue": _page(),
    "checks.heartbeats": _page(),
    "checks.new_heartbeat": _page(),
    "checks.create_heartbeat": Row("tenant", "POST", data=_form, roles=READERS, status=(201,)),
    "checks.heartbeat": _page(_a_heartbeat),
    "checks.edit_heartbeat": _page(_a_heartbeat),
    "checks.change_heartbeat": _act(_a_heartbeat, _form),
    "checks.rotate_heartbeat": _act(_a_heartbeat, status=(200,)),
    "checks.pause_heartbeat": _act(_a_heartbeat),
    "checks.resume_heartbeat": _act(_a_heartbeat),
    "checks.ask_remove_heartbeat": _page(_a_heartbeat),
    "checks.remove_heartbeat": _act(_a_heartbeat),
    "checks.scripts": _page(_a_source),
    "checks.make_script_key": Row("tenant", "POST", values=_a_script, roles=MANAGE, status=(201,)),
    "checks.remove_script_key": Row("tenant", "POST", values=_a_script, roles=MANAGE),
    "reports.enrol": _reported(),
    "reports.due": _reported(),
    "reports.push": _reported(),
    "reports.script": Row("public", "POST", values=lambda _: {"key": "x" * 32}, csrf=False, status=(404,)),
    "pings.success": _ping(),
    "pings.word": _ping(word="start"),
    "pings.exit_code": _ping(code=0),
}
