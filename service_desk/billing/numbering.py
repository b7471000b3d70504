"""What an invoice number looks like, when counting restarts, and whether a number is missing."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from typing import Literal

Resets = Literal["yearly", "monthly", "never"]

_TOKEN = re.compile(r"\{([^{}]*)\}")
_SEQUENCE = re.compile(r"seq(?::([1-9]))?")
_LITERAL = re.compile(r"[A-Za-z0-9_./-]*")
LONGEST = 40


class BadForm(ValueError):
    """A form that cannot number anything. ``code``: ``token`` (unknown), ``sequence`` (none, or more than one),
    ``characters`` (other than letters, digits and ``_ . / -``), ``period`` (a number would come twice), ``length``."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def check_form(form: str, resets: Resets) -> None:
    """Raise BadForm unless ``form`` gives every invoice of a practice a number of its own.

    Tokens: ``{YYYY}`` ``{YY}`` ``{MM}`` and once ``{seq}`` or ``{seq:4}`` (padded). A series that restarts every year
    must show the year, one that restarts every month the year and the month.
    """
    tokens = _TOKEN.findall(form)
    if len([token for token in tokens if _SEQUENCE.fullmatch(token)]) != 1:
        raise BadForm("sequence")
    if any(token not in ("YYYY", "YY", "MM") and not _SEQUENCE.fullmatch(token) for token in tokens):
        raise BadForm("token")
    if not _LITERAL.fullmatch(_TOKEN.sub("", form)):
        raise BadForm("characters")
    has_year = "YYYY" in tokens or "YY" in tokens
    if (resets != "never" and not has_year) or (resets == "monthly" and "MM" not in tokens):
        raise BadForm("period")
    if len(number(form, date(2026, 11, 22), 10**6)) > LONGEST:
        raise BadForm("length")


def number(form: str, day: date, sequence: int) -> str:
    """Return the number for ``sequence`` taken on ``day``: ``INV-{YYYY}-{seq:4}`` gives ``INV-2026-0007``."""

    def fill(match: re.Match[str]) -> str:
        sequence_token = _SEQUENCE.fullmatch(match[1])
        if sequence_token:
            return str(sequence).zfill(int(sequence_token[1] or 1))
        return {"YYYY": f"{day:%Y}", "YY": f"{day:%y}", "MM": f"{day:%m}"}[match[1]]

    return _TOKEN.sub(fill, form)


def period(resets: Resets, day: date) -> str:
    """Return the period that ``day`` counts in: ``2026``, ``2026-11`` or ``all``."""
    return {"yearly": f"{day:%Y}", "monthly": f"{day:%Y-%m}", "never": "all"}[resets]


def gaps(taken: Iterable[int]) -> tuple[int, ...]:
    """Return the sequence numbers missing between 1 and the highest one taken."""
    seen = set(taken)
    return tuple(place for place in range(1, max(seen, default=0) + 1) if place not in seen)
