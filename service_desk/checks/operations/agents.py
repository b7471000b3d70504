"""Agents at work: what is due for one, what it hands over, and its silence."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from connectors.agent.build import build
from connectors.facts import Look
from service_desk.audit.operations import record as audited
from service_desk.checks.catalog import CATALOG, kinds_needed
from service_desk.checks.finding import AgentRecord, Seen, Settings
from service_desk.checks.life import NO_AGENT, Rule
from service_desk.checks.models import CheckPlan, CheckState
from service_desk.checks.operations import states
from service_desk.checks.operations.pushing import first_time, push_looks
from service_desk.checks.operations.scripted import left_to_scripts
from service_desk.jobs import enqueue
from service_desk.scope import load, session
from service_desk.tenants import agent_probe
from service_desk.tenants.models import ErpConnection, SiteAgent
from service_desk.tenants.operations.agents import SILENT_AFTER, served_by
from service_desk.tenants.operations.connections import keep_probe

CHECK = "agent.silent"
DRIFTS = timedelta(minutes=5)


@dataclass(frozen=True, kw_only=True)
class Told:
    """What an agent says of itself with each question."""

    version: str
    platform: str
    waiting: int = 0
    dropped: int = 0
    ahead: timedelta | None = None


def heard(agent: SiteAgent, told: Told | None, now: datetime) -> None:
    """The agent gave a sign of life. A worker is asked only when that is news."""
    was_well = not agent.silent and not _drifts(agent)
    agent.last_seen_at, agent.alert_after, agent.silent = now, now + SILENT_AFTER, False
    if told is not None:
        agent.version, agent.platform = told.version, told.platform
        agent.waiting, agent.dropped = told.waiting, told.dropped
        if told.ahead is not None:
            agent.clock_ahead_s = round(told.ahead.total_seconds(), 1)
    if was_well == _drifts(agent) or _unknown(agent):
        agent.unjudged = True
        enqueue("agents", agent.id, slot=f"{agent.id}@{now.isoformat()}")


def _drifts(agent: SiteAgent) -> bool:
    return abs(agent.clock_ahead_s or 0) >= DRIFTS.total_seconds()


def _unknown(agent: SiteAgent) -> bool:
    """True before it was judged for the first time."""
    known = select(CheckState.id).where(CheckState.check == CHECK, CheckState.subject == str(agent.id))
    return session().scalar(known.limit(1)) is None


def due_for(agent: SiteAgent, now: datetime) -> list[dict[str, Any]]:
    """The connections an agent reads: how each is reached, and each kind of fact with its rhythm and when it is due."""
    connections = [row for row in served_by(agent.id) if row.enabled]
    plans = session().scalars(
        select(CheckPlan).where(
            CheckPlan.connection_id.in_([row.id for row in connections]), CheckPlan.enabled, ~CheckPlan.proposed
        )
    )
    mine: dict[int, list[CheckPlan]] = {row.id: [] for row in connections}
    for plan in plans:
        if plan.check in CATALOG and plan.connection_id is not None:
            mine[plan.connection_id].append(plan)
    for row in connections:
        left = left_to_scripts(row, [plan.check for plan in mine[row.id]])
        mine[row.id] = [plan for plan in mine[row.id] if plan.check not in left]
    return [
        {
            "id": row.id,
            "name": row.name,
            "kind": row.kind,
            "settings": row.settings,
            "kinds": _rhythms(mine[row.id], now),
            "together": _together(mine[row.id]),
            "probe": agent_probe.wanted(row.probe),
        }
        for row in connections
    ]


def _rhythms(plans: Sequence[CheckPlan], now: datetime) -> dict[str, dict[str, float]]:
    """Fact kind -> the shortest interval of the checks that need it, and the seconds until the first is due."""
    found: dict[str, dict[str, float]] = {}
    for plan in plans:
        until = (plan.next_run_at - now).total_seconds()
        check = CATALOG[plan.check]
        for kind in kinds_needed([plan.check]) if check.kinds or check.also else []:
            known = found.setdefault(kind, {"every_s": plan.interval_s, "in_s": until})
            known["every_s"] = min(known["every_s"], plan.interval_s)
            known["in_s"] = min(known["in_s"], until)
    return found


def _together(plans: Sequence[CheckPlan]) -> list[list[str]]:
    """The kinds that checks judge side by side: they are looked for in one visit, at the pace of the slowest."""
    asked = (CATALOG[plan.check] for plan in plans)
    groups = {tuple(sorted({*check.kinds, *check.also})) for check in asked}
    return [list(group) for group in sorted(groups) if len(group) > 1]


def taken(
    agent: SiteAgent,
    connection_id: int,
    push_id: str,
    now: datetime,
    *,
    looks: Sequence[Look] = (),
    steps: Sequence[Mapping[str, Any]] = (),
) -> str:
    """Take what an agent hands over of one connection: `taken`, `again` (it was taken before) or `not_yours`.

    A connection that this agent does not read, of its own client or of another, is refused and written down.
    """
    connection = session().scalar(
        select(ErpConnection).where(ErpConnection.id == connection_id, ErpConnection.agent_id == agent.id)
    )
    if connection is None:
        audited("agent.refused", f"agent:{agent.id}", name=agent.name, connection=connection_id)
        return "not_yours"
    if not first_time(f"agent:{agent.id}", push_id, now):
        return "again"
    if steps:
        keep_probe(connection_id, agent_probe.kept(steps), now)
    if looks:
        push_looks(connection_id, looks, now)
    return "taken"


def judge_agents(now: datetime, slot: str) -> int:
    """Judge every agent with news; what a silent or revoked one reads waits for it. Returns the number of flips."""
    asked = select(SiteAgent).where(SiteAgent.unjudged).order_by(SiteAgent.id).with_for_update()
    rows = session().scalars(asked).all()
    for row in rows:
        row.unjudged = False
    known = states.known_states(None, [CHECK])
    here = [row for row in rows if row.revoked_at is None]
    records = tuple(record_of(row) for row in here)
    findings = CATALOG[CHECK].judge(Seen(own=records), Settings(), now)
    changes = states.judged(None, CHECK, findings, known, Rule(), now)
    gone = {str(row.id) for row in rows} - {str(row.id) for row in here}
    changes += states.gone((row for row in known.values() if row.subject in gone), now)
    for row in rows:
        if row.silent:
            changes += states.waiting(_states_of(row), now, NO_AGENT)
    return states.write(changes, now, slot)


def _states_of(agent: SiteAgent) -> Sequence[CheckState]:
    mine = [row.id for row in served_by(agent.id)]
    return session().scalars(states.whole().where(CheckState.connection_id.in_(mine))).all()


def record_of(row: SiteAgent) -> AgentRecord:
    """An agent as its check knows it."""
    return AgentRecord(
        key=str(row.id),
        name=row.name,
        last_seen_at=row.last_seen_at,
        version=row.version,
        current_version=build()[1],
        clock_ahead_s=row.clock_ahead_s,
        waiting=row.waiting,
    )


def agent_of(agent_id: int) -> SiteAgent:
    """The agent that acts, held until the commit. Raises NotThere."""
    return load(SiteAgent, agent_id, lock=True)
