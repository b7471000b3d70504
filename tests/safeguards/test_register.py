"""The rules of the register: plan against record, what a crash costs, 3-2-1, proposals, limits."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service_desk.checks.schedule import BadCron
from service_desk.safeguards import register
from service_desk.safeguards.copies import Kept, three_two_one
from service_desk.safeguards.reading import real_of
from service_desk.safeguards.register import Planned, Real
from tests.safeguards import calm

NOW = datetime(2026, 11, 22, 6, 30, tzinfo=UTC)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
SHANGHAI = "Asia/Shanghai"


def planned(database: str = "ERP", backup_type: str = "full", every: timedelta = DAY, **more: object) -> Planned:
    return Planned(connection_id=1, database=database, backup_type=backup_type, every=every, **more)  # type: ignore[arg-type]


def real(database: str = "ERP", backup_type: str = "full", age: timedelta | None = HOUR, *, seen: bool = True) -> Real:
    last = None if age is None else NOW - age
    return Real(connection_id=1, database=database, backup_type=backup_type, last_at=last, seen=seen)


@pytest.mark.parametrize(
    ("age", "standing"),
    [(HOUR, "ok"), (25 * HOUR, "ok"), (26 * HOUR, "late"), (50 * HOUR, "overdue"), (None, "never")],
)
def test_it_measures_a_daily_plan(age: timedelta | None, standing: str) -> None:
    assert register.measure([planned()], [real(age=age)], NOW).lines[0].standing == standing


def test_it_gives_a_log_backup_twice_and_four_times_its_interval() -> None:
    plan = planned(backup_type="log", every=timedelta(minutes=15))
    ages = {minutes: register.standing(plan, real(backup_type="log", age=timedelta(minutes=minutes)), NOW)[0]
            for minutes in (29, 30, 60)}  # fmt: skip
    assert ages == {29: "ok", 30: "late", 60: "overdue"}


def test_it_says_that_nobody_could_look_and_never_that_all_is_well() -> None:
    found = register.measure([planned(), planned("OTHER")], [real(age=None, seen=False)], NOW)
    assert {line.standing for line in found.lines} == {"unseen", "unwatched"}
    assert found.worst == "unknown"


def test_it_reads_a_plan_outside_sql_from_its_heartbeat() -> None:
    plan = planned("D:/attachments", by_heartbeat=True, reported_at=NOW - 30 * HOUR)
    assert register.measure([plan], [], NOW).lines[0].standing == "late"


def test_a_plan_for_everything_expects_no_log_of_the_servers_own_databases() -> None:
    seen = [
        real("ERP"),
        real("ERP", "log"),
        real("HR"),
        real("master"),
        real("msdb"),
        real("msdb", "log", age=9 * HOUR),
    ]
    logs = register.measure([planned("", "log", timedelta(hours=1))], seen, NOW).lines
    # HR has none on record, which nobody can call fine; msdb makes them, so they are held to the plan.
    assert {line.database: line.standing for line in logs} == {"ERP": "ok", "HR": "unwatched", "msdb": "overdue"}
    assert len(register.measure([planned("")], seen, NOW).lines) == 4


def test_it_names_databases_without_a_plan_once_and_without_regard_to_case() -> None:
    seen = [real("UFDATA_001_2026"), real("HR"), real("hr", "log"), real("tempdb")]
    found = register.measure([planned("ufdata_001_2026")], seen, NOW)
    assert [one.database for one in found.unplanned] == ["HR"]
    assert found.lines[0].database == "UFDATA_001_2026"
    assert register.measure([planned("")], seen, NOW).unplanned == ()


def test_a_plan_of_a_whole_server_is_measured_for_each_of_its_databases() -> None:
    found = register.measure([planned("")], [real("A"), real("B", age=3 * DAY), real("tempdb")], NOW)
    assert [(line.database, line.standing) for line in found.lines] == [("B", "overdue"), ("A", "ok")]


def test_the_longest_gap_of_a_cron_line_is_its_weekend() -> None:
    gap = register.longest_gap(every_s=None, cron="30 1 * * 1-5", zone=SHANGHAI, now=NOW)
    assert gap == 3 * DAY
    with pytest.raises(BadCron):
        register.longest_gap(every_s=None, cron="whenever", zone=SHANGHAI, now=NOW)


def test_it_says_what_a_crash_would_cost_by_the_worst_database() -> None:
    seen = [real(age=20 * HOUR), real(backup_type="log", age=timedelta(minutes=47)), real("B", age=3 * HOUR)]
    assert register.loss_now_s(seen, NOW) == 3 * 3600
    assert register.loss_now_s(seen[:2], NOW) == 47 * 60
    assert register.loss_now_s([*seen, real("C", age=None)], NOW) is None  # never backed up: all of it
    assert register.loss_now_s([*seen, real("C", seen=False, age=None)], NOW) is None
    assert register.loss_now_s([], NOW) is None
    assert register.loss_now_s([*seen, real("msdb", age=9 * DAY)], NOW) == 3 * 3600  # nobody's entries


def kept(medium: str, device: str, age: timedelta | None = DAY) -> Kept:
    return Kept(name=medium, medium=medium, device=device, newest_at=None if age is None else NOW - age)


def test_three_two_one_counts_what_is_confirmed_and_fresh() -> None:
    good = three_two_one([kept("local", "nas"), kept("cloud", "object")], NOW)
    assert (good.state, good.copies, good.devices, good.away, good.missing) == ("ok", 3, 3, 1, ())
    old = three_two_one([kept("local", "nas"), kept("cloud", "object", 8 * DAY)], NOW)
    assert (old.state, old.missing, old.stale) == ("crit", ("copies", "away"), ("cloud",))
    assert old.away_age_s == 8 * 86400
    assert three_two_one([kept("offsite", "disk")], NOW).missing == ("copies", "devices")
    assert three_two_one([], NOW).missing == ("copies", "devices", "away")


def test_it_proposes_what_is_seen_and_not_planned() -> None:
    seen = [
        real("A", age=20 * HOUR),
        real("A", "log", timedelta(minutes=20)),
        real("B", age=40 * DAY),
        real("C", age=None),
    ]
    found = register.propose([], seen, NOW)
    assert [(one.database, one.backup_type, one.every_s) for one in found] == [("A", "full", 86400), ("A", "log", 900)]
    assert register.propose([planned("A")], seen, NOW)[0].backup_type == "log"


def test_the_strictest_plan_for_all_sets_the_limits_and_a_named_database_has_its_own() -> None:
    plans = [
        planned("", every=7 * DAY),
        planned(""),
        planned("", "log", timedelta(minutes=15)),
        planned("B", every=HOUR),
    ]
    assert register.limits(plans, "full", "h") == (26, 50)
    assert register.limits(plans, "log", "min") == (30, 60)
    assert register.limits(plans, "diff", "h") is None
    assert register.limits([planned("B")], "full", "h") is None
    told = [planned("", rpo_minutes=60), planned("", rto_minutes=240), planned("", rpo_minutes=15)]
    assert register.targets([*told, planned("B", rpo_minutes=5)]) == (15, 240)


def test_rpo_rto_and_drills_set_limits_where_they_are_promised() -> None:
    assert register.promised_limits([planned()], None) == {}
    plans = [planned("", rpo_minutes=60, rto_minutes=240), planned("", rpo_minutes=1440), planned("B", rpo_minutes=1)]
    assert register.promised_limits(plans, 90) == {"bak.rpo": (66, 120), "bak.rto": (240, 360), "drill.age": (90, 180)}


AGES = st.one_of(st.none(), st.integers(0, 40 * 86400))


@calm
@given(AGES, AGES, st.sampled_from(["full", "diff", "log"]), st.integers(60, 30 * 86400))
def test_an_older_backup_never_stands_better(first: int | None, second: int | None, kind: str, every: int) -> None:
    plan = planned(backup_type=kind, every=timedelta(seconds=every))
    ranks = [
        register.RANK[register.standing(plan, real(backup_type=kind, age=age and timedelta(seconds=age)), NOW)[0]]
        if age is None
        else register.RANK[register.standing(plan, real(backup_type=kind, age=timedelta(seconds=age)), NOW)[0]]
        for age in (first, second)
    ]
    if first is not None and (second is None or second >= first):
        assert ranks[1] >= ranks[0]


@calm
@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(["full", "log"]), AGES, st.booleans()), max_size=8))
def test_nothing_unseen_is_ever_counted_as_safe(rows: list[tuple[str, str, int | None, bool]]) -> None:
    seen = [real(name, kind, None if age is None else timedelta(seconds=age), seen=ok) for name, kind, age, ok in rows]
    lost = register.loss_now_s(seen, NOW)
    for name in {name for name, *_ in rows}:
        ages = [age for other, _, age, ok in rows if other == name and ok and age is not None]
        if not ages:
            assert lost is None
        elif lost is not None:
            assert lost >= min(ages)
    register.measure([planned("")], seen, NOW)


@calm
@given(st.lists(st.tuples(st.sampled_from(["full", "log", "diff"]), st.integers(0, 90 * 86400)), max_size=6))
def test_what_is_proposed_is_on_time_at_once(rows: list[tuple[str, int]]) -> None:
    seen = [real(f"db{place}", kind, timedelta(seconds=age)) for place, (kind, age) in enumerate(rows)]
    for one in register.propose([], seen, NOW):
        plan = planned(one.database, one.backup_type, timedelta(seconds=one.every_s))
        mine = next(row for row in seen if row.database == one.database)
        assert register.standing(plan, mine, NOW)[0] in ("ok", "late")


@pytest.mark.parametrize("age_s", [2**62, -(2**62), 1e17])
def test_an_age_that_no_calendar_holds_takes_no_page_with_it(age_s: float) -> None:
    told = SimpleNamespace(
        sentence_params={"age_s": age_s}, subject="UFDATA_001", check="bak.full.age", value=None, state="crit",
        seen_at=NOW, connection_id=1,
    )  # fmt: skip
    real = real_of(told)
    assert real is not None
    assert real.last_at is not None
