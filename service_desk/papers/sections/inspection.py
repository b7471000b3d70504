"""One inspection round, item by item: what the checks saw and what a person saw; what stays open."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from service_desk.lib.i18n import N_, say
from service_desk.papers.section import Asked, Section
from service_desk.papers.sections.safeguards import subject
from service_desk.safeguards import rounds, words
from service_desk.safeguards.models import InspectionRound, RoundItem
from service_desk.scope import load, session


def gather(asked: Asked) -> Mapping[str, Any]:
    """The round with its items, those that stay open first."""
    row = load(InspectionRound, subject(asked.paper))
    mine = select(RoundItem).where(RoundItem.round_id == row.id).order_by(RoundItem.position)
    items = list(session().scalars(mine))
    lines = [(_line(one, asked), rounds.left_open(one)) for one in items]
    tally = rounds.tally(items)
    return {
        "round": row,
        "counts": [(say(asked.lang, words.ROUND_STATES[key]), key, n) for key, n in tally.items() if n],
        "open": [line for line, still in lines if still],
        "fine": [line for line, still in lines if not still],
    }


def _line(one: RoundItem, asked: Asked) -> dict[str, Any]:
    automatic = bool(one.seen)
    return {
        "title": words.seen_title(one.seen, asked.lang) if automatic else one.words,
        "sentence": words.seen_sentence(one.seen, asked.lang) if one.kind == "auto" else "",
        "kind": one.state or "unknown",
        "word": say(asked.lang, words.ROUND_STATES[one.state]),
        "note": one.note,
        "since": one.open_since,
        "missed": one.missed,
        "before": say(asked.lang, words.ROUND_STATES[one.before]) if one.before not in ("", "ok") else "",
    }


SECTION = Section("inspection", N_("Inspection"), gather)
