"""The rules of rounds: what a new one looks at, what it brings over, what keeps it from ending."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from service_desk.safeguards import rounds
from tests.safeguards import calm

NOW = datetime(2026, 11, 22, 6, 30, tzinfo=UTC)
DAY = date(2026, 11, 15)


@dataclass
class State:
    check: str = "bak.full.age"
    state: str = "ok"
    subject: str = "ERP"
    connection_id: int | None = 1
    sentence_params: dict[str, Any] = field(default_factory=dict)
    reason: str = ""
    seen_at: datetime = NOW


@dataclass
class Last:
    mark: str
    state: str
    kind: str = "manual"
    heading: str = ""
    words: str = "Look"
    seen: dict[str, Any] = field(default_factory=dict)
    note: str = ""
    open_since: date | None = None
    missed: int = 0


MANUAL = {"kind": "manual", "words": "Look at the UPS"}


def test_an_automatic_item_stands_for_a_check_by_its_worst_subject() -> None:
    states = [State(), State(state="crit", subject="HR"), State(check="db.up"), State(connection_id=2)]
    items = rounds.new_round([{"kind": "auto", "group": "data"}], states, [], None)
    assert [(one.state, one.seen.get("subject"), one.seen.get("fine")) for one in items] == [
        ("crit", "HR", None),
        ("ok", None, 1),
    ]


def test_a_check_that_was_not_fine_last_time_is_told_although_it_is_now() -> None:
    bad = rounds.new_round([{"kind": "auto", "group": "data"}], [State(state="crit")], [], None)
    last = [Last(bad[0].mark, "crit", kind="auto", note="作业已修")]
    items = rounds.new_round([{"kind": "auto", "group": "data"}], [State()], last, DAY)
    assert [(one.state, one.before, one.before_note) for one in items] == [("ok", "crit", "作业已修")]


def test_a_layer_that_nobody_watches_is_not_green() -> None:
    items = rounds.new_round([{"kind": "auto", "group": "system"}], [State()], [], None)
    assert [(one.state, one.seen) for one in items] == [("unknown", {"unwatched": "system"})]


def test_what_is_open_comes_along_with_its_day_and_note() -> None:
    manual = rounds.new_round([MANUAL], [], [], None)[0]
    last = [
        Last(manual.mark, "warn", note="电池灯亮"),
        Last("manual:gone", "crit", words="Rack"),
        Last("manual:old", "ok"),
    ]
    items = rounds.new_round([MANUAL], [], last, DAY)
    assert [(one.kind, one.before, one.before_note, one.open_since) for one in items] == [
        ("manual", "warn", "电池灯亮", DAY),
        ("carried", "crit", "", DAY),
    ]
    assert items[1].words == "Rack"


def test_what_nobody_inspected_is_counted() -> None:
    mark = rounds.new_round([MANUAL], [], [], None)[0].mark
    item = rounds.new_round([MANUAL], [], [Last(mark, "", missed=2, open_since=date(2026, 11, 1))], DAY)[0]
    assert (item.state, item.before, item.missed, item.open_since) == ("", "missed", 3, date(2026, 11, 1))


def test_what_is_not_green_needs_a_note() -> None:
    items = [Last("a", "warn", note=" "), Last("b", "unknown", note="坏了"), Last("c", "ok"), Last("d", "")]
    assert [one.mark for one in rounds.without_note(items)] == ["a"]
    assert rounds.tally(items) == {"ok": 1, "warn": 1, "crit": 0, "unknown": 1, "missed": 1}


def test_a_round_is_due_by_its_rhythm() -> None:
    assert rounds.due_on("weekly", DAY, DAY) == DAY + timedelta(days=7)
    assert rounds.due_on("daily", None, DAY) == DAY


def test_the_usual_templates_name_layers_that_are_there() -> None:
    for _, items in rounds.TEMPLATES.values():
        assert rounds.new_round(items, [], [], None)


LASTS = st.lists(
    st.builds(Last, mark=st.sampled_from(["m1", "m2", "m3"]), state=st.sampled_from(["", *rounds.STATES])),
    max_size=3, unique_by=lambda one: one.mark,
)  # fmt: skip


@calm
@given(LASTS)
def test_nothing_open_is_ever_lost_between_two_rounds(last: list[Last]) -> None:
    items = rounds.new_round([MANUAL], [], last, DAY)
    marks = [one.mark for one in items]
    assert len(marks) == len(set(marks))
    for one in last:
        assert (one.mark in marks) == rounds.left_open(one)
