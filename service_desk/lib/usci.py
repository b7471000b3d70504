"""统一社会信用代码 (GB 32100-2015): is a typed tax number well formed?

A wrong one is a warning, never a wall: natural persons bill under their identity card number, and some old
registrations keep their 15 digits.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from service_desk.lib.text import clean_id

# No I, O, S, V, Z: they look like digits or like each other.
_CHARSET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_WEIGHTS = tuple(pow(3, place, 31) for place in range(17))
_ORG_CHARSET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_ORG_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)


@dataclass(frozen=True, slots=True)
class UsciCheck:
    """``code`` is the normalised form. ``reason`` when not valid: ``length``, ``charset``, ``checksum`` or
    ``checksum_or_idcard`` (it reads as an identity card number, right only for a natural person).
    ``org_check_ok`` judges the organisation code inside; False is only a warning, since real codes break it.
    """

    code: str
    valid: bool
    reason: str | None
    org_check_ok: bool


def check(typed: str) -> UsciCheck:
    """Normalise ``typed`` (full-width, blanks, small letters) and check length, characters and check character."""
    code = clean_id(typed)
    reason = _fault(code)
    return UsciCheck(code, reason is None, reason, reason is None and org_check_char(code[8:16]) == code[16])


def _fault(code: str) -> str | None:
    if len(code) != 18:
        return "length"
    if any(char not in _CHARSET for char in code):
        return "charset"
    if code[17] != check_char(code[:17]):
        return "checksum_or_idcard" if _reads_as_id_card(code) else "checksum"
    return None


def check_char(first17: str) -> str:
    """Return the 18th character for the first 17: (31 - sum of weight times value mod 31) mod 31."""
    weighted = sum(weight * _CHARSET.index(char) for weight, char in zip(_WEIGHTS, first17, strict=True))
    return _CHARSET[(31 - weighted % 31) % 31]


def org_check_char(first8: str) -> str:
    """Return the ninth character of an organisation code (GB 11714): 11 - sum mod 11, 10 written X and 11 written 0."""
    weighted = sum(weight * _ORG_CHARSET.index(char) for weight, char in zip(_ORG_WEIGHTS, first8, strict=True))
    return "0123456789X0"[11 - weighted % 11]


def _reads_as_id_card(code: str) -> bool:
    """GB 11643: seventeen digits with a birth date, then a check digit or X. A mistyped check digit still reads so."""
    if not (code[:17].isdigit() and (code[17].isdigit() or code[17] == "X")):
        return False
    try:
        born = date(int(code[6:10]), int(code[10:12]), int(code[12:14]))
    except ValueError:
        return False
    return 1880 <= born.year <= 2100
