"""Papers about one thing: what a drill, a review or a round is called on its paper, and who signed it."""

from collections.abc import Callable
from typing import TypeVar

from service_desk.lib.errors import NotThere
from service_desk.safeguards.models import AccessReview, InspectionRound, RestoreDrill
from service_desk.scope import load

Ended = TypeVar("Ended", InspectionRound, RestoreDrill, AccessReview)


def _ended(row: Ended) -> Ended:
    """The row, once it is on record; before that there is nothing to print."""
    if row.state != "done":
        raise NotThere()
    return row


def _round(row_id: int) -> tuple[str, str]:
    row = _ended(load(InspectionRound, row_id))
    return f"{row.name} {row.finished_at or row.started_at:%Y-%m-%d}", row.finished_by


def _drill(row_id: int) -> tuple[str, str]:
    row = _ended(load(RestoreDrill, row_id))
    return f"{row.name} {row.finished_at or row.created_at:%Y-%m-%d}", row.signed_by


def _review(row_id: int) -> tuple[str, str]:
    row = _ended(load(AccessReview, row_id))
    return f"{row.finished_at or row.requested_at:%Y-%m-%d}", row.signed_by


# Kind of paper -> (name, who signed) of the thing it is about.
ABOUT: dict[str, Callable[[int], tuple[str, str]]] = {"round": _round, "drill": _drill, "review": _review}
