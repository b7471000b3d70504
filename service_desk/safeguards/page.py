"""What the register's page, the client's overview and the portal show: measured once, said in the page's language."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from service_desk.checks import promised
from service_desk.lib.clock import Language, in_words
from service_desk.lib.i18n import N_, say
from service_desk.safeguards import drilling, reading, register, words
from service_desk.safeguards.copies import FRESH, ThreeTwoOne, three_two_one
from service_desk.safeguards.duties import REVIEW_DAYS
from service_desk.tenants.models import Tenant


@dataclass(frozen=True)
class Line:
    """One plan for one database, ready to be shown."""

    plan: Any
    database: str
    kind: str
    word: str
    type: str
    every: str
    age: str
    limit: str
    connection: str
    medium: str
    proof: str
    proof_kind: str
    due_on: date | None


@dataclass(frozen=True)
class RegisterPage:
    """The variables of safeguards/index.html."""

    state: str
    lead: str
    advice: str
    lines: list[Line]
    unplanned: Sequence[register.Real]
    proposals: int
    copies: list[tuple[reading.Copy, str, str]]
    three: ThreeTwoOne
    missing: list[str]
    away: str


MISSING = {
    "copies": N_("There are fewer than three copies (the live data is one)."),
    "devices": N_("All copies lie on the same kind of device."),
    "away": N_("No copy lies elsewhere: fire, water or blackmail would take everything."),
}


def register_page(tenant: Tenant, now: datetime, lang: Language) -> RegisterPage:
    """Everything the page says of the client in scope."""
    rows, real, found = reading.plans(), reading.measured(), reading.copies()
    standing = reading.planned(rows, tenant.time_zone, now)
    measured = register.measure(standing, real, now)
    three = three_two_one([one.kept() for one in found], now)
    by_id = {one.row.id: one for one in rows}
    drills = reading.last_drills()
    lead, advice = _lead(measured, register.loss_now_s(real, now), three, lang)
    return RegisterPage(
        state=measured.worst,
        lead=lead,
        advice=advice,
        lines=[_line(one, by_id[one.plan.id], drills.get(one.plan.id), now, lang) for one in measured.lines],
        unplanned=measured.unplanned,
        proposals=len(register.propose(standing, real, now)),
        copies=[_copy(one, now, lang) for one in found],
        three=three,
        missing=[say(lang, MISSING[name]) for name in three.missing],
        away=in_words(timedelta(seconds=three.away_age_s), lang) if three.away_age_s is not None else "",
    )


def _lead(measured: register.Register, lost: int | None, three: ThreeTwoOne, lang: Language) -> tuple[str, str]:
    """The sentence of the page: what a crash now would cost; then what to do first."""
    if not measured.lines and not measured.unplanned:
        return say(lang, N_("Nobody has written down yet how this client's data is backed up.")), ""
    said = words.lost_words(lost, lang) if lost is not None else say(
        lang, N_("What a crash now would cost cannot be said: not every database's backups can be seen.")
    )  # fmt: skip
    if measured.unplanned:
        names = "、".join(one.database for one in measured.unplanned[:3])
        return said, say(lang, N_("Without a plan: %(names)s."), names=names)
    bad = [one for one in measured.lines if one.grave in ("crit", "warn")]
    if bad:
        first = bad[0]
        return said, f"{first.database or say(lang, N_('Whole server'))}: {say(lang, words.STANDINGS[first.standing])}"
    return said, say(lang, MISSING[three.missing[0]]) if three.missing else ""


def _line(one: register.Line, plan: reading.Plan, drill: Any, now: datetime, lang: Language) -> Line:
    row = plan.row
    days = row.drill_every_days
    shown = drilling.proof(drill.good_at if drill is not None else None, days, now) if days else ""
    return Line(
        plan=row,
        database=one.database or row.subject or say(lang, N_("Whole server")),
        kind=one.grave,
        word=say(lang, words.STANDINGS[one.standing]),
        type=say(lang, words.TYPES[row.backup_type]),
        every=words.every_words(row.every_s, row.cron, lang),
        age=in_words(timedelta(seconds=one.age_s), lang) if one.age_s is not None else "—",
        limit=in_words(promised.bounds(row.backup_type, one.plan.every)[0], lang),
        connection=plan.connection,
        medium=say(lang, words.MEDIA[row.medium]),
        proof=say(lang, words.PROOFS[shown]) if shown else "",
        proof_kind=drilling.GRAVE[shown] if shown else "",
        due_on=drill.due_on if drill is not None else None,
    )


def _copy(one: reading.Copy, now: datetime, lang: Language) -> tuple[reading.Copy, str, str]:
    if one.newest_at is None:
        return one, "unknown", say(lang, N_("Nobody has confirmed a copy here."))
    age = in_words(max(timedelta(), now - one.newest_at), lang)
    state = "ok" if now - one.newest_at <= FRESH else "warn"
    return one, state, say(lang, N_("%(age)s old, %(how)s"), age=age, how=say(lang, words.HOW[one.how or "hand"]))


@dataclass(frozen=True)
class Glance:
    """How the safeguards stand, in a line each: (kind, sentence)."""

    drill: tuple[str, str]
    review: tuple[str, str]


def glance(row: Any, now: datetime, lang: Language) -> Glance:
    """From `overview.glance_columns` as they came back, by name."""
    proof = dict(row["proof"] or {})
    good = datetime.fromisoformat(proof["oldest_good"]) if proof.get("oldest_good") else None
    drill = drill_words(proof.get("wanted", 0), proof.get("unproven", 0), proof.get("stale", 0), good, now, lang)
    return Glance(drill=drill, review=review_words(row["reviewed_at"], row["reviewing"], now, lang))


def drill_words(
    wanted: int, unproven: int, stale: int, good: datetime | None, now: datetime, lang: Language
) -> tuple[str, str]:
    """Whether somebody has proved that the backups can be restored; where no plan asks for it, nobody can say."""
    if not wanted:
        return "unknown", say(lang, N_("No backup plan asks for drills yet."))
    if unproven:
        return "crit", say(lang, N_("Nobody has proved yet that the backup can be restored."))
    days = (now - good).days if good is not None else 0
    text = N_("The last good restore drill was %(n)s days ago.") if days else N_("A restore drill went well today.")
    return ("warn" if stale else "ok"), say(lang, text, n=days) if days else say(lang, text)


def review_words(at: datetime | None, going: int, now: datetime, lang: Language) -> tuple[str, str]:
    """How long ago somebody looked through everybody's rights."""
    if at is None:
        text = N_("The first permission review is open.") if going else N_("Nobody has looked through the rights yet.")
        return "unknown", say(lang, text)
    days = (now - at).days
    said = say(lang, N_("The rights were last looked through %(n)s days ago."), n=days)
    if not days:
        said = say(lang, N_("The rights were looked through today."))
    return ("ok" if days <= REVIEW_DAYS else "warn"), said
