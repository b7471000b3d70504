"""大写金额: an amount of renminbi in capital characters, as cheques, contracts and invoices want it.

Source: 正确填写票据和结算凭证的基本规定 (annex 1 of 支付结算办法), rules 1 to 4. Where the rules leave a choice,
``Style`` names it; the default is the first form of the official examples.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from itertools import product
from typing import Literal

_DIGITS = "零壹贰叁肆伍陆柒捌玖"
_UNITS = ("", "拾", "佰", "仟")
_LIMIT = 10**16


class CapitalAmountError(ValueError):
    """``code``: ``parse`` (not a plain number: strip grouping first), ``more_than_2_decimals`` or ``too_large``."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Style:
    """The choices the rules leave open; every combination is legal."""

    yuan: Literal["元", "圆"] = "元"
    close: Literal["整", "正"] = "整"
    close_after_jiao: bool = False  # ...伍角整
    zero_before_jiao: bool = True  # 柒仟元零伍角 when the yuan digit is 0
    zero_after_wan: bool = False  # 壹拾万零柒仟 when the digit before 万 is 0
    name_zero_yuan: bool = False  # 零元零壹分


CANONICAL = Style()


def capital(amount: Decimal | str, style: Style = CANONICAL, *, prefix: bool = False) -> str:
    """Write ``amount`` (renminbi, up to two decimals, below 10^16) in capitals, 人民币 before it if ``prefix``.

    Raises CapitalAmountError. Negative amounts begin with 负.
    """
    cents = _cents(amount)
    yuan, fraction = divmod(abs(cents), 100)
    text = _join(yuan, fraction // 10, fraction % 10, style)
    return ("人民币" if prefix else "") + ("负" if cents < 0 else "") + text


def legal_forms(amount: Decimal | str) -> frozenset[str]:
    """Return every way of writing ``amount`` that the rules allow, without prefix."""
    flags = product("元圆", "整正", (False, True), (False, True), (False, True), (False, True))
    return frozenset(capital(amount, Style(*choice)) for choice in flags)  # type: ignore[arg-type]


def _cents(amount: Decimal | str) -> int:
    text = format(amount, "f") if isinstance(amount, Decimal) else amount
    match = re.fullmatch(r"([+-]?)([0-9]+)(?:\.([0-9]+))?", text)
    if not match:
        raise CapitalAmountError("parse")
    fraction = (match[3] or "").rstrip("0")
    if len(fraction) > 2:
        raise CapitalAmountError("more_than_2_decimals")
    if int(match[2]) >= _LIMIT:
        raise CapitalAmountError("too_large")
    cents = int(match[2]) * 100 + int(fraction.ljust(2, "0"))
    return -cents if match[1] == "-" else cents


def _join(yuan: int, jiao: int, fen: int, style: Style) -> str:
    named = yuan > 0 or not (jiao or fen) or style.name_zero_yuan
    text = (_integer(yuan, style) or "零") + style.yuan if named else ""
    if not jiao and not fen:
        return text + style.close
    if text and _zero_before_fraction(yuan, jiao, style):
        text += "零"
    if jiao:
        text += _DIGITS[jiao] + "角"
    if fen:
        return text + _DIGITS[fen] + "分"
    return text + (style.close if style.close_after_jiao else "")


def _zero_before_fraction(yuan: int, jiao: int, style: Style) -> bool:
    """角 missing: always 零. Yuan digit 0 before a 角: the first official form writes 零, the second does not."""
    return not jiao or (yuan > 0 and yuan % 10 == 0 and style.zero_before_jiao)


def _integer(number: int, style: Style) -> str:
    """Below 10^16; empty for 0. 亿 is written once, whatever stands before it is itself read with 万."""
    high, low = divmod(number, 10**8)
    if not high:
        return _below_yi(low, style)
    gap = "零" if 0 < low < 10**7 else ""
    return _below_yi(high, style) + "亿" + gap + _below_yi(low, style)


def _below_yi(number: int, style: Style) -> str:
    wan, rest = divmod(number, 10**4)
    if not wan:
        return _section(rest)
    gap = 0 < rest < 1000 or (style.zero_after_wan and wan % 10 == 0 and rest >= 1000)
    return _section(wan) + "万" + ("零" if gap else "") + _section(rest)


def _section(number: int) -> str:
    """Up to four digits; several zeros inside become one, zeros at the end none."""
    text = ""
    for place in (3, 2, 1, 0):
        digit = number // 10**place % 10
        if digit:
            text += _DIGITS[digit] + _UNITS[place]
        elif text and not text.endswith("零"):
            text += "零"
    return text.removesuffix("零")
