"""Numbers: their form, and that none is missing or taken twice, whoever issues at the same time."""

import random
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import Any

import psycopg
import pytest
from hypothesis import given as any_of
from hypothesis import strategies as st

from service_desk.billing import operations as billing
from service_desk.billing.models import Contract
from service_desk.billing.numbering import BadForm, check_form, gaps, number, period
from service_desk.lib.errors import Invalid
from service_desk.scope import load, practice_scope
from tests.billing import given
from tests.world import World

DAY = date(2026, 11, 22)


def test_it_fills_year_month_and_padded_sequence() -> None:
    assert number("INV-{YYYY}{MM}-{seq:4}", DAY, 7) == "INV-202611-0007"
    assert number("{YY}/{seq}", DAY, 12345) == "26/12345"
    assert number("{YYYY}-{seq:4}", DAY, 123456) == "2026-123456"


def test_it_counts_in_the_period_of_the_day() -> None:
    assert [period(how, DAY) for how in ("yearly", "monthly", "never")] == ["2026", "2026-11", "all"]


@pytest.mark.parametrize(
    ("form", "resets", "code"),
    [
        ("INV-{YYYY}", "yearly", "sequence"),
        ("{seq}{YYYY}{seq:2}", "yearly", "sequence"),
        ("{client}-{YYYY}{seq}", "yearly", "token"),
        ("INV-{seq:4}", "yearly", "period"),
        ("{YYYY}-{seq:4}", "monthly", "period"),
        ("{MM}-{seq:4}", "monthly", "period"),
        ("账单{seq}", "never", "characters"),
        ("A" * 40 + "{seq}", "never", "length"),
    ],
)
def test_it_refuses_a_form_that_cannot_number(form: str, resets: Any, code: str) -> None:
    with pytest.raises(BadForm) as told:
        check_form(form, resets)
    assert told.value.code == code


@any_of(st.sets(st.integers(1, 60)))
def test_it_names_exactly_the_missing_numbers(taken: set[int]) -> None:
    assert set(gaps(taken)) | taken == set(range(1, max(taken, default=0) + 1))
    assert not set(gaps(taken)) & taken


class _Rollback(RuntimeError):
    pass


def _issue_some(world: World, invoice_ids: list[int], seed: int) -> int:
    """Issue each draft; every third attempt or so is rolled back after its number was taken, and tried again."""
    dice, rolled_back = random.Random(seed), 0
    for invoice_id in invoice_ids:
        while True:
            try:
                with given.inside(world, world.a if seed % 2 else world.b):
                    billing.issue(invoice_id, given.NOW)
                    if dice.random() < 0.35:
                        raise _Rollback
                break
            except _Rollback:
                rolled_back += 1
    return rolled_back


def test_it_leaves_no_gap_when_eight_issue_at_once_and_some_are_rolled_back(
    world: World, owner_db: "psycopg.Connection[Any]"
) -> None:
    given.rates(world)
    piles: list[list[int]] = []
    agreed = {1: given.contract(world, world.a), 0: given.contract(world, world.b)}
    for seed in range(8):
        with given.inside(world, world.a if seed % 2 else world.b):
            base = load(Contract, agreed[seed % 2].id)
            piles.append([])
            for _ in range(5):
                empty = billing.draft(base, given.UNTIL, given.NOW, empty=True)
                billing.add_line(empty.id, "extra", "上门", given.ONE_PERCENT, 100)
                piles[-1].append(empty.id)
    with ThreadPoolExecutor(8) as pool:
        rolled_back = sum(pool.map(_issue_some, [world] * 8, piles, range(8)))
    rows = owner_db.execute(
        "SELECT sequence, number FROM invoice WHERE practice_id = %s ORDER BY sequence", [world.practice_id]
    ).fetchall()
    assert rolled_back > 0
    assert [row[0] for row in rows] == list(range(1, 41))
    assert len({row[1] for row in rows}) == 40


def test_it_starts_again_with_the_year_and_changes_form_from_the_next_number_on(world: World) -> None:
    given.rates(world)
    agreed = given.contract(world)
    numbers = []
    for when in (given.NOW, given.NOW.replace(year=2027)):
        with given.inside(world):
            made = billing.draft(load(Contract, agreed.id), given.UNTIL, given.NOW, empty=True)
            billing.add_line(made.id, "extra", "上门", given.ONE_PERCENT, 100)
            numbers.append(billing.issue(made.id, when).number)
    assert numbers == ["INV-2026-0001", "INV-2027-0001"]
    with practice_scope(world.practice_id, world.ada_actor, writing=True):
        billing.change_series("invoice", "ZD{YYYY}{MM}-{seq:3}", "yearly")
    with given.inside(world):
        made = billing.draft(load(Contract, agreed.id), given.UNTIL, given.NOW, empty=True)
        billing.add_line(made.id, "extra", "上门", given.ONE_PERCENT, 100)
        assert billing.issue(made.id, given.NOW).number == "ZD202611-002"


def test_it_refuses_a_series_that_would_repeat_itself(world: World) -> None:
    with practice_scope(world.practice_id, world.ada_actor, writing=True), pytest.raises(Invalid) as told:
        billing.change_series("invoice", "INV-{seq}", "yearly")
    assert told.value.field == "form"
