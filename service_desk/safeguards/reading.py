"""Reading plans, copies, drills and reviews with what the checks measured; at most a statement or two each."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import Row, func, select
from sqlalchemy.dialects.postgresql import distinct_on

from service_desk.checks.catalog import CATALOG
from service_desk.checks.models import CheckState, Heartbeat, HeartbeatPing
from service_desk.checks.promised import UNITS
from service_desk.checks.reading import MOST_S
from service_desk.checks.schedule import BadCron
from service_desk.safeguards import register
from service_desk.safeguards.copies import Kept
from service_desk.safeguards.models import AccessReview, BackupCopy, BackupPlan, RestoreDrill
from service_desk.scope import session
from service_desk.tenants.models import ErpConnection

TYPE_OF = {check: kind for kind, check in register.CHECKS.items()}


@dataclass(frozen=True)
class Plan:
    """A backup plan with the names that stand beside it, and when its heartbeat last reported success."""

    row: BackupPlan
    connection: str
    kind: str
    account_sets: Sequence[Mapping[str, Any]]
    beat_at: datetime | None


@cache
def _plans() -> Any:
    return (
        select(BackupPlan, ErpConnection.name, ErpConnection.kind, ErpConnection.account_sets, Heartbeat.last_ping_at)
        .outerjoin(
            ErpConnection,
            (ErpConnection.tenant_id == BackupPlan.tenant_id) & (ErpConnection.id == BackupPlan.connection_id),
        )
        .outerjoin(
            Heartbeat,
            (Heartbeat.tenant_id == BackupPlan.tenant_id)
            & (Heartbeat.id == BackupPlan.heartbeat_id)
            & Heartbeat.healthy,
        )
        .where(BackupPlan.archived_at.is_(None))
        .order_by(BackupPlan.connection_id, BackupPlan.scope, BackupPlan.subject, BackupPlan.backup_type)
    )


def plans() -> list[Plan]:
    """The plans in force, with their connections and heartbeats."""
    found = session().execute(_plans())
    return [Plan(row, name or "", kind or "", sets or (), beat) for row, name, kind, sets, beat in found]


def planned(rows: Sequence[Plan], zone: str, now: datetime) -> list[register.Planned]:
    """The plans as the register reads them; a cron line that went bad counts as daily."""
    return [_planned(one, zone, now) for one in rows]


def _planned(one: Plan, zone: str, now: datetime) -> register.Planned:
    row = one.row
    try:
        every = register.longest_gap(every_s=row.every_s, cron=row.cron, zone=zone, now=now)
    except BadCron:
        every = timedelta(days=1)
    return register.Planned(
        id=row.id,
        connection_id=row.connection_id,
        database=_database(one),
        backup_type=row.backup_type,
        every=every,
        rpo_minutes=row.rpo_minutes,
        rto_minutes=row.rto_minutes,
        by_heartbeat=row.scope == "files" or row.heartbeat_id is not None,
        reported_at=one.beat_at,
    )


def _database(one: Plan) -> str:
    """The database behind an account set where the ERP told it; else what the plan names."""
    if one.row.scope == "account_set":
        for found in one.account_sets:
            if str(found.get("code")) == one.row.subject and found.get("database"):
                return str(found["database"])
    return one.row.subject


def measured() -> list[register.Real]:
    """What the database servers' own records say, as the checks last saw it."""
    return [real for state in session().execute(_states()) if (real := real_of(state)) is not None]


@cache
def _states() -> Any:
    shown = ("connection_id", "check", "subject", "state", "value", "seen_at", "sentence_params")
    columns = [getattr(CheckState, name) for name in shown]
    return select(*columns).where(CheckState.check.in_(TYPE_OF), CheckState.gone_at.is_(None))


def real_of(state: Any) -> register.Real | None:
    """One check state (or its columns) as a line of the record; None where it speaks of no single database."""
    params = state.sentence_params
    name = str(params.get("database") or state.subject)
    if not name or state.check not in TYPE_OF:
        return None
    seconds = params.get("age_s")
    if seconds is None and state.value is not None:
        seconds = state.value * UNITS.get(CATALOG[state.check].unit if state.check in CATALOG else "", 0)
    last = None
    if isinstance(seconds, int | float):
        last = state.seen_at - timedelta(seconds=max(-MOST_S, min(float(seconds), MOST_S)))
    return register.Real(
        connection_id=state.connection_id,
        database=name,
        backup_type=TYPE_OF[state.check],
        last_at=last,
        seen=state.state != "unknown",
    )


@dataclass(frozen=True)
class Copy:
    """A place where copies lie, with what is known of the newest: by hand, by a heartbeat, by an inventory."""

    row: BackupCopy
    newest_at: datetime | None
    how: str
    heartbeat: str = ""

    @property
    def medium(self) -> str:
        return self.row.medium

    @property
    def name(self) -> str:
        return self.row.name

    def kept(self) -> Kept:
        """The same for the count of 3-2-1."""
        return Kept(name=self.row.name, medium=self.row.medium, device=self.row.device, newest_at=self.newest_at)


@cache
def _copies() -> Any:
    last = (
        select(HeartbeatPing.tenant_id, HeartbeatPing.heartbeat_id, HeartbeatPing.at, HeartbeatPing.body)
        .where(HeartbeatPing.kind == "success")
        .ext(distinct_on(HeartbeatPing.tenant_id, HeartbeatPing.heartbeat_id))
        .order_by(HeartbeatPing.tenant_id, HeartbeatPing.heartbeat_id, HeartbeatPing.n.desc())
        .subquery()
    )
    return (
        select(BackupCopy, Heartbeat.name, last.c.at, last.c.body)
        .outerjoin(Heartbeat, (Heartbeat.tenant_id == BackupCopy.tenant_id) & (Heartbeat.id == BackupCopy.heartbeat_id))
        .outerjoin(last, (last.c.tenant_id == BackupCopy.tenant_id) & (last.c.heartbeat_id == BackupCopy.heartbeat_id))
        .where(BackupCopy.archived_at.is_(None))
        .order_by(BackupCopy.medium.desc(), BackupCopy.name)
    )


def copies() -> list[Copy]:
    """The copies on the register. A heartbeat's last success counts as a copy made then, unless it says another day."""
    return [_copy(row, name or "", at, body or "") for row, name, at, body in session().execute(_copies())]


def _copy(row: BackupCopy, heartbeat: str, at: datetime | None, body: str) -> Copy:
    if row.heartbeat_id is None or at is None:
        return Copy(row, row.newest_at, row.how, heartbeat)
    told = inventoried(body, row.name)
    newest, how = (min(told, at), "inventory") if told else (at, "heartbeat")
    if row.newest_at is not None and row.newest_at > newest:
        return Copy(row, row.newest_at, row.how, heartbeat)
    return Copy(row, newest, how, heartbeat)


def inventoried(body: str, name: str) -> datetime | None:
    """The newest copy that a heartbeat's body tells of, None when it tells of none.

    It is JSON: `{"newest_at": "2026-11-22T01:30:00+08:00"}`, or for several places
    `{"copies": [{"name": "NAS", "newest_at": "..."}]}`. A moment without a zone is nobody's moment and is not read.
    """
    try:
        data = json.loads(body)
    except ValueError:
        return None
    if not isinstance(data, dict):
        return None
    listed = data.get("copies")
    named = [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
    text = next((one for one in named if one.get("name") == name), data).get("newest_at")
    try:
        moment = datetime.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return None
    return moment.astimezone(UTC) if moment is not None and moment.tzinfo is not None else None


def last_drills() -> dict[int, Row[*tuple[Any, ...]]]:
    """Per plan: when a drill last went well, when the last one ended, and the day and id of the open one."""
    return {row.plan_id: row for row in session().execute(_last_drills())}


@cache
def _last_drills() -> Any:
    good = func.max(RestoreDrill.finished_at).filter(RestoreDrill.result == "good").label("good_at")
    ended = func.max(RestoreDrill.finished_at).label("ended_at")
    due = func.min(RestoreDrill.due_on).filter(RestoreDrill.state.in_(("planned", "running"))).label("due_on")
    open_id = func.max(RestoreDrill.id).filter(RestoreDrill.state.in_(("planned", "running"))).label("open_id")
    columns = (RestoreDrill.plan_id, good, ended, due, open_id)
    return select(*columns).where(RestoreDrill.plan_id.is_not(None)).group_by(RestoreDrill.plan_id)


def last_review() -> AccessReview | None:
    """The newest review that was signed."""
    done = select(AccessReview).where(AccessReview.state == "done")
    return session().scalars(done.order_by(AccessReview.finished_at.desc()).limit(1)).first()
