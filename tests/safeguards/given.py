"""A client with a U8, measured backups, plans, drills, reviews and rounds: what the tests of safeguards stand on."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from sqlalchemy import select

from connectors.facts import Grant, Look, User
from service_desk import jobs
from service_desk.checks.models import CheckState, Heartbeat, HeartbeatPing
from service_desk.jobs import Job
from service_desk.safeguards import finding, snapshot
from service_desk.safeguards.models import AccessReview, BackupPlan, InspectionRound, RestoreDrill
from service_desk.safeguards.operations import drills, plans, reviews, rounds
from service_desk.scope import session
from service_desk.tenants.models import ErpConnection
from tests.tickets.test_operations import desk
from tests.world import World

NOW = datetime(2026, 11, 22, 6, 30, tzinfo=UTC)
_count = count(1)
FULL = "UFDATA_001_2026"


def connection(**changed: Any) -> ErpConnection:
    """A U8 of the client in scope."""
    row = ErpConnection(
        **{
            "kind": "yonyou_u8",
            "name": f"U8 生产 {next(_count)}",
            "settings": {},
            "account_sets": [{"code": "001", "name": "示例精密", "database": FULL, "year": 2026}],
            "created_at": NOW,
            **changed,
        }
    )
    session().add(row)
    session().flush()
    return row


def state(connection_id: int | None, check: str, subject: str, kind: str = "ok", **params: Any) -> CheckState:
    """A current state; `age_s` among the parameters is how old the backup is."""
    row = CheckState(
        connection_id=connection_id, check=check, subject=subject, state=kind, since=NOW - timedelta(days=1),
        sentence_params=params, reason="no_answer" if kind == "unknown" else "", seen_at=NOW, received_at=NOW,
    )  # fmt: skip
    session().add(row)
    session().flush()
    return row


def seen_backups(connection_id: int) -> None:
    """A full backup nine hours ago of the account set's database, and none ever of another."""
    state(connection_id, "bak.full.age", FULL, database=FULL, age_s=9 * 3600)
    state(connection_id, "bak.full.age", "HR_DB", "crit", database="HR_DB", wording="never")


VALUES: dict[str, Any] = {
    "scope": "database", "subject": FULL, "backup_type": "full", "every_s": 86400, "cron": None, "medium": "local",
    "place": "D:\\bak", "keep_days": 30, "rpo_minutes": 1440, "rto_minutes": 240, "responsible": "Ada",
    "heartbeat_id": None, "drill_every_days": 90, "note": "",
}  # fmt: skip


def plan(connection_id: int | None, **changed: Any) -> BackupPlan:
    """A daily full backup with drills every 90 days."""
    return plans.save_plan(None, {**VALUES, "connection_id": connection_id, **changed}, NOW)


def planned(world: World) -> dict[str, int]:
    """Client A with a connection, what was measured, and one plan; its ids."""
    with desk(world):
        erp = connection()
        seen_backups(erp.id)
        row = plan(erp.id)
        drill = session().scalars(select(RestoreDrill)).one()
        return {"connection_id": erp.id, "plan_id": row.id, "drill_id": drill.id}


def heartbeat(name: str, body: str = "") -> Heartbeat:
    """A heartbeat that reported success an hour ago."""
    row = Heartbeat(
        name=name, key_hash=name.encode(), key_hint="x", period_s=86400, grace_s=600, status="up", healthy=True,
        last_ping_at=NOW - timedelta(hours=1), pings=1, created_at=NOW,
    )  # fmt: skip
    session().add(row)
    session().flush()
    session().add(
        HeartbeatPing(heartbeat_id=row.id, n=1, at=NOW - timedelta(hours=1), kind="success", body=body, method="POST")
    )
    session().flush()
    return row


def running(world: World, ids: dict[str, int] | None = None) -> dict[str, int]:
    """A drill under way: of a new plan, or of the one that is there."""
    ids = ids or planned(world)
    with desk(world):
        drills.start_drill(session().scalars(select(RestoreDrill)).one(), NOW)
    return ids


def held(
    world: World, minutes: int = 75, counts: Sequence[dict[str, Any]] = (), ids: dict[str, int] | None = None
) -> dict[str, int]:
    """A drill that went well, signed by the engineer."""
    ids = running(world, ids)
    with desk(world):
        drill = session().get_one(RestoreDrill, (world.a.id, ids["drill_id"]))
        for step in drills.steps_of(drill):
            drills.set_step(drill, step.position, "done", "", NOW + timedelta(minutes=step.position))
        facts = {"backup_file": "full_20261122.bak", "restored_to": "TEST-SQL", "note": ""}
        drills.save_facts(drill, facts, counts or [{"table": "GL_accvouch", "expected": 120, "found": 120}])
        drills.add_evidence(drill, "log.txt", "恢复完成，CHECKDB 无错误".encode())
        drills.finish_drill(drill, NOW + timedelta(minutes=minutes))
        ids["file_id"] = drills.evidence_of(drill)[0].id
    return ids


def users(*more: User) -> list[Look]:
    """What a look at U8 users and grants brought."""
    common: dict[str, Any] = {"account_set": None, "seen_at": NOW}
    found = [
        User(login="chenhy", name="陈会颖", enabled=True, admin=True, roles=("CW",), **common),
        User(login="liuwm", name="刘伟民", enabled=True, roles=("CK",), **common),
        *more,
    ]
    rights = [
        Grant(holder="liuwm", holder_name="刘伟民", right="ST0401", right_name="采购入库", source="CK", **common),
        Grant(holder="liuwm", holder_name="刘伟民", right="GL0208", right_name="记账", **common),
    ]
    return [
        Look(kind="users", account_set=None, seen_at=NOW, took_ms=1.0, facts=tuple(found)),
        Look(kind="grants", account_set=None, seen_at=NOW, took_ms=1.0, facts=tuple(rights)),
    ]


def kept(looks: Sequence[Look], review: AccessReview, connection_id: int = 1) -> AccessReview:
    """Do to a review what its job does with these looks."""
    data = snapshot.whole({connection_id: snapshot.part("U8 生产", "yonyou_u8", looks)})
    places = [
        finding.Place(
            connection=str(connection_id), system="U8 生产", kind="yonyou_u8",
            facts=[fact for look in looks for fact in look.facts],
            kinds=frozenset(look.kind for look in looks if look.unknown is None),
        )
    ]  # fmt: skip
    changes = snapshot.difference(reviews.snapshot_of(review.before_id), data)
    found = finding.findings(places, (), changes, today=NOW.date(), now=NOW)
    return reviews.keep_review(review.id, data, found, [], NOW)


def reviewed(world: World, *, sign: bool = False) -> dict[str, int]:
    """A review that waits for decisions, or that is signed."""
    with desk(world):
        review = kept(users(), reviews.request_review(NOW))
        found = reviews.findings_of(review)
        if sign:
            for one in found:
                reviews.decide(review, one.id, "keep", "已与老板确认", NOW)
            reviews.sign_review(review, NOW)
        return {"review_id": review.id, "finding_id": found[0].id}


def begun(world: World) -> dict[str, int]:
    """A weekly round under way at a client whose backups are measured."""
    with desk(world):
        erp = connection()
        seen_backups(erp.id)
        template = next(one for one in rounds.make_templates("zh", NOW) if one.rhythm == "weekly")
        return {"round_id": rounds.start_round(template, NOW).id, "template_id": template.id}


def everything_fine(row: InspectionRound) -> None:
    """Answer every open item of a round: manual ones fine, the others with a note."""
    answers = {one.position: ("ok" if one.kind != "auto" else None, "已看") for one in rounds.items_of(row)}
    rounds.fill(row, answers, NOW)


def work(world: World, kind: str) -> None:
    """Do what workers do with every queued job of this kind of client A."""
    with desk(world):
        waiting = session().scalars(select(Job.id).where(Job.kind == kind, Job.state == "queued")).all()
    for job_id in waiting:
        jobs.perform(job_id)
