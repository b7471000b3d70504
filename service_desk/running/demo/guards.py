"""A year of guarding the data: backup plans and copies, restore drills, permission reviews, inspection rounds.

Rows are written as they would stand now; no verb is called that would put today's date on what is long over.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from connectors.facts import Look
from service_desk.checks.catalog import CATALOG
from service_desk.checks.models import CheckState
from service_desk.lib.clock import Language, at_wall, language, local_day
from service_desk.lib.i18n import say
from service_desk.running.demo.content import Sheet
from service_desk.safeguards import drilling, finding, rounds, snapshot
from service_desk.safeguards.models import (
    AccessFinding,
    AccessReview,
    AccessSnapshot,
    BackupCopy,
    BackupPlan,
    DrillStep,
    InspectionRound,
    RestoreDrill,
    RoundItem,
    RoundTemplate,
)
from service_desk.safeguards.operations import revoking
from service_desk.safeguards.operations.handing import hand_down_copies, hand_down_drills, hand_down_plans
from service_desk.safeguards.reading import planned
from service_desk.safeguards.reading import plans as plans_in_force
from service_desk.scope import session
from service_desk.tenants.models import ErpConnection

DAY = timedelta(days=1)


@dataclass(frozen=True, kw_only=True)
class Habit:
    """How a client guards its data: days since each drill (the one named failed), reviews, copies that are there."""

    drills: tuple[int, ...]
    failed: int = 0
    reviews: tuple[int, ...] = ()
    copies: tuple[str, ...] = ("nas", "cloud")
    signs: str = ""


HABITS: Mapping[str, Habit] = {
    "chenxing": Habit(drills=(318, 226, 135, 41), failed=226, reviews=(198, 17), signs="老板（演示）"),
    "hupan": Habit(drills=(290, 131), reviews=(212,), copies=("cloud",)),
    "jinsui": Habit(drills=(243, 152, 61), reviews=(89,), signs="老板（演示）"),
}
_COPIES = {
    "nas": ("NAS · 办公室", "local", "nas", timedelta(hours=9)),
    "cloud": ("对象存储 · 每日同步", "cloud", "object", timedelta(hours=20)),
}
_FOUND = ("UPS 电池自检通过，负载 38%", "机房 23℃，风扇正常", "关键用户：无新问题")
# Databases that are not the business itself.
_SERVICE = frozenset({"KDAcctDB", "SBO-COMMON", "UFSystem", "master", "model", "msdb", "tempdb"})
_OPEN = "UPS 电池灯常亮，已报价更换，待老板确认"
_KEPT = "与老板确认：财务主管需要，双人复核"
_TAKEN = "岗位已调整，当场停用"


def write_guards(sheet: Sheet, row: ErpConnection | None, looks: Sequence[Look], now: datetime) -> None:
    """Write the history of the client in scope; a client without an ERP connection here has none yet."""
    habit = HABITS.get(sheet.key)
    if habit is None or row is None:
        return
    plans = _plans(sheet, row, now)
    _copies(habit, sheet, now)
    for days in habit.drills:
        _drill(plans[0], row, habit, sheet, days, now)
    _next_drill(plans[0], row, habit, sheet, now)
    for days in habit.reviews:
        _review(row, looks, habit, sheet, days, now)
    _rounds(sheet, habit, now)
    standing = planned(plans_in_force(), sheet.zone, now)
    hand_down_plans(row.id, standing, now)
    hand_down_drills(row.id, now)
    hand_down_copies(now)


def _plans(sheet: Sheet, row: ErpConnection, now: datetime) -> list[BackupPlan]:
    """A daily full backup of each database that was seen, the business one first and with drills."""
    backups = select(CheckState.subject).where(CheckState.check == "bak.full.age", CheckState.connection_id == row.id)
    names = sorted(session().scalars(backups), key=lambda name: (name in _SERVICE, name))
    since = now - 300 * DAY
    made = [
        BackupPlan(
            connection_id=row.id,
            scope="database",
            subject=name,
            backup_type="full",
            every_s=86400,
            medium="local",
            place="D:\\Backup",
            keep_days=30,
            rpo_minutes=1440,
            rto_minutes=240,
            responsible=sheet.engineer,
            drill_every_days=drilling.EVERY_DAYS if place == 0 else None,
            created_at=since,
            created_by=sheet.engineer,
            updated_at=since,
        )
        for place, name in enumerate(names)
    ]
    session().add_all(made)
    session().flush()
    return made


def _copies(habit: Habit, sheet: Sheet, now: datetime) -> None:
    for key in habit.copies:
        name, medium, device, age = _COPIES[key]
        session().add(
            BackupCopy(
                name=name, medium=medium, device=device, newest_at=now - age, how="hand", confirmed_at=now - age,
                confirmed_by=sheet.engineer, created_at=now - 300 * DAY,
            )
        )  # fmt: skip


def _drill(plan: BackupPlan, row: ErpConnection, habit: Habit, sheet: Sheet, days: int, now: datetime) -> None:
    dice = random.Random(f"{sheet.key}{days}")  # noqa: S311 - plausible content, not a secret
    begun = at_wall(local_day(now, sheet.zone) - days * DAY, 14 * 60 + dice.randrange(50), sheet.zone)
    failed, minutes = days == habit.failed, dice.randrange(95, 190)
    ended = begun + timedelta(minutes=minutes)
    rows = {name: dice.randrange(4_000, 90_000) for name in drilling.TABLES.get(row.kind, ("orders",))}
    missing = 212 if failed else 0
    counts = [
        {"table": name, "expected": n, "found": n - missing * (place == 0)}
        for place, (name, n) in enumerate(rows.items())
    ]
    drill = RestoreDrill(
        plan_id=plan.id,
        connection_id=row.id,
        name=plan.subject,
        state="done",
        result="failed" if failed else "good",
        failed_step="counts" if failed else "",
        due_on=local_day(begun, sheet.zone),
        started_at=begun,
        finished_at=ended,
        minutes=minutes,
        rto_minutes=plan.rto_minutes,
        backup_file=f"D:\\Backup\\{plan.subject}_{begun:%Y%m%d}.bak",
        restored_to="SRV-TEST · RESTORE_TEST",
        counts=counts,
        note="备份文件比计划旧一天，已改作业顺序并重新演练" if failed else "",
        done_by=sheet.engineer,
        signed_at=ended,
        signed_by=sheet.engineer,
        client_signed_at=ended + 2 * DAY if habit.signs else None,
        client_signed_by=habit.signs,
        created_at=begun - 20 * DAY,
    )
    session().add(drill)
    session().flush()
    session().add_all(_steps(drill, row.kind, begun, minutes, failed=failed))


def _steps(drill: RestoreDrill, kind: str, begun: datetime, minutes: int, *, failed: bool) -> list[DrillStep]:
    """The steps share the time: restoring takes half of it."""
    shares, at, made = (0.08, 0.5, 0.2, 0.1, 0.08, 0.04), begun, []
    for place, ((key, words), share) in enumerate(zip(drilling.steps(kind), shares, strict=True), start=1):
        until = at + timedelta(minutes=minutes * share)
        wrong = failed and key == "counts"
        made.append(
            DrillStep(
                drill_id=drill.id, position=place, key=key, words=words, state="failed" if wrong else "done",
                started_at=at, ended_at=until, note="GL_accvouch 少 212 行" if wrong else "",
            )
        )  # fmt: skip
        at = until
    return made


def _next_drill(plan: BackupPlan, row: ErpConnection, habit: Habit, sheet: Sheet, now: datetime) -> None:
    due = local_day(now, sheet.zone) + timedelta(days=drilling.EVERY_DAYS - min(habit.drills))
    drill = RestoreDrill(
        plan_id=plan.id, connection_id=row.id, name=plan.subject, due_on=due, rto_minutes=plan.rto_minutes,
        counts=drilling.tables(row.kind), created_at=now - min(habit.drills) * DAY,
    )  # fmt: skip
    session().add(drill)
    session().flush()
    session().add_all(
        DrillStep(drill_id=drill.id, position=place, key=key, words=words)
        for place, (key, words) in enumerate(drilling.steps(row.kind), start=1)
    )


def _review(
    row: ErpConnection, looks: Sequence[Look], habit: Habit, sheet: Sheet, days: int, now: datetime
) -> None:  # fmt: skip
    """A review of what was seen while the ERP was well; full control is kept for a reason, all else taken away."""
    mine = [look for look in looks if look.kind in snapshot.KINDS]
    at = at_wall(local_day(now, sheet.zone) - days * DAY, 10 * 60 + 20, sheet.zone)
    data = snapshot.whole({row.id: snapshot.part(row.name, row.kind, mine)})
    place = finding.Place(
        connection=str(row.id),
        system=row.name,
        kind=row.kind,
        facts=[replace(fact, seen_at=at) for look in mine if look.unknown is None for fact in look.facts],
        kinds=frozenset(look.kind for look in mine if look.unknown is None),
    )
    review = AccessReview(
        state="done",
        snapshot_id=_snapshot(data, at),
        before_id=session().scalar(select(AccessReview.id).order_by(AccessReview.id.desc()).limit(1)),
        requested_at=at,
        requested_by=sheet.engineer,
        taken_at=at + timedelta(seconds=40),
        finished_at=at + timedelta(minutes=35),
        signed_at=at + timedelta(minutes=35),
        signed_by=sheet.engineer,
        client_signed_at=at + DAY if habit.signs else None,
        client_signed_by=habit.signs,
    )
    session().add(review)
    session().flush()
    found = finding.findings([place], (), (), today=local_day(at, sheet.zone), now=at)
    session().add_all(_decided(review, one, sheet) for one in found)
    revoking.look_again(review, data, found, at)


def _snapshot(data: Mapping[str, Any], at: datetime) -> int:
    digest = snapshot.address(data)
    known = session().scalar(select(AccessSnapshot.id).where(AccessSnapshot.sha256 == digest))
    if known is not None:
        return known
    made = AccessSnapshot(
        sha256=digest, data=dict(data), users=snapshot.count(data, "users", "principals"),
        grants=snapshot.count(data, "grants"), taken_at=at,
    )  # fmt: skip
    session().add(made)
    session().flush()
    return made.id


def _decided(review: AccessReview, one: finding.Finding, sheet: Sheet) -> AccessFinding:
    keeps = one.rule in ("mighty", "mighty_login")
    return AccessFinding(
        review_id=review.id,
        rule=one.rule,
        grave=one.grave,
        system=one.system,
        subject=one.subject,
        params=dict(one.params),
        mark=one.mark,
        decision="keep" if keeps else "revoke",
        reason=_KEPT if keeps else _TAKEN,
        decided_by=sheet.engineer,
        decided_at=review.signed_at,
    )


def _rounds(sheet: Sheet, habit: Habit, now: datetime) -> None:
    """The three usual templates, two months of weekly rounds and half a year of monthly ones."""
    lang = language(str(sheet.raw["language"]))
    states = [one for one in session().scalars(select(CheckState)) if one.check in CATALOG]
    for rhythm, (name, items) in rounds.TEMPLATES.items():
        said = [{**item, "words": say(lang, item["words"])} if "words" in item else dict(item) for item in items]
        template = RoundTemplate(name=say(lang, name), rhythm=rhythm, items=said, created_at=now - 200 * DAY)
        session().add(template)
        session().flush()
        last: list[RoundItem] = []
        for back in {"daily": (), "weekly": range(56, 0, -7), "monthly": range(183, 8, -29)}[rhythm]:
            last = _round(template, states, last, sheet, lang, now - timedelta(days=back + len(sheet.key) % 3))


def _round(
    template: RoundTemplate, states: Sequence[CheckState], last: Sequence[RoundItem], sheet: Sheet, lang: Language,
    moment: datetime,
) -> list[RoundItem]:  # fmt: skip
    begun = at_wall(local_day(moment, sheet.zone), 9 * 60 + 5, sheet.zone)
    template.held_at = begun + timedelta(minutes=25)
    row = InspectionRound(
        template_id=template.id, name=template.name, state="done", started_at=begun, started_by=sheet.engineer,
        finished_at=begun + timedelta(minutes=25), finished_by=sheet.engineer,
        summary="系统运行平稳，遗留项见下。" if lang == "zh" else "All well; what is open stands below.",
    )  # fmt: skip
    session().add(row)
    session().flush()
    day = local_day(begun, sheet.zone)
    items = [
        RoundItem(round_id=row.id, position=place, **{**vars(one), **_answer(place, one, begun, sheet)})
        for place, one in enumerate(rounds.new_round(template.items, states, last, day - DAY), start=1)
    ]
    for item in items:
        item.open_since = (item.open_since or day) if rounds.left_open(item) else None
    session().add_all(items)
    return items


def _answer(place: int, one: rounds.Item, begun: datetime, sheet: Sheet) -> dict[str, Any]:
    """What the engineer wrote: mostly that all is well; a UPS that is old; now and then nobody had the key."""
    dice = random.Random(f"{sheet.key}{begun}{place}")  # noqa: S311 - plausible content, not a secret
    if one.kind == "auto":
        return {"note": "" if one.state == "ok" else "已知，见工单"}
    if one.words.startswith("UPS") and sheet.key == "chenxing":
        return {"state": "warn", "note": _OPEN}
    if dice.random() < 0.06:
        return {"state": "", "note": "机房钥匙不在，下次补看"}
    return {"state": "ok", "note": dice.choice(_FOUND) if dice.random() < 0.3 else ""}
