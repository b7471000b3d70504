"""What is told when: from incidents to notices, which whoever delivers takes from `due_at` on."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import bindparam, delete, or_, select

from service_desk.alerts.escalation import Served, next_step, told_at
from service_desk.alerts.grouping import GROUPED, Fresh, Last, Waiting, grouped, worst
from service_desk.alerts.models import AlertNotice, Incident
from service_desk.alerts.rules import is_storm, priority
from service_desk.checks.catalog import CATALOG
from service_desk.jobs import enqueue
from service_desk.rows import keep_rows
from service_desk.scope import session
from service_desk.sla.operations import holidays, snapshot
from service_desk.sla.promises import calendar_of

DIGEST = timedelta(hours=1)
_WAITING = (
    select(AlertNotice)
    .where(or_(AlertNotice.taken_at.is_(None), AlertNotice.created_at > bindparam("since")))
    .order_by(AlertNotice.id)
)
NO_DATA = "self.stale"  # the check whose incidents say that nobody looked


@dataclass
class News:
    """What one run has to tell: incidents that became known, ended, began to flap."""

    fresh: list[Incident] = field(default_factory=list)
    ended: list[Incident] = field(default_factory=list)
    flapping: list[Incident] = field(default_factory=list)


def served() -> Served:
    """The hours agreed with the client in scope."""
    terms = snapshot()
    if not terms:
        return Served()
    calendar = calendar_of(terms["calendar"], holidays())
    ever = frozenset(name for name, target in terms["targets"].items() if target.get("round_the_clock"))
    return Served(calendar, ever)


def priority_of(incident: Incident) -> str:
    """The priority under whose promises an incident is told."""
    if incident.severity != "crit":
        return "P3"
    return priority(CATALOG[incident.check].priority if incident.check in CATALOG else 2)


def schedule(fresh: Iterable[Incident], hours: Served, now: datetime) -> None:
    """Say when people are told of what they do not know yet, and when it is escalated after that."""
    for one in fresh:
        told = told_at(one.severity, priority_of(one), now, hours)
        one.told_at, one.step = told, 0
        one.next_step_at = next_step(0, one.severity, priority_of(one), told, hours)


def write_notices(news: News, open_ones: Collection[Incident], hours: Served, now: datetime) -> list[AlertNotice]:
    """Write what is to be told; returns the notices that are due at once.

    Somebody who was not told yet of an incident that is over is told nothing of it.
    """
    waiting = _waiting(now)
    news = News(news.fresh, _untold(news.ended, waiting, now), news.flapping)
    made = _fresh(news.fresh, waiting, now)
    made += _together(news.ended, "ended", now)
    made += _together(news.flapping, "flapping", now)
    made += _escalated(open_ones, hours, now)
    made += _digests(open_ones, now)
    keep_rows(made)
    _wake(open_ones, [*made, *(row for row in waiting if row.taken_at is None)], now)
    return [notice for notice in made if notice.due_at <= now]


def _waiting(now: datetime) -> list[AlertNotice]:
    """Notices nobody has taken yet, and those of the last half minute."""
    return list(session().scalars(_WAITING, {"since": now - GROUPED}))


def _untold(ended: Sequence[Incident], waiting: list[AlertNotice], now: datetime) -> list[Incident]:
    """Take what is over out of the notices that still wait; returns those of which people have been told."""
    over, told = {one.id for one in ended}, [one for one in ended if one.told_at is not None]
    for notice in [row for row in waiting if row.taken_at is None and row.due_at > now and over & {*row.incident_ids}]:
        unheard = over & {*notice.incident_ids}
        told = [one for one in told if one.id not in unheard or notice.why not in ("opened", "storm", "no_data")]
        notice.incident_ids = [number for number in notice.incident_ids if number not in over]
        if not notice.incident_ids:
            waiting.remove(notice)
            session().delete(notice)
    return told


def _fresh(fresh: Sequence[Incident], waiting: list[AlertNotice], now: datetime) -> list[AlertNotice]:
    last: dict[tuple[str, int | None], datetime] = {}
    for row in waiting:
        if row.due_at <= now:
            last[row.why, row.connection_id] = max(row.due_at, last.get((row.why, row.connection_id), row.due_at))
    told = [
        Fresh(id=one.id, asset=one.connection_id, severity=one.severity, due_at=one.told_at or now,
              dark=one.check == NO_DATA)
        for one in fresh
    ]  # fmt: skip
    return _grouped(told, waiting, last, now)


def _grouped(told: Sequence[Fresh], waiting: list[AlertNotice], last: Last, now: datetime) -> list[AlertNotice]:
    """New notices, in the place of waiting ones that they take in."""
    untaken = [
        Waiting(id=row.id, why=row.why, asset=row.connection_id, severity=row.severity, ids=tuple(row.incident_ids),
                due_at=row.due_at)
        for row in waiting if row.taken_at is None
    ]  # fmt: skip
    groups = grouped(told, untaken, last, now)
    if replaced := {number for group in groups for number in group.instead}:
        waiting[:] = [row for row in waiting if row.id not in replaced]
        session().execute(delete(AlertNotice).where(AlertNotice.id.in_(replaced)))
    return [
        AlertNotice(why=group.why, severity=group.severity, connection_id=group.asset, incident_ids=list(group.ids),
                    created_at=now, due_at=group.due_at)
        for group in groups
    ]  # fmt: skip


def _together(incidents: Sequence[Incident], why: str, now: datetime, step: int = 0) -> list[AlertNotice]:
    """A notice for each asset, or one for all where they are too many to be read one by one."""
    assets: Mapping[int | None, list[Incident]] = {None: list(incidents)}
    if incidents and not is_storm(incidents):
        assets = {one.connection_id: [] for one in incidents}
        for one in incidents:
            assets[one.connection_id].append(one)
    return [
        AlertNotice(why=why, severity=worst(one.severity for one in mine), connection_id=asset, step=step,
                    incident_ids=[one.id for one in mine], created_at=now, due_at=now)
        for asset, mine in assets.items() if mine
    ]  # fmt: skip


def _escalated(open_ones: Iterable[Incident], hours: Served, now: datetime) -> list[AlertNotice]:
    """Those that nobody has acknowledged when their next step is due."""
    due = [
        one
        for one in open_ones
        if one.next_step_at is not None and one.next_step_at <= now and one.acknowledged_at is None and not one.muted
        and one.cleared_at is None
    ]  # fmt: skip
    for one in due:
        assert one.told_at is not None
        one.step += 1
        one.next_step_at = next_step(one.step, one.severity, priority_of(one), one.told_at, hours)
    found = []
    for step in sorted({one.step for one in due}):
        found += _together([one for one in due if one.step == step], "escalated", now, step)
    return found


def _digests(open_ones: Iterable[Incident], now: datetime) -> list[AlertNotice]:
    """Once an hour the flips of what comes and goes."""
    due = [one for one in open_ones if one.digest_at is not None and one.digest_at <= now]
    for one in due:
        one.digest_at = now + DIGEST
    return _together([one for one in due if not one.muted], "digest", now)


def _wake(open_ones: Iterable[Incident], notices: Iterable[AlertNotice], now: datetime) -> None:
    """Ask for the next run when the next thing falls due; every run asks anew, so nothing is forgotten."""
    times = [notice.due_at for notice in notices]
    for one in open_ones:
        step = one.next_step_at if one.acknowledged_at is None and not one.muted else None
        times += [at for at in (step, one.muted_until if one.muted else None, one.digest_at) if at is not None]
    later = [at for at in times if at > now]
    if later:
        first = min(later)
        enqueue("notice", 0, slot=f"wake-{first.isoformat()}", due_at=first)
