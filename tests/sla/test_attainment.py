"""Attainment: what counts, what does not, and never a false hundred."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from service_desk.sla.attainment import Tally, percent, tally

counts = st.integers(0, 10**6)


@given(counts, counts)
def test_it_is_the_share_and_never_a_hundred_with_a_breach(met: int, breached: int) -> None:
    share = percent(met, breached)
    if not met + breached:
        assert share is None
        return
    assert share is not None
    assert abs(share - Decimal(100 * met) / (met + breached)) <= Decimal("0.01")
    assert (share == 100) == (not breached)


def test_it_rounds_half_up_to_two_decimals() -> None:
    assert percent(1, 7) == Decimal("12.50")
    assert percent(27, 773) == Decimal("3.38")  # 3.375
    assert percent(1_000_000, 1) == Decimal("99.99")
    assert percent(0, 3) == Decimal("0.00")


def test_what_was_waived_left_out_or_still_open_does_not_count() -> None:
    counted = tally(["met", "met", "breached", "waived", "excluded", "open", "open"])
    assert counted == Tally(met=2, breached=1, waived=1, excluded=1, open=2)
    assert counted.percent == Decimal("66.67")
    assert counted.raw_percent == Decimal("50.00")
    assert (counted + counted).met == 4
    assert tally(["open", "excluded"]).percent is None
