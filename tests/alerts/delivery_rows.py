"""The rows of channels, notifications and the bell."""

from typing import Any

from sqlalchemy import select

from service_desk.alerts.delivery.models import BellItem, ClientRecipient, Delivery
from service_desk.alerts.delivery.operations import destinations as verbs
from service_desk.alerts.delivery.operations import recipients
from service_desk.alerts.delivery.operations.destinations import Wanted
from service_desk.scope import SYSTEM, practice_scope, session
from tests.alerts.test_noticing import NOW, system
from tests.alerts.vendors import HOOK_SECRET
from tests.tickets.matrix import given
from tests.walls.matrix import DESK, Row
from tests.world import World

OWNER = ("owner",)
WISH = {"severities": "crit", "digest": "", "digest_at": "09:00"}
FORM = {"name": "Ops", "set_url": "https://hook.example/x", "secret_secret": HOOK_SECRET, **WISH}


def _kept(world: World, person_id: int | None) -> dict[str, Any]:
    values = {"url": "https://hook.example/x", "secret": HOOK_SECRET}
    with practice_scope(world.practice_id, SYSTEM, writing=True):
        return {"destination_id": verbs.add("webhook", "Ops", values, Wanted(), person_id, now=NOW).id}


def _shared(world: World) -> dict[str, Any]:
    return _kept(world, None)


def _own(world: World) -> dict[str, Any]:
    return _kept(world, world.ada.id)


def _recipient(world: World) -> dict[str, Any]:
    with system(world):
        recipients.add(world.ben.email, Wanted(), now=NOW)
        session().flush()
        return {"recipient_id": session().scalars(select(ClientRecipient.id)).one()}


def _doubtful(world: World) -> dict[str, Any]:
    destination_id = _shared(world)["destination_id"]
    with system(world):
        row = Delivery(
            notice_ids=[], severity="crit", destination_id=destination_id, channel="webhook", to_name="Ops",
            state="maybe_sent", due_at=NOW, created_at=NOW,
        )  # fmt: skip
        session().add(row)
        session().flush()
        return {"delivery_id": row.id}


def _rung(world: World) -> dict[str, Any]:
    destination_id = _shared(world)["destination_id"]
    with practice_scope(world.practice_id, SYSTEM, writing=True):
        item = BellItem(person_id=world.ada.id, kind="channel", subject_id=destination_id, at=NOW)
        session().add(item)
        session().flush()
        return {"item_id": item.id}


def _told(world: World) -> dict[str, Any]:
    return {"email": world.ben.email, "made_for": world.a.slug, **WISH}


DELIVERY: dict[str, Row | tuple[Row, ...]] = {
    "channels.index": Row("practice", roles=OWNER),
    "channels.log": Row("practice", roles=OWNER),
    "channels.new": Row("practice", roles=OWNER, query="?kind=webhook"),
    "channels.add": Row("practice", "POST", data=given(**FORM), roles=OWNER, query="?kind=webhook"),
    "channels.show": Row("practice", values=_shared, roles=OWNER),
    "channels.change": Row("practice", "POST", values=_shared, data=given(**FORM), roles=OWNER),
    "channels.test": Row("practice", "POST", values=_shared, roles=OWNER),
    "channels.switch": Row("practice", "POST", values=_shared, data=given(on="no"), roles=OWNER),
    "channels.ask_remove": Row("practice", values=_shared, roles=OWNER),
    "channels.remove": Row("practice", "POST", values=_shared, roles=OWNER),
    "notifications.index": Row("practice", roles=DESK),
    "notifications.mail": Row("practice", "POST", data=given(by_mail="y", **WISH), roles=DESK),
    "notifications.quiet": Row("practice", "POST", data=given(zone="Asia/Shanghai"), roles=DESK),
    "notifications.new": Row("practice", roles=DESK, query="?kind=webhook"),
    "notifications.add": Row("practice", "POST", data=given(**FORM), roles=DESK, query="?kind=webhook"),
    "notifications.show": Row("person", values=_own),
    "notifications.change": Row("person", "POST", values=_own, data=given(**FORM)),
    "notifications.test": Row("person", "POST", values=_own),
    "notifications.switch": Row("person", "POST", values=_own, data=given(on="no")),
    "notifications.ask_remove": Row("person", values=_own),
    "notifications.remove": Row("person", "POST", values=_own),
    "bell.index": Row("practice", roles=DESK),
    "bell.read": Row("practice", "POST", roles=DESK),
    "bell.show": Row("person", values=_rung),
    "bell.open": Row("person", "POST", values=_rung),
    "told.index": Row("tenant", roles=(*DESK, "successor")),
    "told.add": Row("tenant", "POST", data=_told, roles=("owner", "engineer")),
    "told.again": Row("tenant", "POST", values=_doubtful, data=given(), roles=("owner", "engineer")),
    "told.remove": Row("tenant", "POST", values=_recipient, data=given(), roles=("owner", "engineer")),
}
