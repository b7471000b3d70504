"""Monthly hours: carried, expired, over; and a ledger that explains every minute."""

from hypothesis import given
from hypothesis import strategies as st

from service_desk.billing.retainer import MonthStatement, RetainerTerms, ledger, statements

terms = st.builds(RetainerTerms, st.integers(0, 1000), st.one_of(st.none(), st.integers(0, 1000)), st.integers(0, 4))
usage = st.lists(st.integers(0, 3000), max_size=15)


def test_unused_hours_go_when_nothing_is_carried() -> None:
    assert statements(RetainerTerms(480), [400, 500]) == (
        MonthStatement(0, 480, 400, 0, 80, 0),
        MonthStatement(0, 480, 500, 20, 0, 0),
    )


def test_the_oldest_hours_are_used_first() -> None:
    months = statements(RetainerTerms(100, None, 2), [0, 50, 60, 300])
    assert [month.carry_out for month in months] == [100, 150, 190, 0]
    assert months[3].overage == 10
    assert [line for line in ledger(RetainerTerms(100, None, 2), [0, 50, 60]) if line.movement == "expire"] == []


@given(terms, usage)
def test_its_ledger_explains_every_statement(contract: RetainerTerms, used: list[int]) -> None:
    months, lines = statements(contract, used), ledger(contract, used)
    balance = 0
    for number, month in enumerate(months):
        assert month.carried_in == balance
        moved = [line for line in lines if line.month == number]
        balance += sum(line.minutes for line in moved)
        assert month.carry_out == balance
        assert month.available == month.carried_in + contract.included
        assert month.overage == max(0, month.used - month.available)
        assert month.expired == -sum(line.minutes for line in moved if line.movement == "expire")
        assert month.available - (month.used - month.overage) - month.expired == month.carry_out


@given(terms, usage)
def test_no_grant_goes_below_zero_or_outlives_its_months(contract: RetainerTerms, used: list[int]) -> None:
    for grant in range(len(used)):
        lines = [line for line in ledger(contract, used) if line.granted_in == grant]
        assert sum(line.minutes for line in lines) >= 0
        assert all(line.month <= grant + contract.carry_life for line in lines)
        if len(used) > grant + contract.carry_life:
            assert sum(line.minutes for line in lines) == 0
