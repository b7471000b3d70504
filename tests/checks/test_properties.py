"""What holds for every check of the catalogue, whatever it is given."""

import json
import re
from dataclasses import fields
from datetime import date, datetime, timedelta
from decimal import Decimal
from types import NoneType, UnionType
from typing import Any, get_args, get_origin, get_type_hints

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from connectors.facts import FACTS
from service_desk.checks.catalog import CATALOG
from service_desk.checks.catalog.application.gl_unposted import month_end
from service_desk.checks.finding import RANK, Check, Finding
from service_desk.checks.forecast import days_until, slope
from service_desk.checks.reading import _spoken
from service_desk.checks.reference import layers
from service_desk.checks.shapes import COUNTING
from service_desk.lib.i18n import say
from service_desk.sla.calendar import Calendar, always_open, week
from service_desk.sla.promises import USUAL_WEEK
from tests.checks.given import NOW, days, judged, kept, limits, sentence

TEXTS = st.sampled_from(
    ["", "a", "B", "001", "备份", "sa", "SQL Server Agent (X)", "GL0201", "GL0204", "bytes", "x/y", "%(v)s"]
)
MOMENTS = st.integers(-900, 400).map(lambda days: NOW + timedelta(days=days))
PLAIN: dict[Any, st.SearchStrategy[Any]] = {
    str: TEXTS,
    int: st.integers(-1, 9) | st.integers(0, 10**13),
    float: st.floats(-1, 120) | st.floats(0, 1e12),
    bool: st.booleans(),
    Decimal: st.decimals(-(10**9), 10**9, places=4),
    datetime: MOMENTS,
    date: st.dates(date(2024, 1, 1), date(2029, 1, 1)),
    NoneType: st.none(),
    Calendar: st.sampled_from(
        [always_open("Europe/Berlin"), Calendar("Asia/Shanghai", week(USUAL_WEEK)), Calendar("UTC", ((),) * 7)]
    ),
}


# What a broken or bent far side may tell, and what a push may hold.
EXTREME = PLAIN | {
    int: st.sampled_from([-(2**62), -1, 0, 13, 99_999, 10**13, 2**62]),
    float: st.sampled_from([-1e17, -1.0, 0.0, 1e-300, 1e12, 1e17]),
    Decimal: st.sampled_from([Decimal("-1e23"), Decimal(0), Decimal("1e-50"), Decimal("1e23")]),
    datetime: st.sampled_from([NOW.replace(year=2001), NOW, NOW.replace(year=2199)]),
    date: st.sampled_from([date.min, NOW.date(), date.max]),
}


def values(hint: Any, plain: dict[Any, st.SearchStrategy[Any]] = PLAIN) -> st.SearchStrategy[Any]:
    """Anything a field of this type may hold."""
    if hint in plain:
        return plain[hint]
    parts = get_args(hint)
    if isinstance(hint, UnionType) or get_origin(hint) is UnionType:
        return st.one_of(*(values(part, plain) for part in parts))
    if get_origin(hint) is tuple:
        return st.lists(values(parts[0], plain), max_size=3).map(tuple)
    return st.dictionaries(st.sampled_from(["GL", "AR", "XX"]), values(parts[1], plain), max_size=3)


def made(kind: type[Any]) -> st.SearchStrategy[Any]:
    """Facts or records of one class with anything in their fields."""
    hints = get_type_hints(kind)
    special = {"year": st.integers(2024, 2027), "period": st.integers(0, 14), "seen_at": st.just(NOW),
               "account_set": st.sampled_from([None, "001", "002"]),
               "recorded": st.sampled_from([("full", "diff", "log"), ("log",), ()])}  # fmt: skip
    given_fields = {one.name: special.get(one.name, values(hints[one.name])) for one in fields(kind)}
    return st.builds(kind, **given_fields)


def anything(check: Check) -> st.SearchStrategy[tuple[list[Any], list[Any]]]:
    """Facts of the kinds a check judges, and records of ours."""
    facts = [made(FACTS[kind]) for kind in (*check.kinds, *check.also)]
    own = [made(record) for record in check.own]
    return st.tuples(
        st.lists(st.one_of(*facts), max_size=4) if facts else st.just([]),
        st.lists(st.one_of(*own), max_size=3) if own else st.just([]),
    )


FOUND = (Phase.explicit, Phase.reuse, Phase.generate)  # the drawn facts are small; shrinking them takes minutes
# What counts otherwise than by its value alone: room in gigabytes, backups without a checksum, the hours of the client.
NOT_BY_VALUE = {"disk.free", "bak.damaged", "query.long"}


def holds(check: Check, one: Finding) -> None:
    """A finding can be said, kept and trusted."""
    assert one.state in RANK
    assert one.wording == "" or one.wording in check.says, one.wording
    assert all(isinstance(value, str | int | float | NoneType) for value in one.params.values())
    json.dumps([one.value, dict(one.params), one.memory], allow_nan=False)
    text = check.says[one.wording or ("ok" if one.state == "ok" else "bad")]
    if one.state != "unknown":
        for lang in ("zh", "en"):
            known = {*_spoken(one.params, "zh"), "reason"}
            assert set(re.findall(r"%\((\w+)\)s", say(lang, text))) <= known
            assert sentence(check.key, one, lang)
    if one.value is not None and one.state != "unknown" and check.key not in NOT_BY_VALUE:
        plan = limits(check.key, **dict(zip(("warn", "crit"), one.limits or (), strict=False)))
        calmer = one.value - 0.02 if check.bad == "above" else one.value + 0.02
        assert RANK[one.state] >= RANK[plan.level(calmer)]


@pytest.mark.parametrize("key", CATALOG)
@settings(max_examples=10, phases=FOUND, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(data=st.data())
def test_whatever_is_seen_can_be_said_kept_and_compared(key: str, data: st.DataObject) -> None:
    check = CATALOG[key]
    before: dict[str, Any] = {}
    for back in (1, 0):
        facts, own = data.draw(anything(check))
        at = NOW - timedelta(hours=back)
        sets = list(dict.fromkeys(one.account_set for one in facts))
        found = judged(key, *facts, own=own, sets=sets, before=before, at=at)
        for one in found:
            holds(check, one)
        before = kept(found, at)


def extreme(kind: type[Any]) -> st.SearchStrategy[Any]:
    """Facts of one class at the ends of what is taken."""
    hints = get_type_hints(kind)
    given_fields = {one.name: values(hints[one.name], EXTREME) for one in fields(kind)}
    return st.builds(kind, **given_fields | {"seen_at": st.just(NOW), "account_set": st.none()})


@pytest.mark.parametrize("key", [key for key, check in CATALOG.items() if check.kinds or check.also])
@settings(max_examples=15, phases=FOUND, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(data=st.data())
def test_no_number_ends_the_judging_or_a_page(key: str, data: st.DataObject) -> None:
    check = CATALOG[key]
    told = st.one_of(*(extreme(FACTS[kind]) for kind in (*check.kinds, *check.also)))
    before: dict[str, Any] = {}
    for back in (1, 0):
        at = NOW - timedelta(hours=back)
        found = judged(key, *data.draw(st.lists(told, min_size=1, max_size=4)), before=before, at=at)
        for one in found:
            json.dumps([one.value, dict(one.params), one.memory], allow_nan=False)
            assert one.state == "unknown" or sentence(key, one, "zh")
        before = kept(found, at)


def test_a_period_that_no_calendar_has_counts_as_the_nearest() -> None:
    assert [month_end(year, 99) for year in (-5, 0, 2**62)] == [date(1, 12, 31), date(1, 12, 31), date(9998, 12, 31)]


@pytest.mark.parametrize("key", [key for key in CATALOG if key != "self.scheduler"])  # a watch that never ran is one
def test_nothing_seen_is_no_alarm(key: str) -> None:
    for sets in ((), (None,), ("001",)):
        found = judged(key, sets=sets)
        assert {(one.state, one.reason) for one in found} <= {("ok", ""), ("unknown", COUNTING)}
        for one in found:
            holds(CATALOG[key], one)


@settings(max_examples=200)
@given(
    key=st.sampled_from([key for key, check in CATALOG.items() if check.crit is not None]), value=st.floats(-1e6, 1e6)
)
def test_a_worse_value_is_never_a_calmer_level(key: str, value: float) -> None:
    plan, worse = limits(key), value + (1 if CATALOG[key].bad == "above" else -1)
    assert RANK[plan.level(worse)] >= RANK[plan.level(value)]
    if plan.crit is not None and (value >= plan.crit) == (plan.bad == "above") and value != plan.crit:
        assert plan.level(value) == "crit"


def test_every_check_stands_in_the_reference_with_its_words() -> None:
    for lang in ("zh", "en"):
        entries = {one.key: one for _, entries in layers(lang) for one in entries}
        assert set(entries) == set(CATALOG)
        assert all(one.title and one.sentence and one.reads and one.right and one.remedy for one in entries.values())


@given(start=st.floats(0, 100), pace=st.floats(-5, 5), noise=st.lists(st.floats(-0.01, 0.01), min_size=14, max_size=30))
def test_a_slope_is_found_through_noise(start: float, pace: float, noise: list[float]) -> None:
    points = days(*(start + pace * n + off for n, off in enumerate(noise)))
    assert abs(slope(points) - pace) < 0.02


@given(st.integers(0, 13), st.floats(-80, 80))
def test_one_clean_up_does_not_bend_the_forecast(place: int, jump: float) -> None:
    values = [90.0 - n for n in range(14)]
    values[place] += jump
    found = days_until(days(*values[:13], 77.0), 0.0, NOW.date())
    assert found is not None
    assert abs(found - 77) < 12


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([50.0] * 10, None),  # it does not move
        ([50.0, 49, 48, 47, 46, 45], None),  # six days are too few
        ([50.0 + n for n in range(10)], None),  # it grows
        ([90.0, 10, 80, 20, 70, 30, 60, 40, 50, 5], None),  # it jumps about more than it moves
        ([50.0 - 2 * n for n in range(10)], 16.0),
    ],
)
def test_a_forecast_says_nothing_it_does_not_know(values: list[float], expected: float | None) -> None:
    assert days_until(days(*values), 0.0, NOW.date()) == (None if expected is None else pytest.approx(expected))
