"""Backup plans and the copies beside the live data: writing them, and what they mean for the checks."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from service_desk.audit.operations import record
from service_desk.checks.catalog import CATALOG
from service_desk.checks.models import CheckPlan
from service_desk.checks.operations import change_limits
from service_desk.checks.schedule import BadCron
from service_desk.lib.errors import Invalid
from service_desk.safeguards import register
from service_desk.safeguards.drilling import EVERY_DAYS
from service_desk.safeguards.models import BackupCopy, BackupPlan
from service_desk.safeguards.operations.drills import drop_planned, plan_due_drills
from service_desk.safeguards.operations.handing import hand_down_copies, hand_down_drills, hand_down_plans
from service_desk.safeguards.reading import measured, planned, plans
from service_desk.scope import current, load, session
from service_desk.tenants.models import Tenant

FIELDS = (
    "connection_id", "scope", "subject", "backup_type", "every_s", "cron", "medium", "place", "keep_days",
    "rpo_minutes", "rto_minutes", "responsible", "heartbeat_id", "drill_every_days", "note",
)  # fmt: skip
# The checks whose limits a plan sets, as far as the catalogue has them.
DRIVEN = tuple(key for key in (*register.CHECKS.values(), "bak.rpo", "bak.rto", "drill.age") if key in CATALOG)
COPY_FIELDS = ("name", "medium", "device", "heartbeat_id")


def save_plan(plan: BackupPlan | None, values: Mapping[str, Any], now: datetime) -> BackupPlan:
    """Write a plan (None: a new one); `values` holds FIELDS. The limits of the backup checks follow at once.

    Raises Invalid when the schedule cannot be read, or the plan names nothing.
    """
    _sensible(values, now)
    row = plan or BackupPlan(created_at=now, created_by=current().actor.name)
    was = row.connection_id
    for name in FIELDS:
        setattr(row, name, values.get(name, getattr(row, name)))
    row.updated_at = now
    session().add(row)
    session().flush()
    record("plan.save", f"plan:{row.id}", subject_name=row.subject, type=row.backup_type)
    _follow({was, row.connection_id}, now)
    plan_due_drills(now)
    return row


def _sensible(values: Mapping[str, Any], now: datetime) -> None:
    if bool(values.get("every_s")) == bool(values.get("cron")):
        raise Invalid(_l("Say how often: an interval, or a cron line."), field="every")
    if values["scope"] != "server" and not str(values.get("subject") or "").strip():
        raise Invalid(_l("Name what is backed up."), field="subject")
    if values["scope"] in ("database", "account_set", "server") and values.get("connection_id") is None:
        raise Invalid(_l("Choose the connection it belongs to."), field="connection_id")
    try:
        register.longest_gap(
            every_s=values.get("every_s"), cron=values.get("cron"), zone=Tenant.here().time_zone, now=now
        )
    except BadCron:
        raise Invalid(_l("This is not a cron line; for example 30 1 * * *."), field="every") from None


def archive_plan(plan: BackupPlan, now: datetime) -> None:
    """End a plan; what was drilled under it stays."""
    plan.archived_at = now
    record("plan.archive", f"plan:{plan.id}", subject_name=plan.subject, type=plan.backup_type)
    session().flush()
    drop_planned(plan)
    _follow({plan.connection_id}, now)


def accept_proposals(now: datetime) -> int:
    """Turn every backup that is seen and not planned into a plan; returns how many. Full ones get restore drills."""
    rows = plans()
    found = register.propose(planned(rows, Tenant.here().time_zone, now), measured(), now)
    for one in found:
        session().add(
            BackupPlan(
                connection_id=one.connection_id,
                scope="database",
                subject=one.database,
                backup_type=one.backup_type,
                every_s=one.every_s,
                drill_every_days=EVERY_DAYS if one.backup_type == "full" else None,
                created_at=now,
                created_by=current().actor.name,
                updated_at=now,
            )
        )
    if found:
        record("plan.propose", plans=len(found))
        session().flush()
        _follow({one.connection_id for one in found}, now)
        plan_due_drills(now)
    return len(found)


def _follow(connections: set[int | None], now: datetime) -> None:
    """Let the checks know what is promised: their limits, and the records they judge with."""
    rows = plans()
    standing = planned(rows, Tenant.here().time_zone, now)
    for connection_id in connections:
        mine = [one for one in standing if one.connection_id == connection_id]
        hand_down_plans(connection_id, mine, now)
        hand_down_drills(connection_id, now)
        if connection_id is not None:
            days = [one.row.drill_every_days for one in rows if one.row.connection_id == connection_id]
            _change_limits(connection_id, mine, min((one for one in days if one), default=None))


def _change_limits(connection_id: int, mine: Sequence[register.Planned], drill_days: int | None) -> None:
    """The limits of the checks that the plans speak of; a check no plan speaks of any more goes back to its own."""
    wanted = register.promised_limits(mine, drill_days)
    for backup_type, key in register.CHECKS.items():
        if key in CATALOG and (found := register.limits(mine, backup_type, CATALOG[key].unit)):
            wanted[key] = found
    watched = select(CheckPlan).where(CheckPlan.connection_id == connection_id, CheckPlan.check.in_(DRIVEN))
    for plan in session().scalars(watched):
        warn, crit = wanted.get(plan.check) or (CATALOG[plan.check].warn, CATALOG[plan.check].crit)
        if (plan.warn, plan.crit) != (warn, crit):
            change_limits(plan, warn, crit)


def save_copy(copy: BackupCopy | None, values: Mapping[str, Any], now: datetime) -> BackupCopy:
    """Write a place where copies lie (None: a new one); `values` holds COPY_FIELDS. Raises Invalid without a name."""
    if not str(values.get("name") or "").strip():
        raise Invalid(_l("Say where the copies lie."), field="name")
    row = copy or BackupCopy(created_at=now)
    for name in COPY_FIELDS:
        setattr(row, name, values.get(name))
    session().add(row)
    session().flush()
    record("copy.save", f"copy:{row.id}", name=row.name, medium=row.medium)
    hand_down_copies(now)
    return row


def confirm_copy(copy_id: int, newest_at: datetime, now: datetime) -> BackupCopy:
    """Say by hand how new the newest copy is. Raises Invalid for a moment that is still to come."""
    if newest_at > now + timedelta(minutes=5):
        raise Invalid(_l("This moment is still to come."), field="newest_at")
    row = load(BackupCopy, copy_id, lock=True)
    row.newest_at, row.how = newest_at, "hand"
    row.confirmed_at, row.confirmed_by = now, current().actor.name
    record("copy.confirm", f"copy:{row.id}", newest=newest_at.isoformat())
    session().flush()
    hand_down_copies(now)
    return row


def archive_copy(copy: BackupCopy, now: datetime) -> None:
    """Take a place off the register."""
    copy.archived_at = now
    record("copy.archive", f"copy:{copy.id}", name=copy.name)
    session().flush()
    hand_down_copies(now)
