"""The checks of one client as its pages show them: by layer, worst first, calm where all is well."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select

from service_desk.checks.catalog import CATALOG, GROUPS
from service_desk.checks.finding import RANK
from service_desk.checks.heat import Days, check_days
from service_desk.checks.life import Rule
from service_desk.checks.models import CheckPlan, CheckState
from service_desk.checks.reading import group_word, sentence, subject_words, title, value_words
from service_desk.lib.clock import Language, local_day
from service_desk.scope import session
from service_desk.tenants.models import ErpConnection, Tenant


@dataclass(frozen=True)
class Line:
    """One subject of a check, or a plan that has no state yet (`state_id` None)."""

    state_id: int | None
    connection: str
    title: str
    subject: str
    state: str
    sentence: str
    value: str
    seen_at: datetime | None
    days: Days
    heartbeat_id: int | None = None
    paused_until: datetime | None = None
    pending: bool = False


@dataclass
class Layer:
    """One layer of the mission: what needs somebody, and what is well."""

    name: str
    bad: list[Line] = field(default_factory=list)
    well: list[Line] = field(default_factory=list)


@dataclass(frozen=True)
class Proposal:
    """Checks that fit a connection and wait for one click."""

    connection_id: int
    connection: str
    titles: list[str]


def connections() -> dict[int, str]:
    """The client's connections by name."""
    rows = session().execute(select(ErpConnection.id, ErpConnection.name).order_by(ErpConnection.id))
    return {row.id: row.name for row in rows}


def read(tenant: Tenant, now: datetime, lang: Language) -> tuple[list[Layer], list[Proposal]]:
    """Every layer that has a check, and the proposals that wait."""
    names = connections()
    plans = session().scalars(select(CheckPlan).where(CheckPlan.enabled).order_by(CheckPlan.id)).all()
    states = session().scalars(select(CheckState).where(CheckState.gone_at.is_(None))).all()
    days = check_days(local_day(now, tenant.time_zone), 30)
    by_plan = {(plan.connection_id, plan.check): plan for plan in plans}
    layers = {group: Layer(group_word(group, lang)) for group in GROUPS}
    for state in sorted(states, key=_gravity):
        if state.check in CATALOG:
            key = (state.connection_id, state.check)
            line = _line(state, names, by_plan.get(key), days.get(key, []), lang)
            layer = layers[CATALOG[state.check].group]
            (layer.well if state.state == "ok" else layer.bad).append(line)
    for plan in _unseen(plans, states):
        layers[CATALOG[plan.check].group].bad.append(_empty(plan, names, lang))
    return [layer for layer in layers.values() if layer.bad or layer.well], _proposals(plans, names, lang)


def _gravity(state: CheckState) -> tuple[int, int, str]:
    priority = CATALOG[state.check].priority if state.check in CATALOG else 99
    return (-RANK[state.state], priority, state.subject)


def _line(state: CheckState, names: dict[int, str], plan: CheckPlan | None, days: Days, lang: Language) -> Line:
    return Line(
        state_id=state.id,
        connection=names.get(state.connection_id or 0, ""),
        title=title(state.check, lang),
        subject=subject_words(state, lang),
        state=state.state,
        sentence=sentence(state, lang),
        value=value_words(state.check, state.value, lang) if CATALOG[state.check].unit else "",
        seen_at=state.seen_at,
        days=days,
        heartbeat_id=int(state.subject) if state.check == "hb.job" else None,
        paused_until=plan.paused_until if plan else None,
        pending=state.pending_state is not None,
    )


def _unseen(plans: Iterable[CheckPlan], states: Iterable[CheckState]) -> list[CheckPlan]:
    seen = {(state.connection_id, state.check) for state in states}
    return [
        plan
        for plan in plans
        if not plan.proposed and plan.check in CATALOG and (plan.connection_id, plan.check) not in seen
    ]


def _empty(plan: CheckPlan, names: dict[int, str], lang: Language) -> Line:
    name = names.get(plan.connection_id or 0, "")
    return Line(None, name, title(plan.check, lang), "", "unknown", "", "", None, [], paused_until=plan.paused_until)


def _proposals(plans: Sequence[CheckPlan], names: dict[int, str], lang: Language) -> list[Proposal]:
    waiting: dict[int, list[str]] = {}
    for plan in plans:
        if plan.proposed and plan.connection_id is not None and plan.check in CATALOG:
            waiting.setdefault(plan.connection_id, []).append(title(plan.check, lang))
    return [Proposal(key, names[key], titles) for key, titles in waiting.items() if key in names]


def plan_of(state: CheckState) -> CheckPlan | None:
    """The plan that a state follows; a heartbeat has none."""
    mine = CheckPlan.connection_id.is_not_distinct_from(state.connection_id)
    return session().scalar(select(CheckPlan).where(mine, CheckPlan.check == state.check))


def rule_of(plan: CheckPlan) -> Rule:
    """The rule of life a plan sets."""
    return Rule(
        confirm_n=plan.confirm_n,
        recover_n=plan.recover_n,
        clear_warn=plan.clear_warn,
        clear_crit=plan.clear_crit,
        bad=CATALOG[plan.check].bad,
    )
