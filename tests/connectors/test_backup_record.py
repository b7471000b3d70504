"""Gaps, restore times and broken chains, worked out from any record of backups."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.backup_record import Made, against_usual, broken_age_s, lately, restore_s, worst_gap_s

DAY, HOUR = 86400, 3600
ANY = st.lists(
    st.builds(
        Made,
        type=st.sampled_from("DIL"),
        age_s=st.integers(0, 60 * DAY),
        took_s=st.integers(0, 5 * HOUR),
        size=st.integers(0, 10**12),
        first_lsn=st.none() | st.integers(0, 10**25).map(Decimal),
        last_lsn=st.none() | st.integers(0, 10**25).map(Decimal),
    ),
    max_size=12,
)


def made(kind: str, hours: float, took: int = 60, **more: object) -> Made:
    return Made(type=kind, age_s=round(hours * HOUR), took_s=took, **more)  # type: ignore[arg-type]


def log(hours: float, first: int, last: int) -> Made:
    return made("L", hours, first_lsn=Decimal(first), last_lsn=Decimal(last))


def test_the_worst_gap_is_the_longest_time_without_any_backup() -> None:
    assert worst_gap_s([made("D", 100), made("L", 76), made("L", 75), made("I", 2)]) == 73 * HOUR
    # The time until now counts as well, and a gap that ended long ago does not.
    assert worst_gap_s([made("D", 400), made("D", 169), made("D", 168)]) == 168 * HOUR
    assert worst_gap_s([]) is None


@given(ANY)
def test_a_gap_is_never_longer_than_the_oldest_backup_nor_shorter_than_the_time_since_the_last(one: list[Made]) -> None:
    gap = worst_gap_s(one)
    if one:
        assert gap is not None
        assert min(each.age_s for each in one) <= gap <= max(each.age_s for each in one)


def test_a_restore_reads_the_full_the_last_differential_and_the_logs_after_it() -> None:
    backups = [made("D", 30, 1000), made("L", 28, 10), made("I", 20, 200), made("L", 10, 10), made("L", 2, 10)]
    assert restore_s(backups) == 1000 + 200 + 20
    # The worst moment was right before a new full backup.
    assert restore_s([*backups, made("D", 1, 900)]) == 1220
    assert restore_s([made("L", 1, 5)]) is None
    assert restore_s([made("D", 5, 50, copy_only=True)]) is None


@given(ANY)
def test_a_restore_never_takes_longer_than_all_backups_together(one: list[Made]) -> None:
    found = restore_s(one)
    assert found is None or 0 <= found <= sum(each.took_s for each in one)


def test_a_chain_breaks_where_a_log_begins_after_the_end_of_all_before_it() -> None:
    whole = [log(4, 0, 10), log(3, 10, 20), log(2, 20, 30)]
    assert broken_age_s(whole) is None
    assert broken_age_s([log(4, 0, 10), log(2, 20, 30), log(1, 30, 40)]) == 2 * HOUR
    # A copy beside the plan overlaps and breaks nothing.
    assert broken_age_s([*whole, log(2.5, 10, 25)]) is None


@given(ANY)
def test_a_break_is_told_of_a_log_that_is_there(one: list[Made]) -> None:
    found = broken_age_s(one)
    assert found is None or found in {each.age_s for each in one if each.type == "L"}


def test_the_last_full_backup_stands_beside_the_median_of_those_before() -> None:
    found = against_usual([made("D", 24 * night, 100 + night, size=1000 * night) for night in range(12)])
    assert (found.last_bytes, found.usual_bytes, found.last_took_s, found.usual_took_s) == (0, 4000, 100, 104)
    assert against_usual([made("L", 1)]).last_bytes is None
    assert against_usual([made("D", 1)]).usual_bytes is None


@pytest.mark.parametrize(("days", "kept"), [(13, 1), (15, 0)])
def test_lately_is_a_fortnight(days: int, kept: int) -> None:
    assert len(lately([made("D", 24 * days)])) == kept
