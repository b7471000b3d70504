"""Keys of collector scripts: made, shown once, taken away; and what comes in with them."""

import secrets
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select

from connectors.facts import Look
from service_desk.audit.operations import record as audited
from service_desk.checks.catalog import CATALOG
from service_desk.checks.collectors import SCRIPTS, pushed_kinds
from service_desk.checks.models import PushKey
from service_desk.checks.operations.heartbeats import key_hash
from service_desk.checks.operations.plans import switch_on
from service_desk.checks.operations.pushing import first_time, push_looks
from service_desk.checks.pushed import Garbage
from service_desk.lib.errors import NotThere
from service_desk.scope import load, session
from service_desk.tenants.models import ErpConnection


def keys_of(connection_id: int) -> dict[str, PushKey]:
    """Script name -> its key for this connection."""
    rows = session().scalars(select(PushKey).where(PushKey.connection_id == connection_id))
    return {row.script: row for row in rows}


def kinds_pushed(connection_id: int) -> set[str]:
    """The kinds of facts that scripts with a key push for this connection."""
    return pushed_kinds(list(keys_of(connection_id)))


def make_key(connection: ErpConnection, script: str, now: datetime) -> str:
    """A key for one script and one connection, shown once; the one it had before opens nothing. Raises NotThere."""
    if script not in SCRIPTS or connection.kind not in SCRIPTS[script].systems:
        raise NotThere()
    key = secrets.token_urlsafe(24)
    row = keys_of(connection.id).get(script)
    if row is None:
        row = PushKey(connection_id=connection.id, script=script)
        session().add(row)
    row.key_hash, row.key_hint, row.created_at = key_hash(key), key[-4:], now
    session().flush()
    switch_on(connection.id, [check for check in SCRIPTS[script].checks if check in CATALOG], now)
    audited("script.key", f"connection:{connection.id}", script=script)
    return key


def remove_key(connection_id: int, script: str) -> None:
    """The script's address answers no more. Raises NotThere."""
    row = keys_of(connection_id).get(script)
    if row is None:
        raise NotThere()
    session().delete(row)
    audited("script.key_removed", f"connection:{connection_id}", script=script)


def taken(key_id: int, push_id: str, looks: Sequence[Look], now: datetime) -> bool:
    """Judge what a script pushed; False when it was taken before. Raises Garbage for facts that are not its own."""
    row = load(PushKey, key_id, lock=True)
    script = SCRIPTS.get(row.script)
    if script is None:
        raise NotThere()
    if odd := {look.kind for look in looks} - set(script.kinds):
        raise Garbage(f"this script pushes {', '.join(script.kinds)}, not {sorted(odd)[0]}")
    if not first_time(f"key:{key_id}", push_id, now):
        return False
    row.last_push_at = now
    push_looks(row.connection_id, looks, now, checks=script.checks)
    return True
