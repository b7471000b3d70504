"""Restore drills: planned, run step by step, ended, signed by both sides."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import func, select

from service_desk.audit.operations import record
from service_desk.files.accepted import checked
from service_desk.files.models import StoredFile
from service_desk.files.operations import keep
from service_desk.jobs import enqueue
from service_desk.lib.errors import Invalid, Refused
from service_desk.safeguards import drilling
from service_desk.safeguards.models import BackupPlan, DrillStep, RestoreDrill
from service_desk.safeguards.operations.handing import hand_down_drills
from service_desk.scope import current, load, session
from service_desk.tenants.models import ErpConnection, Tenant

OPEN = ("planned", "running")
FACTS = ("backup_file", "backup_hash", "restored_to", "note")


def about(drill: RestoreDrill) -> str:
    """What a drill's files and its paper are about."""
    return f"drill:{drill.id}"


def plan_drill(plan: BackupPlan, due_on: date, now: datetime) -> RestoreDrill:
    """Put a drill of this plan on the calendar, with the steps that fit its ERP. Raises Refused while one is open."""
    open_one = select(RestoreDrill.id).where(RestoreDrill.plan_id == plan.id, RestoreDrill.state.in_(OPEN))
    if session().scalar(open_one) is not None:
        raise Refused(_l("A drill of this plan is already planned or running."))
    connection = load(ErpConnection, plan.connection_id) if plan.connection_id is not None else None
    kind = connection.kind if connection else ""
    drill = RestoreDrill(
        plan_id=plan.id,
        connection_id=plan.connection_id,
        name=plan.subject or (connection.name if connection else ""),
        due_on=due_on,
        rto_minutes=plan.rto_minutes,
        counts=_last_tables(plan.id) or drilling.tables(kind),
        created_at=now,
    )
    session().add(drill)
    session().flush()
    steps = [
        DrillStep(drill_id=drill.id, position=place, key=key, words=words)
        for place, (key, words) in enumerate(drilling.steps(kind), start=1)
    ]
    session().add_all(steps)
    record("drill.plan", about(drill), due=due_on.isoformat(), plan=plan.id)
    return drill


def _last_tables(plan_id: int) -> list[dict[str, Any]]:
    """The tables that the last drill of this plan compared: whoever named them once need not do so again."""
    last = (
        select(RestoreDrill.counts)
        .where(RestoreDrill.plan_id == plan_id, RestoreDrill.state == "done")
        .order_by(RestoreDrill.finished_at.desc())
        .limit(1)
    )
    return [{"table": one["table"], "expected": None, "found": None} for one in session().scalar(last) or ()]


def steps_of(drill: RestoreDrill) -> list[DrillStep]:
    """The steps in their order."""
    mine = select(DrillStep).where(DrillStep.drill_id == drill.id).order_by(DrillStep.position)
    return list(session().scalars(mine))


def evidence_of(drill: RestoreDrill) -> Sequence[StoredFile]:
    """The files kept as evidence, the first one first."""
    return session().scalars(select(StoredFile).where(StoredFile.about == about(drill)).order_by(StoredFile.id)).all()


def start_drill(drill: RestoreDrill, now: datetime) -> None:
    """Begin: the clock runs from here, and with it the first step. Raises Refused when it has begun or ended."""
    if drill.state != "planned":
        raise Refused(_l("This drill has already begun."))
    drill.state, drill.started_at = "running", now
    drill.done_by = current().actor.name
    first = steps_of(drill)[0]
    first.started_at = now
    record("drill.start", about(drill))


def set_step(drill: RestoreDrill, position: int, state: str, note: str, now: datetime) -> DrillStep:
    """Say how a step went; the next one that is open begins. A step that went wrong needs a word about it."""
    if drill.state != "running":
        raise Refused(_l("Steps are set while the drill runs."))
    steps = steps_of(drill)
    step = next((one for one in steps if one.position == position), None)
    if step is None or state not in ("open", "done", "failed", "skipped"):
        raise Invalid(_l("There is no such step."))
    if state in ("failed", "skipped") and not note.strip():
        raise Invalid(_l("Please write what happened."), field=f"note-{position}")
    step.state, step.note = state, note.strip()
    step.started_at = step.started_at or now
    step.ended_at = None if state == "open" else now
    following = next((one for one in steps if one.state == "open" and one is not step), None)
    if following is not None and following.started_at is None:
        following.started_at = now
    return step


def save_facts(drill: RestoreDrill, facts: Mapping[str, str], counts: Sequence[Mapping[str, Any]]) -> None:
    """Write down which file was restored where, and the row counts. Raises Refused once the drill has ended."""
    if drill.state not in OPEN:
        raise Refused(_l("This drill has ended; its record stays as it is."))
    for name in FACTS:
        if name in facts:
            setattr(drill, name, str(facts[name]).strip())
    drill.counts = [dict(one) for one in counts if str(one.get("table", "")).strip()]


def add_evidence(drill: RestoreDrill, name: str, data: bytes) -> StoredFile:
    """Keep a picture or log as evidence. Raises Refused once the client has signed, Invalid for a strange file."""
    if drill.client_signed_at is not None:
        raise Refused(_l("The client has signed; the record stays as it is."))
    plain, kind, kept = checked(name, data)
    file = keep(plain, kind, kept, "evidence", about=about(drill), shown_to_client=True)
    record("drill.evidence", about(drill), file=plain, sha256=file.sha256.hex())
    return file


def finish_drill(drill: RestoreDrill, now: datetime) -> None:
    """End the drill: its result follows from steps and counts, its age starts anew, its report is written.

    Raises Refused when it does not run, Invalid while a step is still open, a table is counted on one side only, or
    counts are called compared and there are none.
    """
    if drill.state != "running" or drill.started_at is None:
        raise Refused(_l("This drill does not run."))
    steps = steps_of(drill)
    failed = any(step.state == "failed" for step in steps)
    if not failed and any(step.state == "open" for step in steps):
        raise Invalid(_l("Some steps are still open. Do them, or leave them out with a word why."))
    if half := drilling.half_counted(drill.counts):
        raise Invalid(_l("Of %(tables)s only one side was counted.", tables=", ".join(half)))
    if any((step.key, step.state) == ("counts", "done") for step in steps) and not drilling.compared(drill.counts):
        raise Invalid(_l("The row counts are said to agree, but none is written down."))
    end = drilling.ended([(step.key, step.state) for step in steps], drill.counts, drill.started_at, now)
    drill.state, drill.finished_at = "done", now
    drill.result, drill.failed_step, drill.minutes = end.result, end.failed_step, end.minutes
    drill.signed_at, drill.signed_by = now, current().actor.name
    session().flush()
    record("drill.finish", about(drill), result=end.result, minutes=end.minutes)
    hand_down_drills(drill.connection_id, now)
    _plan_next(drill, now)
    enqueue("safeguard_paper", drill.id, slot=about(drill))


def _plan_next(drill: RestoreDrill, now: datetime) -> None:
    """After a good drill the next one of the plan stands on the calendar; after a failed one it is due in a week."""
    plan = session().get(BackupPlan, (current().tenant_id, drill.plan_id)) if drill.plan_id else None
    if plan is None or plan.archived_at is not None or not plan.drill_every_days:
        return
    days = plan.drill_every_days if drill.result == "good" else min(7, plan.drill_every_days)
    plan_drill(plan, drilling.next_due(now, days, now, Tenant.here().time_zone), now)


def call_off(drill: RestoreDrill, reason: str) -> None:
    """A drill that is not held; the reason is kept. Raises Refused once it has ended, Invalid without a reason."""
    if drill.state not in OPEN:
        raise Refused(_l("This drill has ended; its record stays as it is."))
    if not reason.strip():
        raise Invalid(_l("Please say why."), field="reason")
    drill.state, drill.note = "called_off", reason.strip()
    record("drill.call_off", about(drill), reason=reason.strip())


def sign_for_client(drill: RestoreDrill, remark: str, now: datetime) -> None:
    """The client confirms that the drill was held as written. Raises Refused before its end or a second time."""
    if drill.state != "done" or drill.client_signed_at is not None:
        raise Refused(_l("There is nothing to sign here."))
    drill.client_signed_at, drill.client_signed_by = now, current().actor.name
    drill.client_remark = remark.strip()
    record("drill.client_sign", about(drill), remark=drill.client_remark)
    enqueue("safeguard_paper", drill.id, slot=f"{about(drill)}-signed")


def plan_due_drills(now: datetime) -> int:
    """Put a drill on the calendar for every plan that wants one and has none open; returns how many."""
    counted = select(func.count()).select_from(RestoreDrill)
    missing = counted.where(RestoreDrill.plan_id == BackupPlan.id, RestoreDrill.state.in_(OPEN)).scalar_subquery()
    wanted = select(BackupPlan).where(BackupPlan.archived_at.is_(None), BackupPlan.drill_every_days > 0, missing == 0)
    rows = session().scalars(wanted).all()
    for plan in rows:
        last = select(func.max(RestoreDrill.finished_at)).where(RestoreDrill.plan_id == plan.id)
        days, zone = plan.drill_every_days or drilling.EVERY_DAYS, Tenant.here().time_zone
        due = drilling.next_due(session().scalar(last), days, now, zone)
        plan_drill(plan, due, now)
    return len(rows)


def drop_planned(plan: BackupPlan) -> None:
    """A plan that ended wants no more drills; one that already runs goes on."""
    planned = select(RestoreDrill).where(RestoreDrill.plan_id == plan.id, RestoreDrill.state == "planned")
    for drill in session().scalars(planned):
        drill.state = "called_off"
