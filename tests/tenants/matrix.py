"""The rows of clients, their people and their connections."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select

from service_desk.accounts.models import PracticeMember
from service_desk.accounts.operations import inviting
from service_desk.scope import SYSTEM, gate, practice_scope, session, tenant_scope
from service_desk.tenants.models import ErpConnection, Leaver, TenantMember
from service_desk.tenants.operations import agents
from service_desk.tenants.operations.connections import add_connection
from service_desk.tenants.operations.contacts import save_contact
from tests.walls.matrix import DESK, Row
from tests.world import World

OWNER = ("owner",)
MANAGE = ("owner", "engineer")
WORK = (*DESK, "successor")
PEOPLE = ("boss", "it_contact")
Values = dict[str, Any]
NOW = datetime.now(UTC)
COMPANY = {"name": "Company", "time_zone": "Asia/Shanghai", "language": "en", "currency": "CNY", "colour": "1"}
KIND = "?kind=yonyou_u8"
U8 = {"name": "U8", "environment": "test", "set_host": "192.0.2.7", "set_port": "1433", "set_user": "reader",
      "secret_password": "typed", "set_encryption": "required", "set_driver": "FreeTDS"}  # fmt: skip


def _in_a(world: World, act: Callable[[], int | str], name: str) -> Values:
    with tenant_scope(world.a.id, world.ada_actor, practice_id=world.practice_id):
        return {name: act()}


def _contact(world: World) -> Values:
    return _in_a(world, lambda: save_contact(None, {"name": "Wang"}).id, "contact_id")


def _leaver(world: World) -> Values:
    def add() -> int:
        row = Leaver(name="Zhang", created_at=NOW)
        session().add(row)
        session().flush()
        return row.id

    return _in_a(world, add, "leaver_id")


def _connection(world: World) -> Values:
    def add() -> int:
        return add_connection("yonyou_u8", "U8", "test", {"host": "192.0.2.7", "user": "reader"}, {"password": "x"},
                              now=NOW).id  # fmt: skip

    return _in_a(world, add, "connection_id")


def _agent(world: World) -> Values:
    code = _in_a(world, lambda: agents.make_code(f"机房 {datetime.now(UTC)}", now=datetime.now(UTC)), "code")["code"]
    found = gate("gate_agent_code", p_code=agents.hashed(agents.tidy_code(str(code))), p_now=datetime.now(UTC))
    with tenant_scope(world.a.id, SYSTEM):
        made = agents.enrol(found[0].code_id, version="", platform="", now=datetime.now(UTC))
        assert made is not None
        world.kept["agent"] = made[0].id
        return {"agent_id": made[0].id}


def _read_by_agent(world: World) -> Values:
    _agent(world)
    return _connection(world)


def _writable(world: World) -> Values:
    found = _connection(world)
    with tenant_scope(world.a.id, SYSTEM):
        row = session().scalars(select(ErpConnection)).one()
        row.probe = {"steps": [{"name": "read_only", "state": "failed", "reason": None, "params": {}, "detail": {},
                                "field": "user", "right": None, "grant": None}]}  # fmt: skip
    return found


def _member(world: World) -> Values:
    person = world.somebody("user")
    return _in_a(
        world,
        lambda: session().scalars(select(TenantMember.id).where(TenantMember.person_id == person.id)).one(),
        "member_id",
    )


def _colleague(world: World) -> Values:
    person = world.somebody("engineer", world.b)
    with practice_scope(world.practice_id, world.ada_actor):
        found = select(PracticeMember.id).where(PracticeMember.person_id == person.id)
        return {"member_id": session().scalars(found).one()}


def _invite(role: str, email: str) -> tuple[int, str]:
    row, token = inviting.invite(
        email=email, name="Ivy", role=role, place_name="here", language="en", now=datetime.now(UTC)
    )
    return row.id, token


def _invitation(world: World) -> Values:
    return _in_a(world, lambda: _invite("user", f"ivy-{world.a.slug}@example.test")[0], "invitation_id")


def _practice_invitation(world: World) -> Values:
    with practice_scope(world.practice_id, world.ada_actor, writing=True):
        return {"invitation_id": _invite("engineer", f"eve-{world.a.slug}@example.test")[0]}


def _token(world: World) -> Values:
    with tenant_scope(world.a.id, world.ada_actor, practice_id=world.practice_id):
        return {"token": _invite("user", f"joy-{world.a.slug}@example.test")[1]}


def _invited(role: str) -> Callable[[World], Values]:
    return lambda world: {"email": f"new-{world.a.slug}@example.test", "name": "N", "role": role, "language": "en"}


def _reason(_world: World) -> Values:
    return {"reason": "agreed with the client"}


ROWS: dict[str, Row | tuple[Row, ...]] = {
    "invitations.invitation": (
        Row("public", values=_token),
        Row("public", "POST", values=_token, data=lambda _: {"name": "Joy", "password": "six grey geese by the river"}),
    ),
    "tenants.index": Row("practice", roles=DESK),
    "tenants.create": (
        Row("practice", roles=OWNER),
        Row("practice", "POST", data=lambda _: COMPANY, roles=OWNER),
    ),
    "tenants.staff": Row("practice", roles=OWNER),
    "tenants.invite_staff": Row("practice", "POST", data=_invited("engineer"), roles=OWNER),
    "tenants.withdraw_staff": Row("practice", "POST", values=_practice_invitation, roles=OWNER),
    "tenants.change_staff_role": Row(
        "practice", "POST", values=_colleague, data=lambda _: {"role": "assistant"}, roles=OWNER
    ),
    "tenants.end_staff": Row("practice", "POST", values=_colleague, roles=OWNER),
    "tenants.set_clients": Row("practice", "POST", values=_colleague, roles=OWNER),
    "tenants.edit": Row("tenant", roles=MANAGE),
    "tenants.change": Row("tenant", "POST", data=lambda _: COMPANY, roles=MANAGE),
    "tenants.close_page": Row("tenant", roles=MANAGE),
    "tenants.close": Row("tenant", "POST", data=_reason, roles=MANAGE),
    "tenants.audit_page": Row("tenant", roles=MANAGE),
    "tenants.verify_audit": Row("tenant", "POST", roles=MANAGE),
    "tenants.people": Row("tenant", roles=WORK),
    "tenants.invite": Row("tenant", "POST", data=_invited("finance"), roles=MANAGE),
    "tenants.withdraw": Row("tenant", "POST", values=_invitation, roles=MANAGE),
    "tenants.change_role": Row("tenant", "POST", values=_member, data=lambda _: {"role": "finance"}, roles=MANAGE),
    "tenants.end_member": Row("tenant", "POST", values=_member, roles=MANAGE),
    "tenants.set_staff": Row("tenant", "POST", roles=OWNER),
    "tenants.new_contact": Row("tenant", roles=WORK),
    "tenants.add_contact": Row("tenant", "POST", data=lambda _: {"name": "Wang"}, roles=WORK),
    "tenants.contact": Row("tenant", values=_contact, roles=WORK),
    "tenants.change_contact": Row("tenant", "POST", values=_contact, data=lambda _: {"name": "Li"}, roles=WORK),
    "tenants.drop_contact": Row("tenant", "POST", values=_contact, roles=WORK),
    "tenants.leaver_list": Row("tenant", roles=WORK),
    "tenants.paste_leavers": Row("tenant", "POST", data=lambda _: {"lines": "Zhang"}, roles=WORK),
    "tenants.drop_leaver": Row("tenant", "POST", values=_leaver, roles=WORK),
    "tenants.connections": Row("tenant", roles=WORK),
    "tenants.new_connection": Row("tenant", query=KIND, roles=MANAGE),
    "tenants.add_connection": Row("tenant", "POST", data=lambda _: U8, query=KIND, roles=MANAGE),
    "tenants.connection": Row("tenant", values=_connection, roles=WORK),
    "tenants.edit_connection": Row("tenant", values=_connection, roles=MANAGE),
    "tenants.change_connection": Row("tenant", "POST", values=_connection, data=lambda _: U8, roles=MANAGE),
    "tenants.enable_connection": Row(
        "tenant", "POST", values=_connection, data=lambda _: {"enabled": "no"}, roles=MANAGE
    ),
    "tenants.ask_accept_writable": Row("tenant", values=_writable, roles=MANAGE),
    "tenants.accept_writable": Row("tenant", "POST", values=_writable, data=_reason, roles=MANAGE),
    "tenants.ask_remove_connection": Row("tenant", values=_connection, roles=MANAGE),
    "tenants.remove_connection": Row("tenant", "POST", values=_connection, data=_reason, roles=MANAGE),
    "tenants.agents": Row("tenant", roles=WORK),
    "tenants.make_agent_code": Row(
        "tenant", "POST", data=lambda _: {"name": "机房服务器"}, roles=MANAGE, status=(201,)
    ),
    "tenants.agent_file": Row("tenant", roles=WORK),
    "tenants.agent": Row("tenant", values=_agent, roles=WORK),
    "tenants.renew_agent": Row("tenant", "POST", values=_agent, roles=MANAGE, status=(200,)),
    "tenants.ask_revoke_agent": Row("tenant", values=_agent, roles=MANAGE),
    "tenants.revoke_agent": Row("tenant", "POST", values=_agent, roles=MANAGE),
    "tenants.change_road": Row(
        "tenant", "POST", values=_read_by_agent, data=lambda world: {"reader": str(world.kept["agent"])}, roles=MANAGE
    ),
    "tenants.start_probe": Row("tenant", "POST", values=_connection, roles=WORK),
    "tenants.probe": Row("tenant", values=_connection, roles=WORK),
    "tenants.probe_steps": Row("tenant", values=_connection, roles=WORK),
    "tenants.probe_state": Row("tenant", values=_connection, roles=WORK),
    "tenants_portal.people": Row("tenant", roles=PEOPLE),
    "tenants_portal.invite": Row("tenant", "POST", data=_invited("user"), roles=PEOPLE),
    "tenants_portal.withdraw": Row("tenant", "POST", values=_invitation, roles=PEOPLE),
    "tenants_portal.change_role": Row(
        "tenant", "POST", values=_member, data=lambda _: {"role": "it_contact"}, roles=PEOPLE
    ),
    "tenants_portal.end_member": Row("tenant", "POST", values=_member, roles=PEOPLE),
}
