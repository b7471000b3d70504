"""What a connection cannot answer without."""

from collections.abc import Collection

from flask_babel import lazy_gettext as _l
from sqlalchemy import Select, select, update

from service_desk.audit.operations import record
from service_desk.lib.errors import Invalid
from service_desk.scope import load, session
from service_desk.tenants.models import ErpConnection


def depend_on(connection_id: int, parent_id: int | None) -> None:
    """Say on which other connection this one depends (None: on none). Raises Invalid when that would be a circle."""
    row = load(ErpConnection, connection_id, lock=True)
    if parent_id is not None:
        load(ErpConnection, parent_id)
        parents = {
            one.id: one.parent_id for one in session().execute(select(ErpConnection.id, ErpConnection.parent_id))
        }
        above: int | None = parent_id
        while above is not None:
            if above == connection_id:
                raise Invalid(_l("These connections would wait for each other."), "parent")
            above = parents.get(above)
    row.parent_id = parent_id
    record("connection.depends", subject=f"connection:{row.id}", parent=parent_id)


def and_above(connection_id: int) -> Select[int]:
    """The ids of a connection and of everything it hangs on: the host, and the line to it."""
    chain = select(ErpConnection.id, ErpConnection.parent_id).where(ErpConnection.id == connection_id)
    up = chain.cte("up", recursive=True)
    more = select(ErpConnection.id, ErpConnection.parent_id).where(ErpConnection.id == up.c.parent_id)
    return select(up.union(more).c.id)


def below(connection_ids: Collection[int]) -> Select[int]:
    """The ids of everything that hangs on these connections, at whatever remove."""
    first = select(ErpConnection.id).where(ErpConnection.parent_id.in_(connection_ids))
    down = first.cte("down", recursive=True)
    return select(down.union(select(ErpConnection.id).where(ErpConnection.parent_id == down.c.id)).c.id)


def leave_orphans(connection_id: int) -> None:
    """What depended on this connection depends on none."""
    session().execute(update(ErpConnection).where(ErpConnection.parent_id == connection_id).values(parent_id=None))
