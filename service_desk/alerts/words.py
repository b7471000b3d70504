"""What people are told about incidents: why now, and what to do; one client's data only. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from service_desk.alerts.channels.message import Message, way
from service_desk.alerts.rules import is_storm
from service_desk.checks.reading import remedy, state_word, title
from service_desk.lib.clock import Language
from service_desk.lib.i18n import N_, say

ONE = N_("[%(client)s] %(sentence)s")
AGAIN = N_("[%(client)s] Still open, seen by nobody: %(sentence)s")
SOME = N_("[%(client)s] %(n)s things need you")
STORM = N_("[%(client)s] %(n)s things at once")
CALM = N_("[%(client)s] Fine again: %(title)s")
CALM_SOME = N_("[%(client)s] %(n)s things are fine again")
WHAT_TO_DO = N_("What to do: %(advice)s")
TICKET = N_("Ticket #%(number)s: %(link)s")
FINE_AGAIN = N_("Fine again: %(what)s")
COUNTED = N_("%(title)s: %(n)s")
WORST = N_("The first of them:")
ALL_OF_THEM = N_("All of them")
TICKET_NAME = N_("Ticket #%(number)s")
OPEN = N_("Open it")
LOOKED_AFTER = N_("%(engineer)s has been told and looks after it.")
ENGINEER = N_("Your engineer")
TEST = N_("This is a test. Alarms will arrive here like this.")
# What a reason adds to the sentence; opened, ended and storm say it by themselves.
WHY: dict[str, str] = {
    "escalated": N_("Nobody has said yet that they have seen it."),
    "flapping": N_("It comes and goes. From now on its changes are told once an hour."),
    "digest": N_("It came and went again within the last hour and is still open."),
    "no_data": N_("Nothing could be looked at for too long: this is not a sign that all is well."),
}
FIRST = 5
Face = Literal["desk", "client"]


@dataclass(frozen=True)
class Told:
    """An incident as a message tells it. `over`: it has ended by now. `link` lands on its ticket or on itself."""

    check: str
    severity: str
    sentence: str
    number: int | None
    link: str
    why: str = "opened"
    over: bool = False


@dataclass(frozen=True, kw_only=True)
class Frame:
    """What stands around the incidents of a message: whose they are, for whom, where all of them stand."""

    client: str
    all_link: str
    lang: Language
    face: Face = "desk"
    engineer: str = ""


def compose(told: Sequence[Told], frame: Frame, ident: str, at: datetime) -> Message:
    """The one message about these incidents; at least one."""
    opened, ended = [one for one in told if not one.over], [one for one in told if one.over]
    link, open_words = _way(told, frame)
    return Message(
        ident=ident,
        severity=_gravest(opened) if opened else "ok",
        client=frame.client,
        subject=_subject(opened, ended, frame),
        paragraphs=tuple(_paragraphs(opened, ended, frame)),
        link=link,
        open_words=open_words,
        lang=frame.lang,
        at=at,
    )


def _way(told: Sequence[Told], frame: Frame) -> tuple[str, str]:
    """Where the message leads, and the words for that: to the very thing when it speaks of one alone."""
    if frame.face == "client":
        return frame.all_link, say(frame.lang, OPEN)
    if len(told) > 1:
        return frame.all_link, say(frame.lang, ALL_OF_THEM)
    number = told[0].number
    return told[0].link, say(frame.lang, TICKET_NAME, number=number) if number else say(frame.lang, OPEN)


def test_message(channel: str, practice: str, link: str, lang: Language, ident: str, at: datetime) -> Message:
    """What the test button sends: no word of any client."""
    return Message(
        ident=ident,
        severity="test",
        client=practice,
        subject=say(lang, ONE, client=practice, sentence=say(lang, channel)),
        paragraphs=(say(lang, TEST),),
        link=link,
        open_words=say(lang, OPEN),
        lang=lang,
        at=at,
    )


def _gravest(opened: Sequence[Told]) -> str:
    return min((one.severity for one in opened), key=("crit", "warn", "unknown").index)


def _subject(opened: Sequence[Told], ended: Sequence[Told], frame: Frame) -> str:
    lang, client = frame.lang, frame.client
    if not opened:
        if len(ended) == 1:
            return say(lang, CALM, client=client, title=title(ended[0].check, lang))
        return say(lang, CALM_SOME, client=client, n=len(ended))
    if is_storm(opened):
        return say(lang, STORM, client=client, n=len(opened))
    if len(opened) > 1:
        return say(lang, SOME, client=client, n=len(opened))
    form = AGAIN if opened[0].why == "escalated" else ONE
    return say(lang, form, client=client, sentence=opened[0].sentence)


def _paragraphs(opened: Sequence[Told], ended: Sequence[Told], frame: Frame) -> list[str]:
    if is_storm(opened):
        parts = _storm(opened, frame)
    else:
        parts = [_one(one, frame, alone=len(opened) + len(ended) == 1) for one in opened]
    if ended:
        parts.append(_calm(ended, frame, alone=len(opened) + len(ended) == 1))
    if frame.face == "client" and opened:
        parts.append(say(frame.lang, LOOKED_AFTER, engineer=frame.engineer or say(frame.lang, ENGINEER)))
    return [part for part in parts if part]


def _one(told: Told, frame: Frame, *, alone: bool) -> str:
    lang = frame.lang
    lines = [f"{state_word(told.severity, lang)} · {title(told.check, lang)}"]
    if not alone:
        lines.append(told.sentence)
    if told.why in WHY:
        lines.append(say(lang, WHY[told.why]))
    if frame.face == "desk":
        lines += _to_do(told, lang, alone=alone)
    return "\n".join(lines)


def _to_do(told: Told, lang: Language, *, alone: bool) -> list[str]:
    """What to do, and where; a message about one thing leads there by itself."""
    advice = remedy(told.check, lang)
    where = say(lang, TICKET, number=told.number, link=told.link) if told.number else told.link
    return [*([say(lang, WHAT_TO_DO, advice=advice)] if advice else []), *([] if alone else [where])]


def _calm(ended: Sequence[Told], frame: Frame, *, alone: bool) -> str:
    lines = []
    for told in ended[:20]:
        name = title(told.check, frame.lang)
        lines.append(
            say(frame.lang, FINE_AGAIN, what=name if alone or frame.face == "client" else f"{name} {told.link}")
        )
    return "\n".join(lines)


def _storm(opened: Sequence[Told], frame: Frame) -> list[str]:
    """Counts by check, the first few in full, and where all of them stand."""
    lang, desk = frame.lang, frame.face == "desk"
    counts = Counter(told.check for told in opened)
    counted = [say(lang, COUNTED, title=title(check, lang), n=count) for check, count in counts.most_common()]
    first = [f"- {told.sentence} {told.link}" if desk else f"- {told.sentence}" for told in opened[:FIRST]]
    return ["\n".join(counted), "\n".join([say(lang, WORST), *first])]


def mail_body(message: Message) -> str:
    """A mail says its sentence once more at the beginning of its text, and ends with where to go on."""
    return "\n\n".join(part for part in (message.subject, *message.paragraphs, way(message)) if part)
