"""The checks of one client as its pages show them: by layer, worst first, calm where all is well."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.dialects.postgresql import distinct_on

from service_desk.checks.catalog import CATALOG, GROUPS
from service_desk.checks.catalogued import in_catalog
from service_desk.checks.finding import RANK
from service_desk.checks.heat import Days, check_days
from service_desk.checks.life import Rule
from service_desk.checks.models import CheckPlan, CheckState
from service_desk.checks.reading import group_word, limits_words, sentence, shown, subject_words, title, value_words
from service_desk.lib.clock import Language, local_day
from service_desk.scope import session
from service_desk.tenants.models import ErpConnection, Tenant

SHOWN = 3  # subjects of one check in one state; more are one line that leads to all of them
LISTED = 500  # subjects of one check on its own list

Plans = dict[tuple[int | None, str], CheckPlan]


@dataclass(frozen=True)
class Line:
    """One subject of a check.

    `others` counts further subjects of the same check that stand alike and are not shown; `check` leads to them.
    """

    state_id: int
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
    check: str = ""
    others: int = 0


@dataclass
class Layer:
    """One layer of the mission: what needs somebody, and what is well.

    `subjects` counts all there are, `wrong` those that are not fine. `waiting`: titles of checks of which nothing is
    known yet.
    """

    name: str
    bad: list[Line] = field(default_factory=list)
    well: list[Line] = field(default_factory=list)
    subjects: int = 0
    wrong: int = 0
    waiting: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Choice:
    """A check that may be switched on: its limits in words, and whether it is offered ticked."""

    check: str
    title: str
    limits: str
    ticked: bool


@dataclass(frozen=True)
class Proposal:
    """Checks that fit a connection and wait for one click (or were left out), by layer."""

    connection_id: int
    connection: str
    groups: list[tuple[str, list[Choice]]]
    count: int


def connections() -> dict[int, str]:
    """The client's connections by name."""
    rows = session().execute(select(ErpConnection.id, ErpConnection.name).order_by(ErpConnection.id))
    return {row.id: row.name for row in rows}


@dataclass(frozen=True)
class Board:
    """Everything checks/index.html shows."""

    layers: list[Layer]
    proposals: list[Proposal]
    left_out: list[Proposal]


def read(tenant: Tenant, now: datetime, lang: Language, check: str = "") -> Board:
    """Every layer that has a check, and the proposals that wait. `check`: only this one, with all its subjects."""
    names = connections()
    wanted = or_(CheckPlan.enabled, CheckPlan.proposed)
    plans = session().scalars(select(CheckPlan).where(wanted).order_by(CheckPlan.id)).all()
    by_plan = {(plan.connection_id, plan.check): plan for plan in plans if plan.enabled}
    days = check_days(local_day(now, tenant.time_zone), 30)
    layers = {group: Layer(group_word(group, lang)) for group in GROUPS}
    rows = _states(check)
    for row, count in _bundled(rows, None if check else SHOWN):
        layer, key = layers[CATALOG[row.check].group], (row.connection_id, row.check)
        line = _line(row, names, by_plan.get(key), days.get(key, []), lang, count)
        (layer.well if row.state == "ok" else layer.bad).append(line)
    for row in rows:
        layer = layers[CATALOG[row.check].group]
        layer.subjects += row.alike
        layer.wrong += 0 if row.state == "ok" else row.alike
    for plan in [] if check else _unseen(by_plan, rows):
        layers[CATALOG[plan.check].group].waiting.append(title(plan.check, lang))
    waiting = [plan for plan in plans if plan.proposed and plan.check in CATALOG and not check]
    return Board(
        [layer for layer in layers.values() if layer.bad or layer.well or layer.waiting],
        _proposals([plan for plan in waiting if plan.enabled], names, lang),
        _proposals([plan for plan in waiting if not plan.enabled], names, lang),
    )


COLUMNS = (
    CheckState.id, CheckState.connection_id, CheckState.check, CheckState.subject, CheckState.state, CheckState.value,
    CheckState.sentence_params, CheckState.reason, CheckState.seen_at, CheckState.pending_state,
)  # fmt: skip


def _states(check: str) -> list[Any]:
    """What is not fine one by one, what is fine once for each check with its count; of one check everything."""
    there: list[ColumnElement[bool]] = [CheckState.gone_at.is_(None), in_catalog()]
    if check:
        asked = select(*COLUMNS, _one()).where(*there, CheckState.check == check).limit(LISTED)
        return sorted(session().execute(asked), key=_gravity)
    bad = session().execute(select(*COLUMNS, _one()).where(*there, CheckState.state != "ok"))
    alike = func.count().over(partition_by=(CheckState.connection_id, CheckState.check)).label("alike")
    first = select(*COLUMNS, alike).where(*there, CheckState.state == "ok")
    well = session().execute(
        first.ext(distinct_on(CheckState.connection_id, CheckState.check)).order_by(
            CheckState.connection_id, CheckState.check, CheckState.id
        )
    )
    return sorted([*bad, *well], key=_gravity)


def _one() -> ColumnElement[int]:
    return func.coalesce(1).label("alike")


def _bundled(rows: Iterable[Any], shown: int | None) -> Iterable[tuple[Any, int]]:
    """Each row that gets a line, with how many more stand behind it."""
    rows = list(rows)
    counts = Counter((row.connection_id, row.check, row.state) for row in rows)
    met: Counter[Any] = Counter()
    for row in rows:
        key = (row.connection_id, row.check, row.state)
        met[key] += 1
        if shown is None or counts[key] <= shown or met[key] < shown:
            yield row, row.alike - 1
        elif met[key] == shown:
            yield row, counts[key] - shown


def _gravity(row: Any) -> tuple[int, int, str]:
    return (-RANK[row.state], CATALOG[row.check].priority, row.subject)


def _line(row: Any, names: dict[int, str], plan: CheckPlan | None, days: Days, lang: Language, others: int) -> Line:
    return Line(
        state_id=row.id,
        connection=names.get(row.connection_id or 0, ""),
        title=title(row.check, lang),
        subject=subject_words(row, lang),
        state=shown(row),
        sentence=sentence(row, lang),
        value=value_words(row.check, row.value, lang) if CATALOG[row.check].unit else "",
        seen_at=row.seen_at,
        days=days,
        heartbeat_id=int(row.subject) if row.check == "hb.job" else None,
        paused_until=plan.paused_until if plan else None,
        pending=row.pending_state is not None,
        check=row.check,
        others=others,
    )


def _unseen(plans: Plans, rows: Iterable[Any]) -> list[CheckPlan]:
    """Plans that are on and have no state: nobody has looked yet."""
    seen = {(row.connection_id, row.check) for row in rows}
    return [
        plan
        for key, plan in plans.items()
        if not plan.proposed and plan.check in CATALOG and key not in seen and plan.heard_at is None
    ]


def _proposals(plans: Sequence[CheckPlan], names: dict[int, str], lang: Language) -> list[Proposal]:
    found = []
    for connection_id, name in names.items():
        mine = [CATALOG[plan.check] for plan in plans if plan.connection_id == connection_id]
        groups = [
            (
                group_word(group, lang),
                [
                    Choice(check.key, title(check.key, lang), limits_words(check, check.warn, check.crit, lang),
                           not check.quiet)
                    for check in sorted(mine, key=lambda check: check.priority)
                    if check.group == group
                ],
            )
            for group in GROUPS
        ]  # fmt: skip
        if mine:
            found.append(Proposal(connection_id, name, [group for group in groups if group[1]], len(mine)))
    return found


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
