"""What is told by mail about incidents: why now, and what to do; one client's data only. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from service_desk.alerts.rules import is_storm
from service_desk.checks.reading import remedy, state_word, title
from service_desk.lib.clock import Language
from service_desk.lib.i18n import N_, say

ONE = N_("[%(client)s] %(sentence)s")
SOME = N_("[%(client)s] %(n)s things need you")
STORM = N_("[%(client)s] %(n)s things at once")
CALM = N_("[%(client)s] Fine again: %(title)s")
CALM_SOME = N_("[%(client)s] %(n)s things are fine again")
WHAT_TO_DO = N_("What to do: %(advice)s")
TICKET = N_("Ticket #%(number)s: %(link)s")
FINE_AGAIN = N_("Fine again: %(what)s")
COUNTED = N_("%(title)s: %(n)s")
WORST = N_("The first of them:")
ALL_OF_THEM = N_("All of them: %(link)s")


@dataclass(frozen=True)
class Told:
    """An incident as a mail tells it."""

    check: str
    severity: str
    sentence: str
    number: int | None
    link: str


def mail(opened: Sequence[Told], ended: Sequence[Told], client: str, desk_link: str, lang: Language) -> tuple[str, str]:
    """Subject and text of the one mail of a run. At least one of `opened` and `ended` has something in it."""
    if not opened:
        subject = (
            say(lang, CALM, client=client, title=title(ended[0].check, lang))
            if len(ended) == 1
            else say(lang, CALM_SOME, client=client, n=len(ended))
        )
        return subject, _calm(ended, lang)
    if is_storm(opened):
        return say(lang, STORM, client=client, n=len(opened)), _storm(opened, ended, desk_link, lang)
    subject = (
        say(lang, ONE, client=client, sentence=opened[0].sentence)
        if len(opened) == 1
        else say(lang, SOME, client=client, n=len(opened))
    )
    parts = [*(_one(told, lang) for told in opened), *([_calm(ended, lang)] if ended else [])]
    return subject, "\n\n".join(parts)


def _one(told: Told, lang: Language) -> str:
    lines = [f"{state_word(told.severity, lang)} · {title(told.check, lang)}", told.sentence]
    if advice := remedy(told.check, lang):
        lines.append(say(lang, WHAT_TO_DO, advice=advice))
    lines.append(say(lang, TICKET, number=told.number, link=told.link) if told.number else told.link)
    return "\n".join(lines)


def _calm(ended: Sequence[Told], lang: Language) -> str:
    return "\n".join(say(lang, FINE_AGAIN, what=f"{title(told.check, lang)} {told.link}") for told in ended[:20])


def _storm(opened: Sequence[Told], ended: Sequence[Told], desk_link: str, lang: Language) -> str:
    """Counts by check, the first few in full, and where all of them stand."""
    counts = Counter(told.check for told in opened)
    lines = [say(lang, COUNTED, title=title(check, lang), n=count) for check, count in counts.most_common()]
    lines += ["", say(lang, WORST), *(f"- {told.sentence} {told.link}" for told in opened[:5])]
    lines += ["", say(lang, ALL_OF_THEM, link=desk_link)]
    return "\n".join([*lines, "", _calm(ended, lang)] if ended else lines)
