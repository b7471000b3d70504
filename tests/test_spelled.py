"""Statements with every value written out, but for what is given with each ask."""

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import ARRAY, BigInteger, DateTime, bindparam, column, func, literal, select

from service_desk.scope import person_scope, session
from service_desk.spelled import given, spelled_out
from tests.world import World


def _answer(statement: Any, **asked: Any) -> Any:
    with person_scope(1, read_only=True):
        return session().execute(statement, asked).scalar_one()


@pytest.mark.parametrize("text", ["it's", "12:30", ":me", "100 %", "a\\b", "中文", "%(x)s"])
def test_it_writes_a_text_as_it_is(world: World, text: str) -> None:
    assert _answer(spelled_out(select(literal(text)))) == text


def test_it_leaves_what_is_given(world: World) -> None:
    statement = spelled_out(select(given("n", BigInteger()) + literal(1)))
    assert [_answer(statement, n=n) for n in (1, 41)] == [2, 42]


def test_it_gives_lists_and_moments_their_types(world: World) -> None:
    moment = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
    asked = select(func.count()).select_from(func.unnest(given("ids", ARRAY(BigInteger))).alias("one"))
    assert _answer(spelled_out(asked), ids=[1, 2, 3]) == 3
    assert _answer(spelled_out(select(given("at", DateTime(timezone=True)))), at=moment) == moment


def test_it_refuses_a_value_that_nobody_gave() -> None:
    with pytest.raises(ValueError, match="forgotten"):
        spelled_out(select(column("x")).where(column("x") == bindparam("forgotten")))
