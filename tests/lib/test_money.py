"""Money is exact: rounding, tax, sharing out and what Stripe is told."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service_desk.lib.money import (
    Money,
    MoneyError,
    TaxLine,
    allocate,
    digits,
    from_stripe,
    half_even,
    half_up,
    parse,
    show,
    split_gross,
    spread,
    tax_of,
    tax_totals,
    to_stripe,
    total,
)

amounts = st.integers(-(10**12), 10**12)
rates = st.sampled_from([Decimal(rate) for rate in ("0", "1", "3", "6", "9", "13", "8.875")])


def yuan(text: str) -> Money:
    return Money.of(text, "CNY")


@pytest.mark.parametrize(
    ("value", "up", "even"), [("0.045", "0.05", "0.04"), ("-7.715", "-7.72", "-7.72"), ("1.004999", "1.00", "1.00")]
)
def test_it_rounds_a_half_away_from_zero(value: str, up: str, even: str) -> None:
    assert half_up(Decimal(value)) == Decimal(up)
    assert half_even(Decimal(value)) == Decimal(even)


@given(st.decimals(-(10**9), 10**9, places=5), st.integers(0, 4))
def test_it_rounds_to_the_nearest_and_symmetrically(value: Decimal, places: int) -> None:
    rounded = half_up(value, places)
    assert abs(rounded - value) <= Decimal(5).scaleb(-places - 1)
    assert half_up(-value, places) == -rounded


def test_it_rounds_numbers_longer_than_the_default_precision() -> None:
    assert half_up(Decimal("123456789012345678901234567890.125")) == Decimal("123456789012345678901234567890.13")


@given(amounts, amounts)
def test_it_adds_and_takes_away_without_loss(one: int, other: int) -> None:
    a, b = Money(one, "CNY"), Money(other, "CNY")
    assert (a + b) - b == a
    assert total([a, b, -b], "CNY") == a


def test_it_never_mixes_currencies() -> None:
    with pytest.raises(MoneyError, match="other_currency"):
        yuan("1") + Money.of("1", "USD")
    with pytest.raises(MoneyError, match="other_currency"):
        _ = yuan("1") < Money.of("1", "USD")


def test_it_knows_the_decimals_of_a_currency() -> None:
    assert [digits(code) for code in ("CNY", "JPY", "KWD", "HUF")] == [2, 0, 3, 2]
    with pytest.raises(MoneyError, match="currency"):
        digits("yuan")


@pytest.mark.parametrize(
    ("typed", "minor"),
    [
        ("１２，３４５．６０", 1234560),
        ("¥ 1,234", 123400),
        ("88.8元", 8880),
        (".5", 50),
        ("-3", -300),
        ("RMB 20", 2000),
        ("7。5", 750),
    ],
)
def test_it_reads_what_people_type(typed: str, minor: int) -> None:
    assert parse(typed, "CNY") == Money(minor, "CNY")


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("1.005", "too_many_decimals"),
        ("", "not_a_number"),
        ("12,34", "not_a_number"),
        ("1e3", "not_a_number"),
        ("NaN", "not_a_number"),
        ("1.2.3", "not_a_number"),
    ],
)
def test_it_refuses_slips_instead_of_rounding_them(typed: str, code: str) -> None:
    with pytest.raises(MoneyError) as caught:
        parse(typed, "CNY")
    assert caught.value.code == code


def test_it_shows_amounts_as_people_read_them() -> None:
    assert show(yuan("1234")) == "¥1,234.00"
    assert show(Money.of("-5", "USD")) == "-US$5.00"
    assert show(Money.of("1200", "JPY")) == "JP¥1,200"
    assert show(Money.of("9.5", "KWD")) == "KWD 9.500"
    assert show(yuan("-1234567.8"), symbol=False) == "-1,234,567.80"


@given(amounts)
def test_it_reads_back_what_it_shows(minor: int) -> None:
    assert parse(show(Money(minor, "CNY")), "CNY") == Money(minor, "CNY")


def test_it_taxes_per_rate_or_per_line() -> None:
    lines = [TaxLine(yuan("0.42"), Decimal("6")), TaxLine(yuan("0.42"), Decimal("6.0")), TaxLine(yuan("5"), Decimal(0))]
    per_rate, per_line = tax_totals(lines, "total"), tax_totals(lines, "line")
    assert [(int(part.rate), part.net.minor, part.tax.minor) for part in per_rate] == [(0, 500, 0), (6, 84, 5)]
    assert [part.tax.minor for part in per_line] == [0, 6]


@given(st.lists(st.tuples(st.integers(-(10**8), 10**8), rates), min_size=1, max_size=12))
def test_its_tax_per_line_and_per_total_differ_by_rounding_only(lines: list[tuple[int, Decimal]]) -> None:
    priced = [TaxLine(Money(minor, "CNY"), rate) for minor, rate in lines]
    for way in tax_totals(priced, "total"), tax_totals(priced, "line"):
        assert sum(part.net.minor for part in way) == sum(minor for minor, _ in lines)
        exact = sum((Fraction(minor) * Fraction(rate) / 100 for minor, rate in lines), Fraction())
        assert abs(sum(part.tax.minor for part in way) - exact) <= Fraction(len(lines), 2)


@given(amounts, rates)
def test_it_takes_tax_out_of_a_price_without_losing_a_cent(minor: int, rate: Decimal) -> None:
    net, tax = split_gross(Money(minor, "CNY"), rate)
    assert net + tax == Money(minor, "CNY")
    assert abs((tax - tax_of(net, rate)).minor) <= 1


@given(amounts, st.lists(st.integers(0, 1000), min_size=1, max_size=20).filter(any))
def test_it_shares_out_everything_and_nobody_is_a_unit_off(minor: int, weights: list[int]) -> None:
    parts = allocate(Money(minor, "CNY"), weights)
    assert sum(part.minor for part in parts) == minor
    for part, weight in zip(parts, weights, strict=True):
        assert abs(part.minor - Fraction(minor * weight, sum(weights))) < 1
        assert weight or not part


def test_it_gives_a_tie_to_the_earlier_part() -> None:
    assert spread(5, [1, 1, 1, 1]) == (2, 1, 1, 1)
    assert spread(-5, [1, 1, 1, 1]) == (-2, -1, -1, -1)


@pytest.mark.parametrize("weights", [[], [0, 0], [1, -1]])
def test_it_refuses_weights_that_cannot_share(weights: list[int]) -> None:
    with pytest.raises(MoneyError, match="weights"):
        spread(10, weights)


@pytest.mark.parametrize(
    ("amount", "currency", "units"),
    [
        ("1.5", "ISK", 200),
        ("7.99", "EUR", 799),
        ("1000", "KRW", 1000),
        ("1.235", "BHD", 1240),
        ("1.234", "OMR", 1230),
        ("25", "MGA", 25),
    ],
)
def test_it_tells_stripe_the_units_it_counts_in(amount: str, currency: str, units: int) -> None:
    assert to_stripe(Decimal(amount), currency) == units


@given(st.integers(0, 10**9), st.sampled_from(["CNY", "JPY", "HKD", "EUR"]))
def test_it_reads_back_what_stripe_was_told(minor: int, currency: str) -> None:
    money = Money(minor, currency)
    assert from_stripe(to_stripe(money.amount, currency), currency) == money
