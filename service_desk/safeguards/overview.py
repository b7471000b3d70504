"""What the overviews and other pages ask about the safeguards of their clients, as parts of their own statements."""

from collections.abc import Mapping
from datetime import timedelta
from functools import cache
from typing import Any

from sqlalchemy import Date, DateTime, Text, case, cast, func, literal_column, null, select, union_all

from service_desk.db import words
from service_desk.safeguards.duties import REVIEW_DAYS
from service_desk.safeguards.models import AccessReview, BackupPlan, RestoreDrill, RoundTemplate
from service_desk.safeguards.rounds import DAYS
from service_desk.spelled import given


def proof_of(tenant_id: Any = None) -> Any:
    """One row that says how proven the backups of a client are, for the overviews; `now` is given when it is asked.

    `wanted` plans ask for drills, `unproven` of them never had a good one, `stale` had it too long ago; `oldest_good`
    is the oldest of their last good drills, `drill_due` the day of the next one.
    """
    of_client = [] if tenant_id is None else [BackupPlan.tenant_id == tenant_id]
    good = (
        select(func.max(RestoreDrill.finished_at))
        .where(
            RestoreDrill.tenant_id == BackupPlan.tenant_id,
            RestoreDrill.plan_id == BackupPlan.id,
            RestoreDrill.result == "good",
        )
        .scalar_subquery()
    )
    due = (
        select(func.min(RestoreDrill.due_on))
        .where(
            RestoreDrill.tenant_id == BackupPlan.tenant_id,
            RestoreDrill.plan_id == BackupPlan.id,
            RestoreDrill.state.in_(("planned", "running")),
        )
        .scalar_subquery()
    )
    now, days = given("now", DateTime(timezone=True)), BackupPlan.drill_every_days
    old = good < now - func.make_interval(0, 0, 0, days)
    return (
        select(
            func.count().label("wanted"),
            func.count().filter(good.is_(None)).label("unproven"),
            func.count().filter(old).label("stale"),
            func.min(good).label("oldest_good"),
            func.min(due).label("drill_due"),
        )
        .select_from(BackupPlan)
        .where(BackupPlan.archived_at.is_(None), days > 0, *of_client)
    )


@cache
def duties_of() -> Any:
    """Per client one JSON list `duties` of what may be due before the given moment `near`, as `duties.duties` reads it.

    The statement leaves out what is certainly not due yet, a day early for clients in other time zones; which day a
    thing is due on is said by the rule alone.
    """
    near = given("near", DateTime(timezone=True))
    no_day, no_time = cast(null(), Date), cast(null(), DateTime(timezone=True))
    every = case(DAYS, value=RoundTemplate.rhythm, else_=0)
    held, reviewed = RoundTemplate.held_at, func.max(AccessReview.finished_at)
    round_due = held.is_(None) | (held < near + timedelta(days=1) - func.make_interval(0, 0, 0, every))
    drill_open = RestoreDrill.state.in_(words("planned", "running"))
    rows = union_all(
        select(RoundTemplate.tenant_id, *_told("round", RoundTemplate.name, RoundTemplate.rhythm, held, no_day))
        .where(RoundTemplate.archived_at.is_(None), round_due),
        select(RestoreDrill.tenant_id, *_told("drill", RestoreDrill.name, _NOTHING, no_time, RestoreDrill.due_on))
        .where(drill_open, RestoreDrill.due_on <= cast(near, Date) + 1),
        select(AccessReview.tenant_id, *_told("review", _NOTHING, _NOTHING, reviewed, no_day))
        .where(AccessReview.state == literal_column("'done'"))
        .group_by(AccessReview.tenant_id)
        .having(reviewed < near + timedelta(days=1 - REVIEW_DAYS)),
    ).subquery()  # fmt: skip
    listed = func.jsonb_agg(func.jsonb_build_array(*(rows.c[name] for name in _TOLD)))
    return select(rows.c.tenant_id, listed.label("duties")).group_by(rows.c.tenant_id)


_TOLD = ("kind", "name", "rhythm", "done_at", "due_on")
_NOTHING = literal_column("''", Text)


def _told(kind: str, *columns: Any) -> list[Any]:
    """The columns of a duty under their names."""
    return [
        column.label(name) for name, column in zip(_TOLD, (literal_column(f"'{kind}'", Text), *columns), strict=True)
    ]


@cache
def glance_columns() -> Mapping[str, Any]:
    """How the safeguards of the client in scope stand, as scalar subqueries for a statement of somebody else's page.

    `proof` is the row of `proof_of` as JSON; `reviewed_at`: the last signed review; `reviewing`: one is open.
    """
    proof = proof_of().subquery("how_proven")
    done = select(func.max(AccessReview.finished_at)).where(AccessReview.state == "done")
    going = select(func.count()).select_from(AccessReview).where(AccessReview.state.in_(("looking", "open")))
    return {
        "proof": select(func.to_jsonb(literal_column("how_proven"))).select_from(proof).scalar_subquery(),
        "reviewed_at": done.scalar_subquery(),
        "reviewing": going.scalar_subquery(),
    }
