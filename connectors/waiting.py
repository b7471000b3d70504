"""Who holds up whom, from pairs of sessions. Pure."""

from collections.abc import Sequence
from typing import Any

from connectors.base import Spot
from connectors.facts import Block, Fact


def heads(rows: Sequence[Sequence[Any]], spot: Spot) -> list[Fact]:
    """Each session that holds up others and waits for nobody itself, however long the chain behind it.

    A row is head, victim, seconds that the victim has waited, then user, host and (where told) program of the head.
    """
    waiting = {row[1] for row in rows}
    return [
        _block(head, [row for row in rows if row[0] == head], spot)
        for head in dict.fromkeys(row[0] for row in rows if row[0] not in waiting)
    ]


def _block(head: Any, mine: Sequence[Sequence[Any]], spot: Spot) -> Block:
    user, host, *program = mine[0][3:]
    return Block(
        seen_at=spot.seen_at,
        session=str(head),
        user=user,
        host=host,
        program=next(iter(program), None) or None,
        victims=len({row[1] for row in mine}),
        longest_s=float(max(row[2] or 0 for row in mine)),
    )
