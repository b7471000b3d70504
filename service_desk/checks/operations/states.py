"""Writing states, flips and what follows from them: one statement for each table, whatever the number of findings.

Rows in bulk go to the table itself: the ORM would look at every one of them.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Select, delete, func, insert, select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import undefer

from service_desk.checks.catalog import CATALOG
from service_desk.checks.detail import capped
from service_desk.checks.finding import RANK, Finding
from service_desk.checks.life import WAITING, Flip, Rule, Standing, advance, leave, wait
from service_desk.checks.models import CheckFlip, CheckState
from service_desk.checks.operations import series
from service_desk.jobs import enqueue
from service_desk.scope import session

SUBJECTS = 500  # of one check that are there at once; of what is beyond, one line says that there is more
GONE = 500  # subjects of one check that went and are still known; whoever tells of others every time forgets the oldest

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
        findings = sorted(
            findings, key=lambda one: ((connection_id, check, one.subject) not in known, -RANK[one.state])
        )
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
    series.write(_results(changes, ids), now)
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


def _results(changes: Sequence[Change], ids: Mapping[Key, int]) -> list[series.Result]:
    """What was found of each subject; a subject that was found twice is told once."""
    found = {
        ids[change.key]: series.Result(
            state_id=ids[change.key],
            seen_at=change.seen_at,
            state=change.finding.state,
            value=change.finding.value,
            maintained=change.maintained,
        )
        for change in changes
        if change.finding is not None and change.seen_at is not None
    }
    return list(found.values())


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
