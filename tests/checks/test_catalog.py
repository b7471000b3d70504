"""Every check as it is declared, and each judge on facts it is given."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.facts import FACTS, Backup, Fact, Look, Reachable, Stock, Task, Unknown, User, Vouchers
from service_desk.checks.catalog import CATALOG, GROUPS, kinds_needed
from service_desk.checks.finding import Before, Finding, HeartbeatRecord, LeaverRecord, Own, Seen, Settings
from service_desk.checks.judging import connection_down, down_reason, verdict
from service_desk.checks.reading import sentence_of
from service_desk.lib.i18n import words

NOW = datetime(2026, 11, 22, 2, tzinfo=UTC)


def judged(
    key: str,
    *facts: Fact,
    own: Sequence[Own] = (),
    sets: Sequence[str | None] = ("001",),
    before: Mapping[str, Before] | None = None,
) -> list[Finding]:
    """What a check makes of these facts with its own limits."""
    check = CATALOG[key]
    settings = Settings(
        warn=check.warn, crit=check.crit, bad=check.bad, names={"001": "示例五金"}, today=date(2026, 11, 22)
    )
    return check.judge(Seen(facts=facts, own=tuple(own), places=tuple(sets), before=before or {}), settings, NOW)


def backup(database: str, hours: float | None, state: str | None = None) -> Backup:
    return Backup(seen_at=NOW, database=database, state=state, full_age_s=None if hours is None else int(hours * 3600))


def stock(item: str, quantity: str) -> Stock:
    return Stock(account_set="001", seen_at=NOW, item=item, warehouse="01", quantity=Decimal(quantity))


@pytest.mark.parametrize("key", CATALOG)
def test_it_is_declared_completely(key: str) -> None:
    check = CATALOG[key]
    assert check.key == key
    assert check.group in GROUPS
    assert {"ok", "bad"} <= set(check.says) | {"none"}
    assert set(check.kinds) <= set(FACTS)
    if check.warn is not None and check.crit is not None:
        assert check.warn <= check.crit if check.bad == "above" else check.warn >= check.crit
    chinese = words("zh")
    for text in (check.title, check.remedy, check.reads, check.right, *check.says.values()):
        assert chinese.gettext(text) != text


def test_no_two_checks_have_the_same_priority() -> None:
    priorities = [check.priority for check in CATALOG.values()]
    assert len(set(priorities)) == len(priorities)


def test_it_asks_first_whether_the_server_answers() -> None:
    assert kinds_needed(["inv.negative", "gl.unposted"]) == ["reachable", "stock", "vouchers"]


def test_a_system_that_keeps_no_record_of_full_backups_is_not_said_to_have_none() -> None:
    fact = Backup(seen_at=NOW, database="WAL", recorded=("log",))
    assert judged("bak.full.age", fact) == []


@pytest.mark.parametrize(("hours", "state"), [(25.9, "ok"), (26, "warn"), (49.9, "warn"), (50, "crit"), (None, "crit")])
def test_a_backup_is_as_good_as_it_is_young(hours: float | None, state: str) -> None:
    (finding,) = judged("bak.full.age", backup("UFSystem", hours))
    assert (finding.subject, finding.state) == ("UFSystem", state)


def test_templates_and_closed_databases_need_no_backup() -> None:
    rows = [backup("model", None), backup("tempdb", None), backup("OLD", None, state="OFFLINE")]
    assert judged("bak.full.age", *rows) == []


@given(st.integers(0, 40))
def test_negative_stock_counts_and_names_the_worst(count: int) -> None:
    rows = [stock(f"M{n}", f"-{n + 1}.500000") for n in range(count)]
    (finding,) = judged("inv.negative", *rows)
    assert finding.value == count
    assert finding.state == ("ok" if not count else "warn" if count < 20 else "crit")
    if count:
        assert (finding.params["item"], finding.params["quantity"]) == (f"M{count - 1}", f"-{count}.5")


def test_every_account_set_that_was_looked_into_has_its_finding() -> None:
    found = judged("inv.negative", stock("M1", "-1"), sets=("001", "002"))
    assert [(finding.subject, finding.state) for finding in found] == [("001", "warn"), ("002", "ok")]


@pytest.mark.parametrize(
    ("periods", "state", "wording"),
    [
        ([], "ok", "none"),
        ([(2026, 11)], "ok", "running"),
        ([(2026, 10)], "crit", ""),
        ([(2026, 10), (2026, 11)], "crit", ""),
        ([(2025, 12)], "crit", ""),
    ],
)
def test_vouchers_wait_from_the_end_of_their_month(periods: list[tuple[int, int]], state: str, wording: str) -> None:
    rows = [Vouchers(account_set="001", seen_at=NOW, year=year, period=period, count=2) for year, period in periods]
    (finding,) = judged("gl.unposted", *rows)
    assert (finding.state, finding.wording) == (state, wording)
    if state == "crit" and periods[0] == (2026, 10):
        assert (finding.value, finding.params["count"]) == (22, 2)


@pytest.mark.parametrize(
    ("leaver", "state"),
    [
        (LeaverRecord(name="王强"), "crit"),
        (LeaverRecord(name="someone", login="WANGQ"), "crit"),
        (LeaverRecord(name="李娜"), "ok"),  # disabled
        (LeaverRecord(name="陈会英", login="other"), "ok"),  # the login decides where there is one
    ],
)
def test_a_leaver_must_not_be_enabled(leaver: LeaverRecord, state: str) -> None:
    users = [
        User(seen_at=NOW, login="wangq", name="王 强", enabled=True),
        User(seen_at=NOW, login="lina", name="李娜", enabled=False),
        User(seen_at=NOW, login="chenhy", name="陈会英", enabled=True),
    ]
    (finding,) = judged("acl.leaver", *users, own=[leaver])
    assert finding.state == state


def user(login: str, left_on: date | None, **more: Any) -> User:
    return User(seen_at=NOW, login=login, left_on=left_on, **{"enabled": True, **more})


@pytest.mark.parametrize(
    ("left_on", "enabled", "told"),
    [
        (date(2026, 11, 21), True, True),
        (date(2026, 11, 22), True, False),  # today: the day itself still counts as worked
        (date(2026, 12, 31), True, False),
        (date(2026, 11, 21), False, False),
        (None, True, False),
    ],
)
def test_whoever_left_by_the_erps_own_record_must_not_be_enabled(
    left_on: date | None, enabled: bool, told: bool
) -> None:
    found = judged("acl.leaver", user("fenggd", left_on, name="冯国栋", enabled=enabled))
    expected = ("fenggd", "crit", "recorded") if told else ("", "ok", "no_list")
    assert [(one.subject, one.state, one.wording) for one in found] == [expected]


def test_a_leaver_of_both_sources_is_told_once() -> None:
    rows = [user("fenggd", date(2026, 11, 1), name="冯国栋"), user("hexl", date(2026, 10, 3), admin=True)]
    found = judged("acl.leaver", *rows, own=[LeaverRecord(name="冯 国栋"), LeaverRecord(name="王强")])
    assert [(one.subject, one.state, one.wording) for one in found] == [
        ("冯 国栋", "crit", ""), ("王强", "ok", ""), ("hexl", "crit", "recorded_admin")]  # fmt: skip


def test_one_login_in_several_account_sets_is_one_leaver() -> None:
    rows = [user("Fenggd", date(2026, 11, 3), account_set="001"), user("fenggd", date(2026, 11, 1), account_set="002")]
    (finding,) = judged("acl.leaver", *rows)
    assert (finding.value, finding.params["left"]) == (2, "2026-11-01")


@given(
    st.lists(
        st.tuples(st.sampled_from("abcd"), st.booleans(), st.none() | st.dates(date(2026, 11, 1), date(2026, 12, 9)))
    ),
    st.lists(st.sampled_from("abxy"), unique=True),
)
def test_no_subject_comes_twice_and_no_leaver_is_missed(
    rows: list[tuple[str, bool, date | None]], listed: list[str]
) -> None:
    found = judged(
        "acl.leaver",
        *(user(login, left, enabled=on) for login, on, left in rows),
        own=[LeaverRecord(name=name) for name in listed],
    )
    subjects = [finding.subject for finding in found]
    assert len(set(subjects)) == len(subjects)
    today = date(2026, 11, 22)
    wrong = {login for login, on, left in rows if on and (login in listed or (left is not None and left < today))}
    assert {finding.subject for finding in found if finding.state == "crit"} == wrong


@pytest.mark.parametrize(
    ("lang", "said"),
    [
        ("zh", "按 ERP 的职员档案，冯国栋已于 2026-11-01 离职，但账号（fenggd）仍可登录。"),
        ("en", "冯国栋 left on 2026-11-01 by the ERP's record of employees but can still log in (fenggd)."),
    ],
)
def test_it_says_by_which_record_somebody_left(lang: str, said: str) -> None:
    (finding,) = judged("acl.leaver", user("fenggd", date(2026, 11, 1), name="冯国栋"))
    assert sentence_of("acl.leaver", "crit", {**finding.params, "wording": finding.wording}, "", lang) == said


def test_an_empty_list_of_leavers_is_said_to_be_empty() -> None:
    (finding,) = judged("acl.leaver", User(seen_at=NOW, login="x", enabled=True))
    assert (finding.state, finding.wording) == ("ok", "no_list")


@pytest.mark.parametrize(("minutes", "state"), [(29, "ok"), (30, "warn"), (120, "crit")])
def test_a_lock_is_stuck_when_it_is_held_long(minutes: int, state: str) -> None:
    tasks = [Task(seen_at=NOW, key=str(n), what="task", user="chenhy", age_s=60 * age) for n, age in
             enumerate((1, minutes, 5))]  # fmt: skip
    (finding,) = judged("lock.stuck", *tasks)
    assert (finding.state, finding.value) == (state, minutes)


def test_a_lock_without_a_moment_is_as_old_as_the_look_that_first_met_it() -> None:
    lock = Task(seen_at=NOW, key="001/GL_mvcontrol/10/记/12", what="lock", name="凭证 记-12", user="陈会英")
    plan = Task(seen_at=NOW, key="plan/x", what="job", state="FSTATUS 0")
    (first,) = judged("lock.stuck", lock, plan)
    assert (first.state, first.value) == ("ok", 0)
    before = {"": Before(memory=first.memory or {}, seen_at=NOW)}
    later = [replace(one, seen_at=NOW + timedelta(hours=3)) for one in (lock, plan)]
    (second,) = judged("lock.stuck", *later, before=before)
    assert (second.state, second.value, second.wording) == ("crit", 180, "met")
    assert second.params["who"] == "陈会英"
    # Let go and taken again, it begins anew.
    (gone,) = judged("lock.stuck", later[1], before=before)
    assert (gone.state, gone.memory) == ("ok", {"since": {}})


def test_the_way_there_and_the_answer_are_two_subjects() -> None:
    found = judged("db.latency", Reachable(seen_at=NOW, up=True, connect_ms=900, answer_ms=3))
    assert [(finding.subject, finding.state) for finding in found] == [("connect", "warn"), ("answer", "ok")]


@pytest.mark.parametrize("status", ["new", "up", "running", "failed", "missed", "timed_out", "paused"])
def test_a_heartbeat_is_judged_by_how_its_last_run_ended(status: str) -> None:
    found = judged("hb.job", own=[HeartbeatRecord(key="1", name="备份", status=status)])
    expected = {"up": ["ok"], "failed": ["crit"], "missed": ["crit"], "timed_out": ["crit"]}.get(status, [])
    assert [finding.state for finding in found] == expected


# From looks to verdicts.

UP = Look(kind="reachable", seen_at=NOW, facts=(Reachable(seen_at=NOW, up=True, connect_ms=1, answer_ms=1),))
DOWN = Look(kind="reachable", seen_at=NOW, facts=(Reachable(seen_at=NOW, up=False, reason="closed_port"),))
REFUSED = Look(kind="reachable", seen_at=NOW, unknown=Unknown(reason="wrong_password"))


def blind(kind: str, reason: str, account_set: str | None = None) -> Look:
    return Look(kind=kind, account_set=account_set, seen_at=NOW, unknown=Unknown(reason=reason, right="SELECT"))


@pytest.mark.parametrize("key", [key for key, check in CATALOG.items() if check.kinds])
@pytest.mark.parametrize("reason", ["missing_right", "missing_table", "statement_timeout", "budget_spent"])
def test_could_not_look_is_unknown_with_its_reason_and_never_fine(key: str, reason: str) -> None:
    check = CATALOG[key]
    looks = [UP, *(blind(kind, reason) for kind in check.kinds if kind != "reachable")]
    if check.kinds == ("reachable",):
        looks = [blind("reachable", reason)]
    found = verdict(check, looks, [], Settings(), NOW)
    if found.waits:
        assert key == "db.latency"
        return
    for known in ([], ["a", "b"]):
        findings = found.about(known)
        assert [finding.subject for finding in findings] == (known or [""])
        assert {(finding.state, finding.reason) for finding in findings} == {("unknown", reason)}
    assert not found.complete


@pytest.mark.parametrize("key", [key for key, check in CATALOG.items() if check.kinds])
@pytest.mark.parametrize("first", [DOWN, REFUSED])
def test_one_check_tells_of_a_lost_connection_and_the_others_wait(key: str, first: Look) -> None:
    check = CATALOG[key]
    looks = [first, *(blind(kind, "closed_port") for kind in check.kinds if kind != "reachable")]
    found = verdict(check, looks, [], Settings(), NOW)
    assert found.waits == (key != "db.up")
    if key == "db.up":
        (finding,) = found.about([])
        assert finding.state == ("crit" if first is DOWN else "unknown")
        assert finding.permanent == (first is REFUSED)


def test_a_kind_nobody_answered_for_is_not_fine() -> None:
    found = verdict(CATALOG["inv.negative"], [UP], [], Settings(), NOW)
    assert [finding.reason for finding in found.about(["001"])] == ["budget_spent"]


def test_one_account_set_that_could_not_be_read_leaves_the_others_judged() -> None:
    seen = Look(kind="stock", account_set="001", seen_at=NOW)
    found = verdict(CATALOG["inv.negative"], [UP, seen, blind("stock", "lock_timeout", "002")], [], Settings(), NOW)
    states = {finding.subject: finding.state for finding in found.about(["001", "002"])}
    assert states == {"001": "ok", "002": "unknown"}
    assert not found.complete


def users(account_set: str | None, *logins: str) -> Look:
    found = tuple(User(account_set=account_set, seen_at=NOW, login=login, enabled=True) for login in logins)
    return Look(kind="users", account_set=account_set, seen_at=NOW, facts=found)


LEAVERS = [LeaverRecord(name="王强", login="wangq"), LeaverRecord(name="李娜", login="lina")]


@pytest.mark.parametrize("known", [[], ["wangq", "lina"], ["wangq", "lina", "002"]])
def test_an_account_set_whose_users_could_not_be_read_does_not_vanish(known: list[str]) -> None:
    looks = [UP, users("001", "wangq"), blind("users", "missing_right", "002")]
    found = verdict(CATALOG["acl.leaver"], looks, LEAVERS, Settings(), NOW)
    states = {finding.subject: (finding.state, finding.reason) for finding in found.about(known)}
    # Li Na is not in 001; whether she can still log in to 002 nobody knows.
    blank = ("unknown", "missing_right")
    assert states == {"wangq": ("crit", ""), "lina": blank, "002": blank}


def test_an_empty_list_is_not_said_to_be_fine_where_could_not_be_looked() -> None:
    looks = [UP, users("001", "wangq"), blind("users", "missing_right", "002")]
    found = verdict(CATALOG["acl.leaver"], looks, [], Settings(), NOW)
    assert {(finding.subject, finding.state) for finding in found.about([])} == {("", "unknown"), ("002", "unknown")}


def test_no_lock_is_not_said_of_account_sets_that_were_not_seen() -> None:
    looks = [UP, Look(kind="tasks", account_set="001", seen_at=NOW), blind("tasks", "missing_table", "002")]
    found = verdict(CATALOG["lock.stuck"], looks, [], Settings(warn=30, crit=120), NOW)
    assert {finding.state for finding in found.about([""])} == {"unknown"}


@given(
    st.sampled_from([key for key, check in CATALOG.items() if check.kinds and key not in ("db.up", "db.latency")]),
    st.lists(st.sampled_from(["001", "002", "003", None]), min_size=1, unique=True),
    st.lists(st.sampled_from(["", "001", "002", "003", "wangq"]), unique=True),
)
def test_whatever_could_not_be_seen_shows(key: str, blank: list[str | None], known: list[str]) -> None:
    """Beside one account set that was read, every gap leaves an unknown about itself or about a subject it covers."""
    (kind,) = CATALOG[key].kinds
    looks = [UP, Look(kind=kind, account_set="000", seen_at=NOW), *(blind(kind, "lock_timeout", one) for one in blank)]
    found = verdict(CATALOG[key], looks, LEAVERS, Settings(), NOW).about(known)
    unknown = {finding.subject for finding in found if finding.state == "unknown"}
    assert all(one in unknown if one is not None else unknown for one in blank)
    assert unknown >= set(known) - {"000"} if None in blank else True


def test_a_run_cut_off_in_the_middle_of_the_account_sets_says_so() -> None:
    looks = [UP, Look(kind="stock", account_set="001", seen_at=NOW), blind("stock", "hang")]
    found = verdict(CATALOG["inv.negative"], looks, [], Settings(), NOW)
    assert {one.subject: one.state for one in found.about(["001"])} == {"001": "ok", "": "unknown"}
    assert {one.subject: one.state for one in found.about(["001", "002"])} == {"001": "ok", "002": "unknown"}


def test_a_cut_list_does_not_make_subjects_vanish() -> None:
    look = Look(kind="backups", seen_at=NOW, truncated=True, facts=(backup("A", 1),))
    assert not verdict(CATALOG["bak.full.age"], [UP, look], [], Settings(), NOW).complete


def test_a_clock_that_runs_ahead_is_held_back() -> None:
    ahead = Look(kind="backups", seen_at=NOW.replace(year=2027), facts=(backup("A", 1),))
    assert verdict(CATALOG["bak.full.age"], [UP, ahead], [], Settings(), NOW).seen_at == NOW


def test_it_knows_why_a_connection_is_down() -> None:
    assert not connection_down([UP])
    assert down_reason([UP]) is None
    why = down_reason([DOWN])
    assert why is not None
    assert why.reason == "closed_port"


# The sentences.


@pytest.mark.parametrize("lang", ["zh", "en", "zh_Hans_CN"])
@pytest.mark.parametrize("key", CATALOG)
def test_every_wording_reads_without_its_parameters(key: str, lang: str) -> None:
    for wording in (*CATALOG[key].says, "a wording of yesterday"):
        for state in ("ok", "warn", "crit", "unknown"):
            said = sentence_of(key, state, {"wording": wording}, "", lang)
            assert said
            assert "%(" not in said


def test_a_length_is_said_in_words() -> None:
    params = {"database": "UFSystem", "age_s": 111_600, "wording": ""}
    assert sentence_of("bak.full.age", "crit", params, "", "zh") == "「UFSystem」最近一次完整备份是 1 天 7 小时前。"
    assert sentence_of("bak.full.age", "crit", params, "", "en") == "The last complete copy of UFSystem is 1 d 7 h old."


def test_an_unknown_state_says_why_and_a_check_of_yesterday_still_reads() -> None:
    said = sentence_of("inv.negative", "unknown", {"reason": {"table": "CurrentStock"}}, "missing_right", "en")
    assert said == "Negative stock: could not be looked at. This login may not read CurrentStock."
    assert sentence_of("gone.check", "crit", {}, "", "en").startswith("gone.check")
