"""Checks of which nothing was heard for too long: their states say so, and one check of its own tells it."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select, tuple_

from service_desk.checks.catalog import CATALOG
from service_desk.checks.finding import Seen, Settings
from service_desk.checks.life import NO_AGENT, NO_DATA, Rule
from service_desk.checks.models import CheckPlan, CheckState
from service_desk.checks.operations import states
from service_desk.checks.operations.inputs import own_records
from service_desk.checks.operations.states import Change
from service_desk.scope import session

STALE = "self.stale"


def judge_blind(now: datetime, slot: str) -> int:
    """Mark the states of silent plans and judge what tells of them; returns the number of flips."""
    return states.write([*_unheard(now), *_stale(now)], now, slot)


def _unheard(now: datetime) -> list[Change]:
    """The states of silent plans that do not say yet that there is no data."""
    silent = select(CheckPlan.connection_id, CheckPlan.check).where(
        CheckPlan.silent_since.is_not(None), CheckPlan.connection_id.is_not(None)
    )
    rows: Sequence[CheckState] = (
        session()
        .scalars(
            states.whole().where(
                tuple_(CheckState.connection_id, CheckState.check).in_(silent),
                CheckState.reason.not_in((NO_DATA, NO_AGENT)),
            )
        )
        .all()
    )
    return states.waiting(rows, now, NO_DATA)


def _stale(now: datetime) -> list[Change]:
    if STALE not in CATALOG:
        return []
    check = CATALOG[STALE]
    records = tuple(own_records([STALE], None))
    settings = Settings(warn=check.warn, crit=check.crit, bad=check.bad)
    findings = check.judge(Seen(own=records), settings, now)
    known = states.known_states(None, [STALE])
    changes = states.judged(None, STALE, findings, known, Rule(), now)
    named = {finding.subject for finding in findings}
    return changes + states.gone((row for row in known.values() if row.subject not in named), now)
