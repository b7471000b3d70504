"""Money as whole minor units of one currency. Floats never touch an amount.

Rounding is half up, away from zero for negatives (0.125 -> 0.13, -0.125 -> -0.13), as Chinese bookkeeping and
EN 16931 expect; Python's own ``round`` would be half even on binary fractions.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal, InvalidOperation, localcontext
from fractions import Fraction
from functools import cache
from typing import Literal

TaxRounding = Literal["total", "line"]

# ISO 4217 minor unit digits; every currency that is not named here has two.
_NO_MINOR_UNIT = frozenset(
    {"BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "VND", "VUV", "XAF", "XOF", "XPF"}
)
_THOUSANDTHS = frozenset({"BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"})
_SYMBOLS = {"CNY": "¥", "USD": "US$", "EUR": "€", "GBP": "£", "HKD": "HK$", "JPY": "JP¥", "SGD": "S$", "TWD": "NT$"}
# Stripe still counts these two in hundredths, though the currencies have no minor unit and a fraction is refused.
_STRIPE_HUNDREDTHS = frozenset({"ISK", "UGX"})
# The ariary has fifths, which Stripe does not take.
_STRIPE_ZERO_DECIMAL = _NO_MINOR_UNIT - _STRIPE_HUNDREDTHS | {"MGA"}
# Exact arithmetic on amounts needs more digits than the default context when a caller sends very large numbers.
_PRECISION = 60


class MoneyError(ValueError):
    """An amount that cannot be used. ``code`` is one of ``not_a_number``, ``too_many_decimals``, ``currency``,
    ``other_currency``, ``weights``."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(f"{code}: {detail}" if detail else code)
        self.code = code


@cache
def digits(currency: str) -> int:
    """Return how many decimals ``currency`` (ISO 4217, three capitals) has: 2, 0 for JPY, 3 for KWD."""
    if not re.fullmatch(r"[A-Z]{3}", currency):
        raise MoneyError("currency", currency)
    if currency in _NO_MINOR_UNIT:
        return 0
    return 3 if currency in _THOUSANDTHS else 2


def half_up(value: Decimal, decimals: int = 2) -> Decimal:
    """Round to ``decimals`` places, an exact half away from zero."""
    return _quantise(value, decimals, ROUND_HALF_UP)


def half_even(value: Decimal, decimals: int = 2) -> Decimal:
    """Round to ``decimals`` places, an exact half to the even neighbour (for statistics, never for an invoice)."""
    return _quantise(value, decimals, ROUND_HALF_EVEN)


def _quantise(value: Decimal, decimals: int, mode: str) -> Decimal:
    with localcontext() as context:
        context.prec = _PRECISION
        return value.quantize(Decimal(1).scaleb(-decimals), rounding=mode)


@dataclass(frozen=True, slots=True)
class Money:
    """``minor`` whole minor units of ``currency``: Money(123400, "CNY") is ¥1,234.00."""

    minor: int
    currency: str

    @classmethod
    def of(cls, amount: Decimal | int | str, currency: str) -> Money:
        """Make money from a decimal amount in major units, rounded half up to the currency's minor unit."""
        places = digits(currency)
        try:
            value = Decimal(amount)
            return cls(int(half_up(value, places).scaleb(places)), currency)
        except (InvalidOperation, OverflowError, ValueError) as error:
            raise MoneyError("not_a_number", str(amount)) from error

    @classmethod
    def zero(cls, currency: str) -> Money:
        """Return nothing, in ``currency``."""
        digits(currency)
        return cls(0, currency)

    @property
    def amount(self) -> Decimal:
        """The amount in major units with the currency's own number of decimals."""
        return Decimal(self.minor).scaleb(-digits(self.currency))

    def __add__(self, other: Money) -> Money:
        return Money(self.minor + self._same(other), self.currency)

    def __sub__(self, other: Money) -> Money:
        return Money(self.minor - self._same(other), self.currency)

    def __neg__(self) -> Money:
        return Money(-self.minor, self.currency)

    def __bool__(self) -> bool:
        return self.minor != 0

    def __lt__(self, other: Money) -> bool:
        return self.minor < self._same(other)

    def __le__(self, other: Money) -> bool:
        return self.minor <= self._same(other)

    def times(self, factor: Decimal | Fraction | int) -> Money:
        """Multiply by ``factor`` and round half up to the minor unit, in one step (no rounding in between)."""
        return Money(_round_fraction(Fraction(self.minor) * Fraction(factor)), self.currency)

    def _same(self, other: Money) -> int:
        if self.currency != other.currency:
            raise MoneyError("other_currency", f"{self.currency} and {other.currency}")
        return other.minor


def _round_fraction(value: Fraction) -> int:
    """Round an exact fraction half up, away from zero."""
    whole = (2 * abs(value.numerator) + value.denominator) // (2 * value.denominator)
    return whole if value >= 0 else -whole


def total(amounts: Iterable[Money], currency: str) -> Money:
    """Add up ``amounts``, all of ``currency``; nothing adds up to zero."""
    result = Money.zero(currency)
    for amount in amounts:
        result = result + amount
    return result


def parse(text: str, currency: str) -> Money:
    """Read what a person typed: full-width digits, grouping commas, a currency sign and blanks are accepted.

    Raises MoneyError ``not_a_number``, or ``too_many_decimals`` when there are more than the currency has
    (a typed 1.005 is a slip, so it is refused rather than rounded).
    """
    plain = re.sub(r"[\s¥£€$元圆]|(?i:rmb|cny|hk|us)", "", unicodedata.normalize("NFKC", text)).replace("。", ".")
    if not re.fullmatch(r"[+-]?(\d+|\d{1,3}(,\d{3})+)(\.\d*)?|[+-]?\.\d+", plain):
        raise MoneyError("not_a_number", text.strip()[:40])
    value = Decimal(plain.replace(",", ""))
    if value != half_up(value, digits(currency)):
        raise MoneyError("too_many_decimals", text.strip()[:40])
    return Money.of(value, currency)


def show(money: Money, *, symbol: bool = True) -> str:
    """Write an amount as people read it: ``¥1,234.00``, ``-US$5.00``; without ``symbol`` only ``1,234.00``."""
    places = digits(money.currency)
    whole, rest = divmod(abs(money.minor), 10**places)
    number = f"{whole:,}.{rest:0{places}d}" if places else f"{whole:,}"
    sign = "-" if money.minor < 0 else ""
    if not symbol:
        return sign + number
    return sign + _SYMBOLS.get(money.currency, money.currency + " ") + number


@dataclass(frozen=True, slots=True)
class TaxLine:
    """One line to tax: its net amount and its rate in percent (Decimal("6") is 6 %)."""

    net: Money
    rate: Decimal


@dataclass(frozen=True, slots=True)
class TaxSubtotal:
    """All lines of one rate: what they come to before tax, and the tax on them."""

    rate: Decimal
    net: Money
    tax: Money


def tax_of(net: Money, rate: Decimal) -> Money:
    """Return the tax on ``net`` at ``rate`` percent, half up."""
    return net.times(Fraction(rate) / 100)


def tax_totals(lines: Sequence[TaxLine], rounding: TaxRounding = "total") -> tuple[TaxSubtotal, ...]:
    """Group lines by rate (lowest first) and tax each group.

    ``total`` rounds once per rate (EN 16931, BR-CO-17: base times rate, per category); ``line`` rounds every line
    and adds up, as the all-electronic fapiao does it.
    """
    groups: dict[Decimal, list[Money]] = {}
    for line in lines:
        groups.setdefault(line.rate.normalize(), []).append(line.net)
    return tuple(_subtotal(rate, groups[rate], rounding) for rate in sorted(groups))


def _subtotal(rate: Decimal, nets: list[Money], rounding: TaxRounding) -> TaxSubtotal:
    currency = nets[0].currency
    net = total(nets, currency)
    tax = tax_of(net, rate) if rounding == "total" else total((tax_of(one, rate) for one in nets), currency)
    return TaxSubtotal(rate, net, tax)


def split_gross(gross: Money, rate: Decimal) -> tuple[Money, Money]:
    """Split a price that includes tax into (net, tax): net is rounded half up, tax is what remains."""
    net = gross.times(Fraction(100) / (100 + Fraction(rate)))
    return net, gross - net


def spread(whole: int, weights: Sequence[Decimal | int]) -> tuple[int, ...]:
    """Share ``whole`` units out in proportion to ``weights`` so that the whole parts add up to it exactly.

    Largest remainder; equal remainders go to the earlier part. Raises MoneyError ``weights`` when there are none,
    one is negative or all are zero.
    """
    shares = [Fraction(weight) for weight in weights]
    if not shares or min(shares) < 0 or not sum(shares):
        raise MoneyError("weights")
    exact = [abs(whole) * share / sum(shares) for share in shares]
    parts = [int(part) for part in exact]
    by_remainder = sorted(range(len(parts)), key=lambda place: (parts[place] - exact[place], place))
    for place in by_remainder[: abs(whole) - sum(parts)]:
        parts[place] += 1
    return tuple(part if whole >= 0 else -part for part in parts)


def allocate(whole: Money, weights: Sequence[Decimal | int]) -> tuple[Money, ...]:
    """Share money out as ``spread`` does: a discount over its lines, a payment over its invoices."""
    return tuple(Money(part, whole.currency) for part in spread(whole.minor, weights))


def to_stripe(amount: Decimal, currency: str) -> int:
    """Return the integer Stripe wants for ``amount`` major units: cents, whole yen, dinars ending in 0.

    Source: Stripe's page on currencies. ISK and UGX go in hundredths without a fraction; three-decimal currencies
    must end in zero, so they are rounded half up to ten.
    """
    if currency in _STRIPE_HUNDREDTHS:
        return int(half_up(amount, 0)) * 100
    if currency in _STRIPE_ZERO_DECIMAL:
        return int(half_up(amount, 0))
    if digits(currency) == 3:
        return int(half_up(amount, 2).scaleb(2)) * 10
    return int(half_up(amount, 2).scaleb(2))


def from_stripe(units: int, currency: str) -> Money:
    """Read an integer amount of Stripe's back into money."""
    if currency in _STRIPE_ZERO_DECIMAL:
        return Money.of(Decimal(units), currency)
    return Money.of(Decimal(units).scaleb(-3 if digits(currency) == 3 else -2), currency)
