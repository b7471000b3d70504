"""Which rate applies, and what odd hours weigh."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service_desk.billing.rates import (
    ContractRate,
    NoRate,
    Rate,
    WorkPattern,
    amount,
    day_class,
    resolve,
    segments,
    weighted_amount,
    weighted_hours,
)
from service_desk.sla.holidays import seed_rows, table

SHANGHAI = ZoneInfo("Asia/Shanghai")
PATTERN = WorkPattern("Asia/Shanghai", table(seed_rows([2025, 2026]), [2025, 2026]))
D = Decimal


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (date(2025, 10, 1), "statutory"),
        (date(2025, 10, 6), "statutory"),  # Mid-Autumn
        (date(2025, 10, 7), "rest"),  # a day off in exchange
        (date(2025, 10, 5), "rest"),
        (date(2025, 10, 11), "normal"),  # make-up Saturday
        (date(2025, 10, 12), "rest"),
        (date(2025, 10, 13), "normal"),
    ],
)
def test_it_knows_what_kind_of_day_it_is(day: date, expected: str) -> None:
    assert day_class(day, PATTERN) == expected


def test_it_cuts_a_long_night_at_every_border() -> None:
    parts = segments(at("2025-09-30T16:00"), at("2025-10-01T01:00"), PATTERN)
    assert [(part.work_class, part.seconds // 3600, part.factor) for part in parts] == [
        ("normal", 2, D("1.0")),
        ("outside", 6, D("1.5")),
        ("statutory", 1, D("3.0")),
    ]
    assert weighted_hours(parts) == 14
    assert weighted_amount(parts, D("120"), "CNY").amount == D("1680.00")


def test_it_counts_the_hours_a_night_really_has() -> None:
    chicago = ZoneInfo("America/Chicago")
    begin, end = datetime(2026, 10, 31, 22, tzinfo=chicago), datetime(2026, 11, 1, 4, tzinfo=chicago)
    assert sum(part.seconds for part in segments(begin, end, WorkPattern("America/Chicago"))) == 7 * 3600


def test_it_joins_neighbours_of_one_class() -> None:
    parts = segments(at("2026-03-07T08:00"), at("2026-03-08T20:00"), PATTERN)
    assert [(part.work_class, part.seconds) for part in parts] == [("rest", 36 * 3600)]


@given(st.integers(0, 60 * 24 * 500), st.integers(0, 60 * 60))
def test_its_segments_cover_the_time_without_seam_and_one_class_each(start: int, length: int) -> None:
    begin = at("2025-06-01T00:00") + timedelta(minutes=start)
    parts = segments(begin, begin + timedelta(minutes=length), PATTERN)
    assert sum(part.seconds for part in parts) == length * 60
    for one, other in pairwise(parts):
        assert one.end == other.begin
        assert one.work_class != other.work_class
    assert Fraction(length, 60) <= weighted_hours(parts) <= Fraction(length, 20)


@pytest.mark.parametrize(
    ("seconds", "hourly", "exact", "decimal2"),
    [
        (1000, "360", "100.00", "100.80"),
        (18, "100", "0.50", "1.00"),
        (5400, "0.333", "0.50", "0.50"),
        (0, "300", "0.00", "0.00"),
    ],
)
def test_it_prices_time_exactly_or_as_the_invoice_prints_it(
    seconds: int, hourly: str, exact: str, decimal2: str
) -> None:
    assert amount(seconds, D(hourly), "CNY").amount == D(exact)
    assert amount(seconds, D(hourly), "CNY", "decimal2").amount == D(decimal2)


def test_the_first_rate_that_is_set_wins() -> None:
    contract = [
        ContractRate(D(300)),
        ContractRate(D(500), work_class="rest"),
        ContractRate(D(200), activity="travel"),
        ContractRate(D(260), activity="travel", work_class="rest"),
    ]
    asked = {"contract": contract, "client": D(280), "engineer": D(250)}

    def found(activity: str, **more: object) -> Rate:
        return resolve(activity=activity, work_class="rest", **{**asked, **more})  # type: ignore[arg-type]

    assert found("travel", entry=D(1)) == Rate(D(1), D(1), "entry")
    assert found("travel") == Rate(D(260), D(1), "contract_activity")
    assert found("repair") == Rate(D(500), D(1), "contract_class")
    assert found("travel", contract=contract[:1] + contract[2:3]) == Rate(D(200), D(2), "contract_activity")
    assert found("repair", contract=contract[:1]) == Rate(D(300), D(2), "contract_class")
    assert found("repair", contract=()) == Rate(D(280), D(2), "client")
    assert found("repair", contract=(), client=None) == Rate(D(250), D(2), "engineer")
    with pytest.raises(NoRate):
        found("repair", contract=(), client=None, engineer=None)
    assert found("repair", entry=D(0)).hourly == 0
