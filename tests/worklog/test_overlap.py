"""One person, one thing at a time."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from service_desk.worklog.overlap import Span, fault, first_overlap, overlaps

NOW = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)


def span(begin: int, end: int | None, number: int | None = None) -> Span:
    return Span(NOW + timedelta(minutes=begin), None if end is None else NOW + timedelta(minutes=end), number)


spans = st.tuples(st.integers(0, 20), st.one_of(st.none(), st.integers(1, 10))).map(
    lambda pair: span(pair[0], None if pair[1] is None else pair[0] + pair[1])
)


def minutes(one: Span) -> set[int]:
    """The minutes a span covers, within the hour the test looks at."""
    end = NOW + timedelta(minutes=60) if one.end is None else one.end
    return set(range(int((one.begin - NOW).total_seconds() // 60), int((end - NOW).total_seconds() // 60)))


@given(spans, spans)
def test_it_overlaps_when_a_minute_is_in_both(one: Span, other: Span) -> None:
    assert overlaps(one, other) == bool(minutes(one) & minutes(other))
    assert overlaps(one, other) == overlaps(other, one)


def test_touching_ends_do_not_overlap() -> None:
    assert not overlaps(span(0, 30), span(30, 60))
    assert not overlaps(span(30, None), span(0, 30))
    assert overlaps(span(0, None), span(500, 501))


def test_it_names_the_earliest_and_never_itself() -> None:
    others = [span(20, 30, 2), span(5, 15, 1), span(40, 50, 3)]
    assert first_overlap(span(10, 45), others) == others[1]
    assert first_overlap(span(5, 15, 1), others) is None
    assert first_overlap(span(15, 20), others) is None


def test_it_refuses_entries_that_cannot_be() -> None:
    assert fault(span(-60, -30), NOW) is None
    assert fault(span(-60, None), NOW) is None
    assert fault(span(-30, -60), NOW) == "ends_before_begin"
    assert fault(span(-30, -30), NOW) == "no_time"
    assert fault(span(-30, 2), NOW) == "future"
    assert fault(span(5, None), NOW) == "future"
    assert fault(span(-30, 1), NOW) is None
