"""Every check as it stands: the sentence first, then since when, and the last thirty days as a strip."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from markupsafe import Markup
from sqlalchemy import select

from service_desk.checks import reading
from service_desk.checks.catalog import CATALOG, GROUPS
from service_desk.checks.models import CheckDay, CheckState
from service_desk.lib.charts import heat_strip
from service_desk.lib.charts.facts import State
from service_desk.lib.clock import Language, local_day
from service_desk.lib.i18n import N_, say
from service_desk.papers.section import Asked, Section
from service_desk.scope import session
from service_desk.tenants.models import ErpConnection

DAYS = 30
STRIPS = 60  # a strip costs the layout time; what is beyond is still said in words


@dataclass(frozen=True)
class Spoken:
    """A state ready to be printed."""

    check: str
    title: str
    subject: str
    kind: str
    word: str
    sentence: str
    remedy: str
    since: datetime
    seen_at: datetime
    strip: Markup | None = None


def spoken(state: CheckState, lang: Language, strip: Markup | None = None) -> Spoken:
    """What a state says in the paper's language."""
    return Spoken(
        check=state.check,
        title=reading.title(state.check, lang),
        subject=reading.subject_words(state, lang),
        kind=state.state,
        word=reading.state_word(state.state, lang),
        sentence=reading.sentence(state, lang),
        remedy=reading.remedy(state.check, lang) if state.state != "ok" else "",
        since=state.since,
        seen_at=state.seen_at,
        strip=strip,
    )


def states(*checks: str) -> Sequence[CheckState]:
    """What is watched now, worst first; only these checks when any are named."""
    statement = select(CheckState).where(CheckState.gone_at.is_(None))
    if checks:
        statement = statement.where(CheckState.check.in_(checks))
    rank = {"crit": 0, "warn": 1, "unknown": 2, "ok": 3}
    return sorted(session().scalars(statement), key=lambda one: (rank[one.state], one.check, one.subject))


def strips(shown: Sequence[CheckState], asked: Asked) -> dict[int, Markup]:
    """The last thirty days of each state, on the client's calendar."""
    today = local_day(asked.now, asked.zone)
    first = today - timedelta(days=DAYS - 1)
    rows = session().scalars(
        select(CheckDay).where(CheckDay.state_id.in_([one.id for one in shown]), CheckDay.day >= first)
    )
    seen: dict[int, dict[date, State]] = {}
    for row in rows:
        seen.setdefault(row.state_id, {})[row.day] = _day_state(row)
    days = [first + timedelta(days=place) for place in range(DAYS)]
    return {
        one.id: heat_strip(
            [(day, seen[one.id].get(day, "none")) for day in days],
            label=reading.title(one.check, asked.lang),
            lang=asked.lang,
        )
        for one in shown
        if one.id in seen
    }


def _day_state(row: CheckDay) -> State:
    if row.n_crit:
        return "crit"
    if row.n_warn:
        return "warn"
    return "unknown" if row.n_unknown == row.n else "ok"


def gather(asked: Asked) -> Mapping[str, Any]:
    """All states by layer, with their strips."""
    shown = states()
    drawn = strips(shown[:STRIPS], asked)
    lines = [spoken(one, asked.lang, drawn.get(one.id)) for one in shown]
    layer = {key: check.group for key, check in CATALOG.items()}
    groups = [
        (reading.group_word(group, asked.lang), [one for one in lines if layer.get(one.check) == group])
        for group in GROUPS
    ]
    down = session().scalars(select(ErpConnection.name).where(~ErpConnection.enabled)).all()
    counts = [(reading.state_word(key, asked.lang), key, sum(one.kind == key for one in lines)) for key in KINDS]
    # A check that is no longer in the catalogue has no layer; what it last said is still shown.
    groups.append((say(asked.lang, N_("Other checks")), [one for one in lines if one.check not in layer]))
    return {"groups": [pair for pair in groups if pair[1]], "counts": counts, "off": down, "days": DAYS}


KINDS = ("crit", "warn", "unknown", "ok")
SECTION = Section("checks", N_("Checks and their state"), gather)
