"""A server that hangs is asked little, a login that was refused is not repeated."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.facts import Unknown
from service_desk.checks.breaker import REFUSALS, TIMEOUTS, Breaker, after, road, stamp_of

NOW = datetime(2026, 11, 22, tzinfo=UTC)


@given(st.lists(st.sampled_from([*sorted(TIMEOUTS), "closed_port", None]), max_size=12))
def test_it_opens_after_three_time_outs_in_a_row_and_closes_when_answered(reasons: list[str | None]) -> None:
    breaker, row = Breaker(), 0
    for reason in reasons:
        breaker = after(breaker, Unknown(reason=reason) if reason else None, "s", NOW)
        row = row + 1 if reason in TIMEOUTS else 0
        assert breaker.open == (row >= 3)
        assert road(breaker, "s", NOW + timedelta(seconds=61)) == ("probe" if row >= 3 else "full")


def test_it_waits_longer_each_time_but_never_more_than_a_minute() -> None:
    breaker, waits = Breaker(), []
    for _ in range(7):
        breaker = after(breaker, Unknown(reason="hang"), "s", NOW)
        waits.append(breaker.probe_after and (breaker.probe_after - NOW).total_seconds())
    assert waits == [None, None, 15, 30, 60, 60, 60]
    assert road(breaker, "s", NOW + timedelta(seconds=59)) == "skip"


@pytest.mark.parametrize("reason", sorted(REFUSALS))
def test_a_refused_login_is_not_tried_again_until_something_changed(reason: str) -> None:
    breaker = after(Breaker(), Unknown(reason=reason), "before", NOW)
    assert road(breaker, "before", NOW + timedelta(days=30)) == "skip"
    assert road(breaker, "after", NOW) == "full"


def test_the_stamp_follows_settings_and_secrets_but_holds_none() -> None:
    first = stamp_of({"host": "a"}, {"password": NOW})
    assert first == stamp_of({"host": "a"}, {"password": NOW})
    assert first != stamp_of({"host": "b"}, {"password": NOW})
    assert first != stamp_of({"host": "a"}, {"password": NOW + timedelta(seconds=1)})
