"""The catalogue as a page for engineers: every check with what it reads, its right, its limits and its remedy."""

from dataclasses import dataclass
from datetime import timedelta

from service_desk.checks.catalog import CATALOG, GROUPS
from service_desk.checks.finding import N_, Check
from service_desk.checks.reading import example, group_word, limits_words, remedy, title
from service_desk.lib.clock import Language, in_words
from service_desk.lib.i18n import say


@dataclass(frozen=True)
class Entry:
    """One check as checks/catalogue.html shows it."""

    key: str
    title: str
    sentence: str
    reads: str
    right: str
    limits: str
    every: str
    remedy: str
    notes: list[str]


def layers(lang: Language) -> list[tuple[str, list[Entry]]]:
    """The layers in their order, each with its checks, the gravest first."""
    ordered = sorted(CATALOG.values(), key=lambda check: check.priority)
    return [
        (group_word(group, lang), [_entry(check, lang) for check in ordered if check.group == group])
        for group in GROUPS
    ]


def _entry(check: Check, lang: Language) -> Entry:
    return Entry(
        key=check.key,
        title=title(check.key, lang),
        sentence=example(check, lang),
        reads=say(lang, check.reads),
        right=say(lang, check.right),
        limits=limits_words(check, check.warn, check.crit, lang),
        every=_every(check, lang),
        remedy=remedy(check.key, lang),
        notes=_notes(check, lang),
    )


def _every(check: Check, lang: Language) -> str:
    if not check.planned:
        return say(lang, N_("as it happens"))
    return in_words(timedelta(seconds=check.interval_s), lang)


def _notes(check: Check, lang: Language) -> list[str]:
    notes = []
    if check.confirm_of:
        notes.append(say(lang, N_("told after %(n)s of %(of)s results"), n=check.confirm_n, of=check.confirm_of))
    elif check.confirm_n > 1:
        notes.append(say(lang, N_("told after %(n)s results in a row"), n=check.confirm_n))
    marks = {
        N_("stays open until somebody acknowledges it"): check.manual,
        N_("asked at night"): check.heavy,
        N_("offered, not switched on by itself"): check.quiet,
    }
    return [*notes, *(say(lang, text) for text, holds in marks.items() if holds)]
