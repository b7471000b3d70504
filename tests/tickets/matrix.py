"""The rows of tickets: the queue, one client's, the portal's."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select

from service_desk.accounts.models import PracticeMember, SavedView
from service_desk.scope import practice_scope, session
from service_desk.tickets import operations
from service_desk.tickets.models import TicketAttachment, TicketItem
from tests.tickets.test_operations import desk
from tests.walls.matrix import CLIENT, DESK, Row
from tests.world import World

STAFF = (*DESK, "successor")
SEE_ALL = ("boss", "it_contact")


def _ticket(world: World) -> dict[str, Any]:
    with desk(world):
        ticket = operations.open_ticket(
            title="A ticket", body="x", source="phone", author_name="Ada", files=[("a.txt", b"text")],
            now=datetime.now(UTC),
        )  # fmt: skip
        operations.add_items(ticket, ["a point"])
        session().flush()
        file_id = session().scalars(select(TicketAttachment.file_id)).one()
        item = session().scalars(select(TicketItem.id)).one()
    world.kept.update(file_id=file_id, item=item)
    return {"number": ticket.number}


def _bare(world: World) -> dict[str, Any]:
    with desk(world):
        ticket = operations.open_ticket(
            title="Bare", body="x", source="phone", author_name="Ada", now=datetime.now(UTC)
        )
    return {"number": ticket.number}


def _file(world: World) -> dict[str, Any]:
    return _ticket(world) | {"file_id": world.kept["file_id"]}


def _item(world: World) -> dict[str, Any]:
    return {"item": world.kept["item"]}


def _pick(world: World) -> dict[str, Any]:
    return {"pick": f"{world.a.id}:{_ticket(world)['number']}", "act": "status:waiting_vendor"}


def _view(world: World) -> dict[str, Any]:
    with practice_scope(world.practice_id, world.ada_actor, writing=True):
        member = session().scalars(select(PracticeMember.id).where(PracticeMember.person_id == world.ada.id)).one()
        view = SavedView(page="queue", name="mine", filters={}, member_id=member)
        session().add(view)
        session().flush()
    return {"view_id": view.id}


def given(**values: str) -> Any:
    return lambda _world: values


def page(values: Any, roles: tuple[str, ...] = STAFF) -> Row:
    return Row("tenant", values=values, roles=roles)


def act(values: Any, data: Any, roles: tuple[str, ...] = STAFF) -> Row:
    return Row("tenant", "POST", values=values, data=data, roles=roles)


NEW = {"title": "x", "body": "y", "priority": "P3", "category": "fault", "source": "phone"}

ROWS: dict[str, Row | tuple[Row, ...]] = {
    "queue.index": Row("practice", roles=DESK),
    "queue.act": Row("practice", "POST", data=_pick, roles=DESK),
    "queue.undo": Row("practice", "POST", data=given(), roles=DESK),
    "queue.keep_view": Row("practice", "POST", data=given(name="urgent", priority="P1"), roles=DESK),
    "queue.drop_view": Row("practice", "POST", values=_view, data=given(), roles=DESK),
    "tickets.index": Row("tenant", roles=STAFF),
    "tickets.create": (Row("tenant", roles=STAFF), Row("tenant", "POST", data=given(**NEW), roles=STAFF)),
    "tickets.ticket": page(_ticket),
    "tickets.reply": act(_ticket, given(body="hello", visibility="public")),
    "tickets.set_status": act(_ticket, given(status="open")),
    "tickets.set_priority": act(_ticket, given(priority="P1")),
    "tickets.assign": act(_ticket, given(person="0")),
    "tickets.close": (page(_ticket), act(_bare, given(solution="done", tell="1"))),
    "tickets.add_item": act(_ticket, given(text="a second point")),
    "tickets.tick": act(_ticket, _item),
    "tickets.download": page(_file),
    "tickets_portal.index": Row("tenant", roles=CLIENT),
    "tickets_portal.create": (
        Row("tenant", roles=CLIENT),
        Row("tenant", "POST", data=given(title="x", body="y", priority="P3"), roles=CLIENT),
    ),
    "tickets_portal.ticket": page(_ticket, SEE_ALL),
    "tickets_portal.reply": act(_ticket, given(body="hello"), SEE_ALL),
    "tickets_portal.download": page(_file, SEE_ALL),
}
