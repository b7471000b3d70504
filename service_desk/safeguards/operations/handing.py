"""What is handed down to the checks: plans, drills and copies as the plain records they judge with."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select

from service_desk.checks.finding import CopyRecord, DrillRecord, PlanRecord
from service_desk.checks.operations import hand_down
from service_desk.safeguards.models import BackupPlan, RestoreDrill
from service_desk.safeguards.reading import copies
from service_desk.safeguards.register import Planned
from service_desk.scope import session


def hand_down_plans(connection_id: int | None, mine: Sequence[Planned], now: datetime) -> None:
    """What each database of a connection was promised; of two plans of one type the stricter one."""
    strictest: dict[tuple[str, str], PlanRecord] = {}
    for one in sorted(mine, key=lambda plan: plan.every, reverse=True):
        if not one.by_heartbeat:
            strictest[one.database.casefold(), one.backup_type] = PlanRecord(
                database=one.database,
                backup_type=one.backup_type,
                every_s=int(one.every.total_seconds()),
                rpo_minutes=one.rpo_minutes,
                rto_minutes=one.rto_minutes,
            )
    hand_down("plan", connection_id, list(strictest.values()), now=now)


def hand_down_drills(connection_id: int | None, now: datetime) -> None:
    """How the drills of each plan of a connection stand that wants any."""
    of_connection = BackupPlan.connection_id.is_not_distinct_from(connection_id)
    wanted = select(BackupPlan).where(of_connection, BackupPlan.archived_at.is_(None), BackupPlan.drill_every_days > 0)
    rows = session().scalars(wanted.order_by(BackupPlan.id)).all()
    ids = [row.id for row in rows]
    done = select(RestoreDrill).where(RestoreDrill.plan_id.in_(ids), RestoreDrill.state == "done")
    last: dict[int | None, RestoreDrill] = {}
    for drill in session().scalars(done.order_by(RestoreDrill.finished_at)):
        last[drill.plan_id] = drill
    ended = select(RestoreDrill.plan_id, func.max(RestoreDrill.finished_at).label("at")).where(
        RestoreDrill.plan_id.in_(ids), RestoreDrill.result == "good"
    )
    good = {row.plan_id: row.at for row in session().execute(ended.group_by(RestoreDrill.plan_id))}
    records = [_record(row, last.get(row.id), good.get(row.id)) for row in rows]
    hand_down("drill", connection_id, records, now=now)


def _record(plan: BackupPlan, last: RestoreDrill | None, good: datetime | None) -> DrillRecord:
    return DrillRecord(
        plan=f"plan:{plan.id}",
        name=plan.subject,
        last_good_at=good,
        result={"good": "ok", "failed": "failed"}.get(last.result, "") if last else "",
        minutes=last.minutes if last else None,
        rto_minutes=plan.rto_minutes,
        failed_step=last.failed_step if last else "",
        planned_at=plan.created_at,
    )


def hand_down_copies(now: datetime) -> None:
    """Where copies lie, and how new the newest of each is. The data itself is no copy."""
    records = [CopyRecord(medium=one.medium, newest_at=one.newest_at, name=one.name) for one in copies()]
    hand_down("copy", None, records, now=now)
