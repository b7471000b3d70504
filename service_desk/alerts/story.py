"""Everything that happened to an incident, in the order in which it did: what was found, told, done."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import literal_column, select

from service_desk.alerts.models import AlertNotice, Incident, IncidentEvent
from service_desk.checks.models import CheckFlip
from service_desk.checks.reading import state_word, value_words
from service_desk.lib.clock import Language, show_time
from service_desk.lib.i18n import N_, say
from service_desk.scope import session

MOST = 60
EVENTS: dict[str, str] = {
    "opened": N_("Opened"),
    "reopened": N_("Back within half an hour: the same incident goes on"),
    "worse": N_("It became worse: told anew, also to those who had seen it"),
    "changed": N_("Its severity changed"),
    "cleared": N_("The condition is gone; it ends when somebody has seen it"),
    "resolved": N_("Over"),
    "muted": N_("Nobody is told"),
    "unmuted": N_("Told again from here on"),
    "flapping": N_("It comes and goes: from here on told once an hour, and open until it is calm"),
    "calm": N_("It is calm again"),
    "acknowledged": N_("Seen"),
    "taken_back": N_("Taken back: not seen after all"),
}
MUTED: dict[str, str] = {
    "maintenance": N_("Nobody is told: in maintenance"),
    "silence": N_("Nobody is told: silenced"),
    "parent": N_("Nobody is told: what it depends on does not answer"),
}
NOTICES: dict[str, str] = {
    "opened": N_("Told"),
    "storm": N_("Told together with others"),
    "escalated": N_("Told again, because nobody had seen it"),
    "ended": N_("Told that it is over"),
    "flapping": N_("Told that it comes and goes"),
    "digest": N_("The changes of the last hour told"),
    "no_data": N_("Told that nobody looks"),
}
TO_BE_TOLD = N_("to be told at %(at)s")
SINCE_UNTIL = N_("%(why)s, until %(at)s")
STEP = N_("step %(n)s")
NEXT = N_("%(at)s, unless somebody has seen it by then")


@dataclass(frozen=True)
class Line:
    """One line of the story: `kind` is a state's word for shape and colour, or "" for what is not a state."""

    at: datetime
    when: str
    kind: str
    word: str
    note: str = ""
    by: str = ""


def lines(incident: Incident, now: datetime, zone: str, lang: Language) -> list[Line]:
    """The story, the latest first."""
    found = [*_events(incident, zone, lang), *_flips(incident, zone, lang), *_notices(incident, now, zone, lang)]
    return sorted(found, key=lambda line: line.at, reverse=True)[: 2 * MOST]


def hidden(incident: Incident, zone: str, lang: Language) -> str:
    """Why nobody is told just now, and until when; "" when they are."""
    if not incident.muted:
        return ""
    why = say(lang, MUTED[incident.muted])
    if incident.muted_until is None:
        return why
    return say(lang, SINCE_UNTIL, why=why, at=show_time(incident.muted_until, zone, lang))


def next_told(incident: Incident, now: datetime, zone: str, lang: Language) -> str:
    """When it is told again if nobody does anything; "" when that was the last time."""
    if incident.resolved_at or incident.acknowledged_at or incident.muted or incident.next_step_at is None:
        return ""
    return say(lang, NEXT, at=show_time(max(incident.next_step_at, now), zone, lang))


def _events(incident: Incident, zone: str, lang: Language) -> Iterator[Line]:
    rows = (
        select(IncidentEvent)
        .where(IncidentEvent.incident_id == incident.id)
        .order_by(IncidentEvent.id.desc())
        .limit(MOST)
    )
    for row in session().scalars(rows):
        text = MUTED.get(row.params.get("why", ""), EVENTS["muted"]) if row.kind == "muted" else EVENTS[row.kind]
        kind = row.params.get("to", "") or {"resolved": "ok"}.get(row.kind, "")
        yield Line(row.at, show_time(row.at, zone, lang), kind, say(lang, text), row.note, row.by)


def _flips(incident: Incident, zone: str, lang: Language) -> Iterator[Line]:
    rows = (
        select(CheckFlip)
        .where(CheckFlip.state_id == incident.state_id, CheckFlip.at >= incident.opened_at)
        .order_by(CheckFlip.at.desc())
        .limit(MOST)
    )
    if incident.resolved_at is not None:
        rows = rows.where(CheckFlip.at <= incident.resolved_at)
    for flip in session().scalars(rows):
        value = value_words(flip.check, flip.value, lang)
        yield Line(flip.at, show_time(flip.at, zone, lang), flip.to_state, state_word(flip.to_state, lang),
                   "" if value == "—" else value)  # fmt: skip


def _notices(incident: Incident, now: datetime, zone: str, lang: Language) -> Iterator[Line]:
    mine: Any = AlertNotice.incident_ids.op("@>")(literal_column(f"ARRAY[{incident.id}]::bigint[]"))
    # Its own time narrows the search: an array has no place in an index that row-level security may use.
    since = AlertNotice.created_at >= incident.opened_at
    for notice in session().scalars(select(AlertNotice).where(since, mine).order_by(AlertNotice.id.desc()).limit(MOST)):
        coming = notice.taken_at is None and notice.due_at > now
        note = say(lang, TO_BE_TOLD, at=show_time(notice.due_at, zone, lang)) if coming else ""
        if notice.why == "escalated":
            note = " · ".join(filter(None, (say(lang, STEP, n=notice.step), note)))
        at = notice.taken_at or notice.created_at
        yield Line(at, show_time(at, zone, lang), "", say(lang, NOTICES[notice.why]), note)
