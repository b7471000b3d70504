"""From unbilled work to an invoice: grouping, scope, tax, contract kinds."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service_desk.billing.invoicing import (
    ActivityTerms,
    BillableEntry,
    InvoiceTerms,
    InvoicingError,
    billed_minutes,
    draft,
    line,
    prorated,
)
from service_desk.lib.money import Money
from service_desk.worklog.rounding import Rule

D = Decimal
DAY = date(2026, 11, 2)


def entry(number: int, minutes: int, **more: object) -> BillableEntry:
    facts: dict[str, object] = {"day": DAY, "text": f"entry {number}", "hourly": D(300), **more}
    return BillableEntry(id=number, seconds=minutes * 60, **facts)  # type: ignore[arg-type]


HOURLY = InvoiceTerms("CNY", tax_rate=D(6), tax_included=False, rounding=Rule("ceil", 15))


def test_an_hourly_contract_bills_every_entry_and_adds_tax() -> None:
    made = draft([entry(1, 50), entry(2, 20, factor=D("1.5"))], HOURLY)
    assert [(one.minutes, one.quantity, one.price, one.amount.minor) for one in made.lines] == [
        (60, D("1.00"), D(300), 30000),
        (30, D("0.50"), D(450), 22500),
    ]
    assert (made.net.minor, made.tax.minor, made.gross.minor) == (52500, 3150, 55650)
    assert made.billed == {1: 60, 2: 30}


def test_prices_that_include_tax_are_taken_apart() -> None:
    made = draft([entry(1, 60), entry(2, 60)], replace(HOURLY, tax_included=True))
    assert (made.gross.minor, made.net.minor, made.tax.minor) == (60000, 56604, 3396)
    assert sum(one.net.minor for one in made.lines) == made.net.minor
    per_line = draft([entry(1, 60), entry(2, 60)], replace(HOURLY, tax_included=True, tax_rounding="line"))
    assert per_line.gross.minor == 60000


def test_it_groups_by_ticket_but_never_mixes_prices() -> None:
    work = [
        entry(1, 30, ticket="#1"),
        entry(2, 30, ticket="#2"),
        entry(3, 30, ticket="#1"),
        entry(4, 15, ticket="#1", factor=D(2)),
    ]
    made = draft(work, replace(HOURLY, group_by="ticket"))
    assert [one.entries for one in made.lines] == [(1, 3), (2,), (4,)]
    assert made.lines[0].text == "entry 1；entry 3"


def test_a_rounded_day_goes_back_to_its_entries() -> None:
    work = [entry(1, 10), entry(2, 10), entry(3, 10), entry(4, 10, day=date(2026, 11, 3))]
    assert billed_minutes(work, Rule("ceil", 15, 0, "day"), {}) == {1: 10, 2: 10, 3: 10, 4: 15}
    assert billed_minutes(work, Rule("ceil", 60, 0, "invoice"), {}) == {1: 15, 2: 15, 3: 15, 4: 15}


def test_travel_visits_and_minimums_follow_the_contract() -> None:
    activities = {
        "travel": ActivityTerms(D(50)),
        "visit": ActivityTerms(minimum=120),
        "call": ActivityTerms(flat=D(200)),
    }
    work = [entry(1, 60, activity="travel"), entry(2, 30, activity="visit"), entry(3, 5, activity="call")]
    made = draft(work, replace(HOURLY, activities=activities))
    assert [(one.kind, one.unit, one.amount.minor) for one in made.lines] == [
        ("work", "hour", 15000),
        ("work", "hour", 60000),
        ("flat", "visit", 20000),
    ]


def test_a_fixed_fee_covers_what_is_in_scope() -> None:
    fixed = replace(HOURLY, kind="fixed_monthly", fee=D(5000))
    made = draft([entry(1, 600), entry(2, 60, in_scope=False)], fixed, fee_text="11 月")
    assert [(one.kind, one.amount.minor, one.entries) for one in made.lines] == [
        ("fee", 500000, ()),
        ("work", 30000, (2,)),
    ]
    half = draft(
        [], fixed, fee_share=prorated(date(2026, 11, 1), date(2026, 11, 30), date(2026, 11, 16), date(2027, 1, 1))
    )
    assert (half.lines[0].quantity, half.lines[0].amount.minor) == (D("0.5"), 250000)


def test_a_retainer_bills_what_is_over() -> None:
    retainer = replace(HOURLY, kind="retainer", fee=D(3000), overage_rate=D(400))
    made = draft([entry(1, 700)], retainer, overage_minutes=100)
    assert [(one.kind, one.minutes, one.amount.minor) for one in made.lines] == [
        ("fee", 0, 300000),
        ("overage", 100, 66667),
    ]


def test_incidents_are_counted_by_ticket() -> None:
    work = [entry(1, 9, ticket="#1"), entry(2, 9, ticket="#1"), entry(3, 9, ticket="#2"), entry(4, 9)]
    made = draft(work, replace(HOURLY, kind="per_incident", fee=D(800)))
    assert [(one.quantity, one.unit, one.amount.minor) for one in made.lines] == [(D(3), "incident", 240000)]


def test_a_year_is_shared_out_by_days() -> None:
    assert prorated(date(2024, 1, 1), date(2024, 12, 31), date(2024, 2, 1), date(2024, 2, 29)) == Fraction(29, 366)
    assert prorated(date(2026, 1, 1), date(2026, 12, 31), date(2027, 1, 1), date(2027, 1, 31)) == 0
    with pytest.raises(InvoicingError, match="period"):
        prorated(date(2026, 1, 2), date(2026, 1, 1), date(2026, 1, 1), date(2026, 1, 1))


def test_it_refuses_an_empty_invoice_and_a_foreign_line() -> None:
    with pytest.raises(InvoicingError, match="nothing_to_bill"):
        draft([], HOURLY)
    with pytest.raises(InvoicingError, match="currency"):
        draft([], HOURLY, extra=[line("extra", "licence", D(1), "piece", D(9), D(6), "USD")])


def test_a_credit_brings_the_invoice_back_to_nothing() -> None:
    credit = line("extra", "credit", D(-1), "piece", D(300), D(6), "CNY")
    made = draft([entry(1, 60)], HOURLY, extra=[credit])
    assert (made.net.minor, made.tax.minor, made.gross.minor) == (0, 0, 0)


work_lists = st.lists(
    st.tuples(st.integers(0, 500), st.integers(1, 99999), st.sampled_from(["", "#1", "#2"])), min_size=1, max_size=8
)


@given(work_lists, st.booleans(), st.sampled_from(["total", "line"]), st.sampled_from(["entry", "day", "invoice"]))
def test_lines_and_totals_always_agree(work: list[tuple[int, int, str]], included: bool, way: str, scope: str) -> None:
    entries = [
        entry(number, minutes, hourly=D(cents) / 100, ticket=ticket)
        for number, (minutes, cents, ticket) in enumerate(work)
    ]
    rule = Rule("ceil", 15, 0, scope)  # type: ignore[arg-type]
    terms = replace(HOURLY, rounding=rule, group_by="ticket", tax_included=included, tax_rounding=way)  # type: ignore[arg-type]
    made = draft(entries, terms)
    assert made.net + made.tax == made.gross
    assert Money(sum(one.net.minor for one in made.lines), "CNY") == made.net
    if included:
        assert sum(one.amount.minor for one in made.lines) == made.gross.minor
    assert set(made.billed) == {one.id for one in entries}
    assert sum(one.minutes for one in made.lines) == sum(made.billed.values())
