"""What the catalogue says of a check, inside a statement: it travels as one value, whatever the number of checks."""

import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, any_, case, cast, func, literal
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.types import Text

from service_desk.checks.catalog import CATALOG
from service_desk.checks.finding import RANK
from service_desk.checks.models import CheckState


def in_catalog() -> ColumnElement[bool]:
    """States of the checks that there still are."""
    return CheckState.check == any_(literal(list(CATALOG), ARRAY(Text)))


def by_check(said: Mapping[str, str], otherwise: str) -> ColumnElement[str]:
    """The word for the check of a state."""
    return func.coalesce(_of_state(said).astext, otherwise)


def gravity(state: Any = CheckState.state) -> ColumnElement[int]:
    """For an order in which what is critical comes first, then warnings, then what could not be seen, then the rest."""
    return case({word: -rank for word, rank in RANK.items()}, value=state, else_=0)


def priority() -> ColumnElement[int]:
    """How much the check of a state matters: 1 goes first, what is not in the catalogue last."""
    return func.coalesce(_of_state({key: check.priority for key, check in CATALOG.items()}).as_integer(), 1000)


def _of_state(said: Mapping[str, Any]) -> Any:
    return cast(literal(json.dumps(said, separators=(",", ":")), Text), JSONB)[CheckState.check]
