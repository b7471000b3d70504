"""Facts and looks survive their trip as JSON."""

import json
from dataclasses import fields
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.facts import FACTS, Look, Unknown, look_from_json, look_to_json

MOMENT = st.datetimes(timezones=st.just(UTC))
TEXT = st.text(max_size=20)
BY_NAME: dict[str, st.SearchStrategy[Any]] = {
    "roles": st.none() | st.lists(TEXT, max_size=3).map(tuple),
    "closed": st.dictionaries(TEXT, st.booleans(), max_size=3),
    "params": st.dictionaries(TEXT, TEXT | st.integers() | st.none(), max_size=3),
}


def any_fact(kind: str) -> st.SearchStrategy[Any]:
    """Any fact of a kind, each field by its name or its annotation."""
    made = {
        name: BY_NAME[name] if name in BY_NAME else _typed(name, str(part.type)) for name, part in _parts(kind).items()
    }
    return st.builds(FACTS[kind], **made)


def _parts(kind: str) -> dict[str, Any]:
    return {part.name: part for part in fields(FACTS[kind])}


def _typed(name: str, annotation: str) -> st.SearchStrategy[Any]:
    if name.endswith("_at"):
        return MOMENT if name == "seen_at" else st.none() | MOMENT
    if name.endswith("_on"):
        return st.none() | st.dates()
    if "Decimal" in annotation:
        return st.decimals(allow_nan=False, allow_infinity=False, places=6)
    if "tuple" in annotation:
        return st.lists(TEXT, max_size=3).map(tuple)
    if "bool" in annotation:
        return st.booleans()
    if "int" in annotation:
        return st.integers()
    if "float" in annotation:
        return st.none() | st.floats(allow_nan=False, allow_infinity=False)
    return TEXT


LOOKS = st.sampled_from(sorted(FACTS)).flatmap(
    lambda kind: st.builds(
        Look,
        kind=st.just(kind),
        account_set=st.none() | TEXT,
        seen_at=MOMENT,
        took_ms=st.floats(0, 1e6),
        truncated=st.booleans(),
        facts=st.lists(any_fact(kind), max_size=3).map(tuple),
        unknown=st.none() | st.builds(Unknown, reason=TEXT, params=BY_NAME["params"], grant=st.none() | TEXT),
    )
)


@given(LOOKS)
def test_it_reads_back_what_it_wrote(look: Look) -> None:
    assert look_from_json(json.loads(json.dumps(look_to_json(look)))) == look


@pytest.mark.parametrize("change", [{"v": 2}, {"kind": "weather"}, {"v": None}])
def test_it_refuses_another_version_or_kind(change: dict[str, Any]) -> None:
    data = look_to_json(Look(kind="stock", seen_at=datetime(2026, 11, 22, tzinfo=UTC)))
    with pytest.raises(ValueError, match="not a look"):
        look_from_json({**data, **change})


def test_every_kind_has_a_subject_of_its_own() -> None:
    at = datetime(2026, 11, 22, tzinfo=UTC)
    stock = FACTS["stock"](account_set="001", seen_at=at, item="A", warehouse="01", quantity=0)  # type: ignore[call-arg]
    other = FACTS["stock"](account_set="001", seen_at=at, item="A", warehouse="02", quantity=0)  # type: ignore[call-arg]
    assert stock.subject != other.subject
