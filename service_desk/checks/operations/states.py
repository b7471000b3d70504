"""Writing states, flips, results and roll-ups: one statement for each table, whatever the number of findings.

Rows in bulk go to the table itself: the ORM would look at every one of them.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, delete, func, insert, select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import undefer

from service_desk.checks.catalog import CATALOG
from service_desk.checks.detail import capped
from service_desk.checks.finding import RANK, Finding
from service_desk.checks.life import WAITING, Flip, Rule, Standing, advance, leave, wait
from service_desk.checks.models import CheckClientDay, CheckDay, CheckFlip, CheckHour, CheckResult, CheckState
from service_desk.jobs import enqueue
from service_desk.lib.clock import local_day
from service_desk.scope import current, session
from service_desk.tenants.models import Tenant

RAW = timedelta(days=14)  # how long the raw series is kept; what comes later than that is only rolled up
SUBJECTS = 500  # of one check that are there at once; of what is beyond, one line says that there is more
GONE = 500  # subjects of one check that went and are still known; whoever tells of others every time forgets the oldest

COUNTS = ("n", "n_warn", "n_crit", "n_unknown")
SUMS = (*COUNTS, "n_maintained", "total")

Key = tuple[int | None, str, str]


@dataclass
class Change:
    """One subject before and after a result, with what is written of it."""

    key: Key
    before: CheckState | None
    after: Standing
    flip: Flip | None = None
    finding: Finding | None = None
    seen_at: datetime | None = None
    maintained: bool = False

    @property
    def went(self) -> bool:
        """The subject was there before and is not any more."""
        return self.after.gone_at is not None and self.before is not None and self.before.gone_at is None

    @property
    def late(self) -> bool:
        """A result older than what is shown: it belongs to the series only."""
        return self.seen_at is not None and self.before is not None and self.seen_at <= self.before.seen_at


def standing(row: CheckState) -> Standing:
    """The row as the rules of life know it."""
    return Standing(
        state=row.state,  # type: ignore[arg-type]
        since=row.since,
        seen_at=row.seen_at,
        told=row.told_state,  # type: ignore[arg-type]
        pending=row.pending_state,  # type: ignore[arg-type]
        count=row.pending_count,
        reason=row.reason,
        looks=row.looks,
        ring=row.ring,
        flapping_since=row.flapping_since,
        gone_at=row.gone_at,
    )


def whole() -> Select[CheckState]:
    """States with all they hold, their memory too: what is written anew must be read as a whole."""
    return select(CheckState).options(undefer(CheckState.memory))


def known_states(connection_id: int | None, checks: Iterable[str]) -> dict[Key, CheckState]:
    """The current states of these checks of a connection (None: of the client itself)."""
    rows = session().scalars(
        whole().where(CheckState.connection_id.is_not_distinct_from(connection_id), CheckState.check.in_(list(checks)))
    )
    return {(row.connection_id, row.check, row.subject): row for row in rows}


def judged(
    connection_id: int | None,
    check: str,
    findings: Sequence[Finding],
    known: Mapping[Key, CheckState],
    rule: Rule,
    seen_at: datetime,
    *,
    maintained: bool = False,
) -> list[Change]:
    """What findings make of the states of one check. `maintained`: they were seen in a maintenance window.

    Of more than fit, those that are known and then the gravest are looked at; `bounds` says that there is more.
    """
    changes = []
    if len(findings) > SUBJECTS:
        findings = sorted(findings, key=lambda one: ((connection_id, check, one.subject) not in known, -RANK[one.state]))
    for finding in findings[: SUBJECTS + 1]:
        key = (connection_id, check, finding.subject)
        row = known.get(key)
        after, flip = advance(standing(row) if row else None, finding, _own(check, finding, rule), seen_at)
        changes.append(Change(key, row, after, flip, finding, seen_at, maintained))
    return changes


def _own(check: str, finding: Finding, rule: Rule) -> Rule:
    """The rule of a subject that has limits of its own: it also recovers by them."""
    if finding.limits is None:
        return rule
    warn, crit = finding.limits
    return replace(rule, clear_warn=CATALOG[check].clear(warn), clear_crit=CATALOG[check].clear(crit))


def waiting(rows: Iterable[CheckState], now: datetime, reason: str = WAITING) -> list[Change]:
    """What a lost connection makes of the states that hang on it, or `reason` of those nobody looks at."""
    return [
        Change((row.connection_id, row.check, row.subject), row, wait(standing(row), now, reason))
        for row in rows
        if row.gone_at is None
    ]


def gone(rows: Iterable[CheckState], now: datetime) -> list[Change]:
    """What it means for these states that their subject is no longer there."""
    changes = []
    for row in rows:
        if row.gone_at is None:
            after, flip = leave(standing(row), now)
            changes.append(Change((row.connection_id, row.check, row.subject), row, after, flip))
    return changes


def write(changes: Sequence[Change], now: datetime, slot: str) -> int:
    """Write everything that follows from the changes; returns how many flips there were."""
    if not changes:
        return 0
    ids = _states(changes, now)
    flips = _flips(changes, ids, now)
    _series(changes, ids, now)
    _forget(changes)
    if flips:
        enqueue("notice", 0, slot=f"flips-{slot}")
    return flips


def _states(changes: Sequence[Change], now: datetime) -> dict[Key, int]:
    """Upsert the states. A row that was meanwhile seen later is left as it is: late never overwrites newer."""
    table = CheckState.__table__
    insertion = upsert(table)
    new = insertion.excluded
    kept = {"tenant_id", "id", "connection_id", "check", "subject"}
    statement = insertion.on_conflict_do_update(
        index_elements=["tenant_id", "connection_id", "check", "subject"],
        set_={column.name: new[column.name] for column in table.columns if column.name not in kept},
        where=table.c.seen_at <= new.seen_at,
    ).returning(CheckState.id, CheckState.connection_id, CheckState.check, CheckState.subject)
    ids = {change.key: change.before.id for change in changes if change.before is not None}
    told = [_state_row(change, now) for change in changes if not change.late]
    if not told:
        return ids
    rows = session().execute(statement, told)
    return ids | {(row.connection_id, row.check, row.subject): row.id for row in rows}


def _state_row(change: Change, now: datetime) -> dict[str, Any]:
    connection_id, check, subject = change.key
    after, finding, before = change.after, change.finding, change.before
    row = {
        "connection_id": connection_id,
        "check": check,
        "subject": subject,
        "state": after.state,
        "since": after.since,
        "told_state": after.told,
        "pending_state": after.pending,
        "pending_count": after.count,
        "reason": after.reason,
        "looks": after.looks,
        "ring": after.ring,
        "flapping_since": after.flapping_since,
        "maintained": change.maintained,
        "memory": _memory(change),
        "seen_at": after.seen_at,
        "received_at": now,
        "gone_at": after.gone_at,
        "unit": CATALOG[check].unit,
    }
    if finding is None or (finding.state == "unknown" and before is not None):
        return row | _kept(before, finding)
    return row | _found(finding)


def _memory(change: Change) -> dict[str, Any]:
    """What the check asked to be given back; nothing of a subject that went, since it is judged anew if it returns."""
    before, finding = change.before, change.finding
    if change.after.gone_at is not None:
        return {}
    if finding is not None and finding.memory is not None:
        return dict(finding.memory)
    return before.memory if before is not None else {}


def _found(finding: Finding) -> dict[str, Any]:
    params: dict[str, Any] = {
        **capped(finding.params), "wording": finding.wording, "reason": dict(finding.reason_params)
    }  # fmt: skip
    if finding.limits is not None:
        params["limits"] = list(finding.limits)
    return {
        "value": finding.value,
        "sentence_params": params,
        "right_needed": finding.right,
        "grant_statement": finding.grant,
    }


def _kept(before: CheckState | None, finding: Finding | None) -> dict[str, Any]:
    """A look that could not be taken keeps the last value and its sentence, and adds why."""
    params = dict(before.sentence_params) if before is not None else {}
    if finding is not None:
        params["reason"] = dict(finding.reason_params)
    return {
        "value": before.value if before is not None else None,
        "sentence_params": params,
        "right_needed": finding.right if finding is not None else "",
        "grant_statement": finding.grant if finding is not None else "",
    }


def _flips(changes: Sequence[Change], ids: Mapping[Key, int], now: datetime) -> int:
    rows = [
        {
            "state_id": ids[change.key],
            "connection_id": change.key[0],
            "check": change.key[1],
            "subject": change.key[2],
            "from_state": change.flip.came,
            "to_state": change.flip.went,
            "value": change.finding.value if change.finding else None,
            "reason": change.after.reason,
            "at": change.seen_at or now,
        }
        for change in changes
        if change.flip is not None
    ]
    if rows:
        session().execute(insert(CheckFlip.__table__), rows)
    return len(rows)


def _series(changes: Sequence[Change], ids: Mapping[Key, int], now: datetime) -> None:
    """The raw results, then the roll-ups of those that were new: a result told twice is counted once."""
    found = {ids[change.key]: change for change in changes if change.finding is not None and change.seen_at is not None}
    raw = [
        {
            "state_id": key,
            "seen_at": one.seen_at,
            "state": one.finding.state,
            "value": one.finding.value,
            "maintained": one.maintained,
        }
        for key, one in found.items()
        if one.finding is not None and one.seen_at is not None and one.seen_at > now - RAW
    ]
    if not raw:
        return
    statement = upsert(CheckResult.__table__).on_conflict_do_nothing().returning(CheckResult.state_id)
    fresh = set(session().scalars(statement, raw))
    zone = session().get_one(Tenant, current().tenant_id).time_zone
    sums = [(change.seen_at, _sums(key, change)) for key, change in found.items() if key in fresh and change.seen_at]
    if sums:
        hours = [{**row, "hour": at.replace(minute=0, second=0, microsecond=0)} for at, row in sums]
        _roll_up(CheckHour, "hour", hours)
        days = [{**row, "day": local_day(at, zone)} for at, row in sums]
        _roll_up(CheckDay, "day", days)
        _add_up(days)


def _add_up(rows: Sequence[Mapping[str, Any]]) -> None:
    """The client's own day, last of all: visits of one client that end together wait for each other here alone."""
    days = {row["day"] for row in rows}
    added = [
        {"day": day, **{name: sum(row[name] for row in rows if row["day"] == day) for name in COUNTS}}
        for day in sorted(days)
    ]
    table = CheckClientDay.__table__
    statement = upsert(table)
    more = {name: table.c[name] + statement.excluded[name] for name in COUNTS}
    session().execute(statement.on_conflict_do_update(index_elements=["tenant_id", "day"], set_=more), added)


def add_up_days() -> None:
    """Write the client's days anew from the days of its states, for a history that was not seen but written."""
    sums = [func.sum(CheckDay.__table__.c[name]) for name in COUNTS]
    rows = select(CheckDay.tenant_id, CheckDay.day, *sums).group_by(CheckDay.tenant_id, CheckDay.day)
    statement = upsert(CheckClientDay.__table__).from_select(["tenant_id", "day", *COUNTS], rows)
    new = {name: statement.excluded[name] for name in COUNTS}
    session().execute(statement.on_conflict_do_update(index_elements=["tenant_id", "day"], set_=new))


def _forget(changes: Sequence[Change]) -> None:
    """Forget the subjects of a check that went first, once more than `GONE` of them have gone; their flips stay."""
    went = {change.key[:2] for change in changes if change.went}
    for connection_id in {connection_id for connection_id, _check in went}:
        checks = [check for mine, check in went if mine == connection_id]
        latest = (CheckState.gone_at.desc(), CheckState.id.desc())
        place = func.row_number().over(partition_by=CheckState.check, order_by=latest).label("place")
        mine = CheckState.connection_id.is_not_distinct_from(connection_id)
        gone_ones = select(CheckState.id, place).where(
            mine, CheckState.check.in_(checks), CheckState.gone_at.is_not(None)
        )
        ranked = gone_ones.subquery()
        first = select(ranked.c.id).where(ranked.c.place > GONE)
        session().execute(
            delete(CheckState).where(CheckState.id.in_(first)).execution_options(synchronize_session=False)
        )


def _sums(state_id: int, change: Change) -> dict[str, Any]:
    assert change.finding is not None
    value = change.finding.value
    state = "maintained" if change.maintained else change.finding.state
    return {
        "state_id": state_id,
        "n": 1,
        "n_warn": int(state == "warn"),
        "n_crit": int(state == "crit"),
        "n_unknown": int(state == "unknown"),
        "n_maintained": int(change.maintained),
        "low": value,
        "high": value,
        "total": value or 0.0,
        "last": value,
    }


def _roll_up(model: type[CheckHour] | type[CheckDay], span: str, rows: list[dict[str, Any]]) -> None:
    table = model.__table__
    statement = upsert(table)
    old, new = table.c, statement.excluded
    added = {name: old[name] + new[name] for name in SUMS}
    ends = {"low": func.least(old.low, new.low), "high": func.greatest(old.high, new.high)}
    last = {"last": func.coalesce(new.last, old.last)}
    statement = statement.on_conflict_do_update(
        index_elements=["tenant_id", "state_id", span], set_={**added, **ends, **last}
    )
    session().execute(statement, rows)
