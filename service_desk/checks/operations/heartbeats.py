"""Heartbeats: making them, changing them, and turning their news into states."""

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import distinct_on

from service_desk.audit.operations import record as audited
from service_desk.checks.catalog.web.hb_job import CHECK, judge
from service_desk.checks.catalog.web.hb_value import CHECK as FIGURES
from service_desk.checks.finding import Before, HeartbeatRecord, Seen, Settings
from service_desk.checks.life import Rule
from service_desk.checks.models import CheckState, Heartbeat, HeartbeatPing
from service_desk.checks.operations import states
from service_desk.checks.schedule import BadCron, alert_after
from service_desk.lib.errors import Invalid
from service_desk.scope import session
from service_desk.tenants.models import Tenant


def key_hash(key: str) -> bytes:
    """What is stored of a heartbeat's key: nobody who reads the table can report in its name."""
    return hashlib.sha256(key.encode()).digest()


def create_heartbeat(
    name: str, *, period_s: int | None = None, cron: str | None = None, grace_s: int, now: datetime | None = None
) -> tuple[Heartbeat, str]:
    """Make a heartbeat; returns it with its key, which is shown once and cannot be read again.

    Nothing is expected before its first sign of life. Raises Invalid for a name that is taken or a bad cron line.
    """
    _refuse_taken(name)
    key = secrets.token_urlsafe(24)
    row = Heartbeat(
        name=name, key_hash=key_hash(key), key_hint=key[-4:], period_s=period_s, cron=cron or None, grace_s=grace_s,
        created_at=now or datetime.now(UTC),
    )  # fmt: skip
    expected_after(row, row.created_at)
    session().add(row)
    session().flush()
    audited("heartbeat.create", f"heartbeat:{row.id}", name=name)
    return row, key


def change_heartbeat(row: Heartbeat, name: str, *, period_s: int | None, cron: str | None, grace_s: int) -> None:
    """Rename it or change what is expected; the alarm moves at once. Raises Invalid."""
    if name != row.name:
        _refuse_taken(name)
    row.name, row.period_s, row.cron, row.grace_s = name, period_s, cron or None, grace_s
    due = expected_after(row, row.last_ping_at or datetime.now(UTC))
    if row.alert_after is not None and row.status == "up":
        row.alert_after = due
    audited("heartbeat.change", f"heartbeat:{row.id}", name=name)


def rotate_key(row: Heartbeat) -> str:
    """A new key, shown once; the old address answers no more."""
    key = secrets.token_urlsafe(24)
    row.key_hash, row.key_hint = key_hash(key), key[-4:]
    audited("heartbeat.rotate", f"heartbeat:{row.id}", name=row.name)
    return key


def pause_heartbeat(row: Heartbeat) -> None:
    """Expect nothing until it reports again or somebody resumes it."""
    row.status, row.alert_after, row.started_at = "paused", None, None
    audited("heartbeat.pause", f"heartbeat:{row.id}", name=row.name)


def resume_heartbeat(row: Heartbeat) -> None:
    """Expect the next sign of life one period from now."""
    row.status = "new" if row.healthy is None else "up" if row.healthy else "failed"
    row.alert_after = expected_after(row, datetime.now(UTC)) if row.healthy is not None else None
    audited("heartbeat.resume", f"heartbeat:{row.id}", name=row.name)


def remove_heartbeat(row: Heartbeat) -> None:
    """Take it away with its pings; its state is gone, its history stays with the flips."""
    now = datetime.now(UTC)
    known = states.known_states(None, [CHECK.key, FIGURES.key])
    mine = [state for state in known.values() if state.subject.split("/")[0] == str(row.id)]
    states.write(states.gone(mine, now), now, f"heartbeat-{row.id}")
    audited("heartbeat.remove", f"heartbeat:{row.id}", name=row.name)
    session().delete(row)


def judge_unjudged(now: datetime, slot: str) -> int:
    """Judge every heartbeat that brought news since it was judged last; returns the number of flips."""
    rows = session().scalars(select(Heartbeat).where(Heartbeat.unjudged).order_by(Heartbeat.id).with_for_update()).all()
    for row in rows:
        row.unjudged = False
        if row.cron and row.status == "up" and row.last_ping_at is not None:
            row.alert_after = expected_after(row, row.last_ping_at)
    codes = _exit_codes([row.id for row in rows if row.status == "failed"])
    records = tuple(_record(row, codes.get(row.id)) for row in rows)
    known = states.known_states(None, [CHECK.key, FIGURES.key])
    findings = judge(Seen(own=records), Settings(), now)
    changes = states.judged(None, CHECK.key, findings, known, Rule(), now) + _figures(records, known, now)
    return states.write(changes, now, slot)


def _figures(
    records: Sequence[HeartbeatRecord], known: Mapping[states.Key, CheckState], now: datetime
) -> list[states.Change]:
    """What the numbers mean that came with the signs, beside those of the runs before."""
    before = {
        row.subject: Before(value=row.value, memory=row.memory, seen_at=row.seen_at)
        for row in known.values()
        if row.check == FIGURES.key and row.gone_at is None
    }
    settings = Settings(warn=FIGURES.warn, crit=FIGURES.crit, bad=FIGURES.bad)
    rule = Rule(clear_warn=FIGURES.clear(FIGURES.warn), clear_crit=FIGURES.clear(FIGURES.crit), bad=FIGURES.bad)
    findings = FIGURES.judge(Seen(own=tuple(records), before=before), settings, now)
    return states.judged(None, FIGURES.key, findings, known, rule, now)


def _record(row: Heartbeat, code: int | None) -> HeartbeatRecord:
    return HeartbeatRecord(
        key=str(row.id),
        name=row.name,
        status=row.status,
        last_ping_at=row.last_ping_at,
        exit_code=code,
        metrics=row.metrics,
    )


def expected_after(row: Heartbeat, last: datetime) -> datetime:
    """From when on silence is an alarm, counted from `last` on the client's clock. Raises Invalid."""
    zone = Tenant.here().time_zone
    try:
        return alert_after(last, period_s=row.period_s, cron=row.cron, zone_name=zone, grace_s=row.grace_s)
    except BadCron:
        raise Invalid(_l("This is not a cron line of five fields."), "cron") from None


def _exit_codes(ids: Sequence[int]) -> dict[int, int | None]:
    if not ids:
        return {}
    rows = session().execute(
        select(HeartbeatPing.heartbeat_id, HeartbeatPing.exit_code)
        .where(HeartbeatPing.heartbeat_id.in_(ids), HeartbeatPing.kind == "fail")
        .ext(distinct_on(HeartbeatPing.heartbeat_id))
        .order_by(HeartbeatPing.heartbeat_id, HeartbeatPing.n.desc())
    )
    return {row.heartbeat_id: row.exit_code for row in rows}


def _refuse_taken(name: str) -> None:
    if session().scalar(select(Heartbeat.id).where(Heartbeat.name == name)) is not None:
        raise Invalid(_l("There already is a heartbeat of this name."), "name")
