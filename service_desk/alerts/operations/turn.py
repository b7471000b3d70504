"""One run after another: nobody takes a notice of a client that is just being put together with another."""

from sqlalchemy import func, literal, select

from service_desk.scope import current, session

_LOCK_CLASS = 7102
_IN_TURN = "alerts_in_turn"


def in_turn() -> None:
    """Wait until no other run notices or tells anything of this client; it is this one's turn until the commit."""
    if not session().info.get(_IN_TURN):
        session().execute(select(func.pg_advisory_xact_lock(literal(_LOCK_CLASS), literal(current().tenant_id))))
        session().info[_IN_TURN] = True
