"""Hours, lengths and days are read as people type them, and shown so that they read back the same."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service_desk.lib.clock import Language
from service_desk.sla import typed
from service_desk.sla.calendar import minute_of

DAY = timedelta(hours=8)


@pytest.mark.parametrize(
    ("text", "spans"),
    [("", []), ("休", []), ("closed", []), ("9:00-18:00", [["09:00", "18:00"]]),
     ("１３：３０－１８：００，09:00至12:00", [["09:00", "12:00"], ["13:30", "18:00"]]),
     ("09:00 ~ 12:00; 13:00 – 24:00", [["09:00", "12:00"], ["13:00", "24:00"]]), ("全天", [["00:00", "24:00"]])],
)  # fmt: skip
def test_it_reads_hours(text: str, spans: typed.Spans) -> None:
    assert typed.hours_typed(text) == spans


@pytest.mark.parametrize("text", ["9-18", "18:00-09:00", "09:00-12:00, 11:00-13:00", "25:00-26:00", "09:00", "morning"])
def test_it_refuses_what_are_no_hours(text: str) -> None:
    with pytest.raises(typed.TypedError):
        typed.hours_typed(text)


@pytest.mark.parametrize(
    ("text", "minutes"),
    [("30", 30), ("30m", 30), ("30 分钟", 30), ("4h", 240), ("1.5h", 90), ("1h30m", 90), ("４小时", 240), ("2d", 960),
     ("2 个工作日", 960), ("1天2小时", 600), ("2 hours", 120)],
)  # fmt: skip
def test_it_reads_lengths(text: str, minutes: int) -> None:
    length = typed.length_typed(text)
    assert length is not None
    assert length.in_minutes(DAY) == minutes


@pytest.mark.parametrize("text", ["0", "soon", "-5m", "4x", "h", "1e3", "5000d", "99999999999"])
def test_it_refuses_what_is_no_length(text: str) -> None:
    with pytest.raises(typed.TypedError):
        typed.length_typed(text)


def test_an_empty_length_promises_nothing() -> None:
    assert typed.length_typed(" ") is None


def test_it_reads_days_that_differ() -> None:
    assert typed.days_typed("2026-12-31  09:00-12:00\n\n2027-01-04 休") == {
        "2026-12-31": [["09:00", "12:00"]], "2027-01-04": [],
    }  # fmt: skip


@pytest.mark.parametrize("line", ["2026-13-01 休", "tomorrow", "2026-12-31 late"])
def test_it_names_the_line_that_is_no_day(line: str) -> None:
    with pytest.raises(typed.TypedError) as refused:
        typed.days_typed(f"2026-12-30 休\n{line}")
    assert refused.value.line == line


@given(st.integers(1, 60_000), st.sampled_from(["zh", "en"]))
def test_a_length_reads_back_as_it_is_shown(minutes: int, lang: Language) -> None:
    length = typed.length_typed(typed.length_shown(minutes, lang))
    assert length is not None
    assert length.in_minutes(DAY) == minutes


WALL = st.builds(lambda minute: f"{minute // 60:02d}:{minute % 60:02d}", st.integers(0, 1440))


@given(st.lists(WALL, max_size=6, unique=True))
def test_hours_and_days_read_back_as_they_are_shown(walls: list[str]) -> None:
    ordered = sorted(walls, key=minute_of)
    spans = [[opens, closes] for opens, closes in zip(ordered[::2], ordered[1::2], strict=False)]
    assert typed.hours_typed(typed.hours_shown(spans)) == spans
    for lang in ("zh", "en"):
        assert typed.days_typed(typed.days_shown({"2026-12-31": spans}, lang)) == {"2026-12-31": spans}
