"""What a state says, in a given language: sentence, reason, title, remedy. Pure over the catalogue and the words.

It serves pages, mails and papers alike, so the language is always an argument (`zh` or `en`, or a locale's name).
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Protocol

from connectors.reasons import REASONS
from service_desk.checks.catalog import CATALOG, GROUPS
from service_desk.checks.finding import N_, Check
from service_desk.checks.life import CONFIRMING, NO_AGENT, NO_DATA, TOO_MUCH, WAITING
from service_desk.checks.shapes import COUNTING
from service_desk.lib.clock import Language, in_words, language
from service_desk.lib.i18n import say

STATES: dict[str, str] = {
    "ok": N_("Fine"),
    "warn": N_("Attention"),
    "crit": N_("Critical"),
    "unknown": N_("Cannot see"),
    "no_data": N_("No data"),
    "gone": N_("No longer there"),
    "new": N_("Not known before"),
}
UNITS: dict[str, str] = {
    "": "",
    "h": N_("h"),
    "d": N_("d"),
    "min": N_("min"),
    "s": N_("s"),
    "ms": N_("ms"),
    "s/h": N_("s per hour"),
    "/h": N_("per hour"),
    "x": N_("times"),
    "%": "%",
    "MB": "MB",
    "GB": "GB",
}
# Words of facts that sentences say: modules of an ERP, kinds of master data.
TERMS: dict[str, str] = {
    "GL": N_("General ledger"),
    "AR": N_("Receivables"),
    "AP": N_("Payables"),
    "SA": N_("Sales"),
    "PU": N_("Purchasing"),
    "ST": N_("Stock"),
    "IA": N_("Stock accounting"),
    "IC": N_("Supply chain"),
    "FA": N_("Fixed assets"),
    "WA": N_("Payroll"),
    "PA": N_("Payroll"),
    "CA": N_("Cost accounting"),
    "customers": N_("customers"),
    "vendors": N_("vendors"),
    "items": N_("stock items"),
    # Types of documents, as clouds and programs name them that do not speak Chinese.
    "receivable": N_("receivables"),
    "sales": N_("sales orders"),
    "purchases": N_("purchase orders"),
    "productions": N_("production orders"),
    "sale.order": N_("sales orders"),
    "out_invoice": N_("sales invoices"),
    "Sales Order": N_("sales orders"),
    "Purchase Order": N_("purchase orders"),
    "Sales Invoice": N_("sales invoices"),
    "Purchase Invoice": N_("purchase invoices"),
}
MOST_S = 10**10  # three hundred years: of no length more is said
SIZES = (("TB", 1024**4), ("GB", 1024**3), ("MB", 1024**2), ("KB", 1024))
OUR_REASONS: dict[str, str] = {
    WAITING: N_("Waiting for the connection to the ERP."),
    NO_AGENT: N_("Waiting for the agent at the client's."),
    NO_DATA: N_("No data: nobody has looked for too long."),
    CONFIRMING: N_("Looked at once; the next look decides."),
    "refused": N_("The server refused our login; it is not tried again until the connection is changed."),
    COUNTING: N_("A figure needs two looks; the next one tells."),
    TOO_MUCH: N_("More came and went here in one day than is taken; what is beyond that is not shown."),
    "not_told": N_("The registry does not tell when it ends."),
}
PARTS = {"connect": N_("logging in"), "answer": N_("answering")}
CANNOT_SEE = N_("%(title)s: could not be looked at. %(reason)s")


class _Blanks(dict[str, Any]):
    """A parameter that an older record does not have reads as a dash, never as an error."""

    def __missing__(self, key: str) -> str:
        return "—"


class Stated(Protocol):
    """What a sentence is made from: a CheckState, or anything that keeps the same columns."""

    @property
    def check(self) -> str: ...
    @property
    def subject(self) -> str: ...
    @property
    def state(self) -> str: ...
    @property
    def sentence_params(self) -> Mapping[str, Any]: ...
    @property
    def reason(self) -> str: ...


def sentence(state: Stated, lang: str) -> str:
    """The one sentence of a current state."""
    return sentence_of(state.check, state.state, state.sentence_params, state.reason, lang)


def sentence_of(check: str, state: str, params: Mapping[str, Any], reason: str, lang: str) -> str:
    """The one sentence of a check, whatever kept its state and parameters (an incident, a frozen paper)."""
    said = language(lang)
    why = reason_of(reason, params.get("reason") or {}, said)
    if state == "unknown" or check not in CATALOG:
        return say(said, CANNOT_SEE, title=title(check, said), reason=why).strip()
    entry = CATALOG[check]
    wording = params.get("wording") or ("ok" if state == "ok" else "bad")
    text = entry.says.get(wording) or entry.says["ok" if state == "ok" else "bad"]
    return (say(said, text) % _Blanks(_spoken(params, said), reason=why)).strip()


class _Dots(dict[str, Any]):
    """Every parameter is left open."""

    def __missing__(self, key: str) -> str:
        return "…"


def example(check: Check, lang: Language) -> str:
    """What the check says when something is wrong, its figures left open."""
    return str(say(lang, check.says.get("bad", "")) % _Dots()).strip()


def reason_of(reason: str, params: Mapping[str, Any], lang: str) -> str:
    """Why something could not be seen or does not answer, as a sentence; "" without a reason."""
    said = language(lang)
    if reason in OUR_REASONS:
        return say(said, OUR_REASONS[reason])
    if reason in REASONS:
        return str(say(said, REASONS[reason].sentence) % _Blanks(params))
    return ""


def title(check: str, lang: str) -> str:
    """The name of a check; a key that is no longer in the catalogue stands for itself."""
    return say(language(lang), CATALOG[check].title) if check in CATALOG else check


def remedy(check: str, lang: str) -> str:
    """What to do about it."""
    return say(language(lang), CATALOG[check].remedy) if check in CATALOG else ""


def state_word(state: str, lang: str) -> str:
    """The word for a state."""
    return say(language(lang), STATES.get(state, state))


def shown(state: Stated) -> str:
    """The state as a page shows it: where nobody looked for too long, that has a word of its own."""
    return NO_DATA if state.reason == NO_DATA else state.state


def group_word(group: str, lang: str) -> str:
    """The name of a layer."""
    return say(language(lang), GROUPS[group])


def unit_word(unit: str, lang: str) -> str:
    """A unit as it stands behind a number."""
    return say(language(lang), UNITS[unit]) if UNITS.get(unit) else unit


def value_words(check: str, value: float | None, lang: str) -> str:
    """A value with its unit, "—" when there is none. Minutes and seconds are said as a length of time."""
    if value is None or check not in CATALOG:
        return "—"
    unit, seconds = CATALOG[check].unit, {"s": 1, "min": 60}
    if unit in seconds:
        return length_words(value * seconds[unit], language(lang))
    value = round(value, 2)
    return f"{value:,.10g} %" if unit == "%" else f"{value:,.10g} {unit_word(unit, lang)}".strip()


def limits_words(check: Check, warn: float | None, crit: float | None, lang: str) -> str:
    """Both limits as they are read beside a check: `≥ 26 h / ≥ 50 h`; "" where there are none."""
    sign = "≥" if check.bad == "above" else "≤"
    said = ["—" if limit is None else f"{sign} {value_words(check.key, limit, lang)}" for limit in (warn, crit)]
    return "" if warn is None and crit is None else " / ".join(said)


def subject_words(state: Stated, lang: str) -> str:
    """What the state is about, beside the title; "" when it is the connection as a whole."""
    params = state.sentence_params
    if state.check == "db.latency":
        return say(language(lang), PARTS[state.subject]) if state.subject in PARTS else ""
    return str(params.get("set") or params.get("database") or params.get("name") or state.subject)


def _spoken(params: Mapping[str, Any], lang: Language) -> dict[str, Any]:
    """Parameters ready for a sentence: seconds (`_s`), bytes (`_b`), terms (`_w`) are said under the shorter name."""
    said = {name: "—" if value is None else value for name, value in params.items() if not isinstance(value, dict)}
    said |= {name[:-2]: "—" for name, value in params.items() if value is None and name.endswith(("_s", "_b", "_w"))}
    for name, value in params.items():
        if isinstance(value, int | float) and name.endswith("_s"):
            said[name.removesuffix("_s")] = length_words(value, lang)
        elif isinstance(value, int | float) and name.endswith("_b"):
            said[name.removesuffix("_b")] = size_words(value)
        elif isinstance(value, str) and name.endswith("_w"):
            said[name.removesuffix("_w")] = terms(value, lang)
    return said


def terms(codes: str, lang: Language) -> str:
    """Codes of `TERMS`, separated by |, in words; a code that is none stands for itself."""
    return ("、" if lang == "zh" else ", ").join(say(lang, TERMS.get(code, code)) for code in codes.split("|"))


def length_words(seconds: float, lang: Language) -> str:
    """A length of time; below a minute in seconds, since a lock of half a minute is no “under 1 min”."""
    if abs(seconds) < 60:
        return f"{abs(seconds):.0f} {unit_word('s', lang)}"
    # Far sides and pushes may tell any number: one that no calendar holds must not take a page or a message with it.
    return in_words(timedelta(seconds=min(abs(seconds), MOST_S)), lang)


def size_words(size: float) -> str:
    """Bytes in the largest unit that fits: 1536 -> `1.5 KB`."""
    word, unit = next(((word, unit) for word, unit in SIZES if abs(size) >= unit), ("B", 1))
    return f"{size / unit:.3g} {word}"
