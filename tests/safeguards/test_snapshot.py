"""Snapshots of rights: the same rights are the same bytes, and what differs is told once."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from connectors.facts import Grant, Look, Principal, Unknown, User
from service_desk.checks.finding import LeaverRecord
from service_desk.safeguards import finding, snapshot
from tests.safeguards import calm

NOW = datetime(2026, 11, 22, 6, 30, tzinfo=UTC)
AT: dict[str, Any] = {"account_set": None, "seen_at": NOW}
ZHANG = User(login="zhang", name="张三", enabled=True, roles=("仓管", "采购"), **AT)
RIGHT = Grant(holder="zhang", holder_name="张三", right="GL01", right_name="记账", source="仓管", **AT)


def looks(*facts: User | Grant | Principal, blind: str = "") -> list[Look]:
    kinds = {kind: tuple(one for one in facts if one.kind == kind) for kind in snapshot.KINDS if kind != blind}
    seen = [Look(kind=kind, account_set=None, seen_at=NOW, took_ms=1.0, facts=found) for kind, found in kinds.items()]
    gap = Unknown(reason="missing_right", params={"table": "UA_User"})
    unseen = [Look(kind=blind, account_set=None, seen_at=NOW, took_ms=1.0, unknown=gap)] if blind else []
    return [*seen, *unseen]


def taken(*facts: User | Grant | Principal, blind: str = "") -> dict[str, Any]:
    return snapshot.whole({3: snapshot.part("U8", "yonyou_u8", looks(*facts, blind=blind))})


def test_the_same_rights_are_the_same_bytes_whoever_signed_in_meanwhile() -> None:
    later = replace(ZHANG, last_seen_at=NOW, roles=("采购", "仓管"), seen_at=NOW + timedelta(hours=1))
    assert snapshot.address(taken(ZHANG, RIGHT)) == snapshot.address(taken(RIGHT, later))
    assert snapshot.address(taken(ZHANG)) != snapshot.address(taken(replace(ZHANG, admin=True)))
    json.dumps(taken(replace(ZHANG, left_on=date(2026, 1, 1))))


def test_our_own_login_and_no_password_is_in_it() -> None:
    ours = Principal(login="desk_read", ours=True, **AT)
    assert taken(ours)["connections"]["3"]["principals"] == {}


def test_it_tells_what_came_went_and_changed() -> None:
    was = taken(ZHANG, RIGHT)
    now = taken(replace(ZHANG, admin=True), User(login="li", enabled=True, **AT))
    found = {(one.what, one.key): one for one in snapshot.difference(was, now)}
    assert set(found) == {("changed", "zhang"), ("added", "li"), ("removed", "/zhang/GL01//仓管")}
    assert found["changed", "zhang"].fields == {"admin": (False, True)}
    assert snapshot.difference(None, now) == []


def test_what_could_not_be_seen_once_tells_nothing() -> None:
    assert snapshot.difference(taken(ZHANG, RIGHT), taken(RIGHT, blind="users")) == []
    assert snapshot.difference(taken(RIGHT, blind="users"), taken(ZHANG, RIGHT)) == []


def place(*facts: User | Grant | Principal, kinds: tuple[str, ...] = snapshot.KINDS) -> finding.Place:
    return finding.Place(connection="3", system="U8", kind="yonyou_u8", facts=facts, kinds=frozenset(kinds))


def asked(one: finding.Place, *leavers: LeaverRecord, changes: Any = ()) -> dict[str, list[finding.Finding]]:
    found: dict[str, list[finding.Finding]] = {}
    for row in finding.findings([one], leavers, changes, today=NOW.date(), now=NOW):
        found.setdefault(row.rule, []).append(row)
    return found


def test_it_finds_leavers_by_the_list_and_by_the_erps_own_record() -> None:
    gone = User(login="zhao", name="赵六", enabled=True, left_on=date(2026, 10, 1), **AT)
    found = asked(place(ZHANG, gone), LeaverRecord(name="张三"))["check:acl.leaver"]
    assert {one.subject for one in found} == {"张三", "zhao"}
    assert all(one.grave == "crit" for one in found)


def test_it_finds_sleeping_and_mighty_accounts_and_rights_past_the_role() -> None:
    sleeping = replace(ZHANG, last_seen_at=NOW - timedelta(days=91))
    awake = replace(ZHANG, login="li", last_seen_at=NOW - timedelta(days=90))
    boss = User(login="wang", name="王", enabled=True, supervisor_of=("001",), **AT)
    owner = Principal(login="erp_app", powers=("sysadmin",), **AT)
    sa = Principal(login="sa", powers=("sysadmin",), built_in=True, **AT)
    past = replace(RIGHT, source="", right="GL02", right_name="审核")
    found = asked(place(sleeping, awake, boss, owner, sa, RIGHT, past))
    assert [one.subject for one in found["dormant"]] == ["zhang"]
    assert [one.subject for one in found["mighty"]] == ["wang"]
    assert [one.subject for one in found["mighty_login"]] == ["erp_app"]
    assert [one.params["rights"] for one in found["direct"]] == ["审核"]
    off = asked(place(replace(sleeping, enabled=False, admin=True)))
    assert off == {}


def test_a_mark_changes_with_the_facts_and_with_nothing_else() -> None:
    one = asked(place(replace(ZHANG, admin=True)))["mighty"][0]
    same = asked(place(replace(ZHANG, admin=True, roles=None)))["mighty"][0]
    other = asked(place(replace(ZHANG, admin=True, supervisor_of=("002",))))["mighty"][0]
    assert one.mark == same.mark != other.mark


ROWS = st.dictionaries(st.sampled_from(["a", "b", "c"]), st.booleans(), max_size=3)


@calm
@given(ROWS, ROWS)
def test_the_difference_leads_from_one_to_the_other(was: dict[str, bool], now: dict[str, bool]) -> None:
    first, second = (taken(*(User(login=name, enabled=on, **AT) for name, on in rows.items())) for rows in (was, now))
    changes = snapshot.difference(first, second)
    rebuilt = dict(first["connections"]["3"]["users"])
    for one in changes:
        if one.what == "removed":
            del rebuilt[one.key]
        else:
            rebuilt[one.key] = one.row
    assert rebuilt == second["connections"]["3"]["users"]
    assert (not changes) == (snapshot.address(first) == snapshot.address(second))
