"""From unbilled work and a contract to the lines and totals of an invoice. Nothing is written here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Literal

from service_desk.billing.rates import AmountMode, amount
from service_desk.lib.money import (
    Money,
    TaxLine,
    TaxRounding,
    TaxSubtotal,
    allocate,
    half_up,
    split_gross,
    spread,
    tax_totals,
    total,
)
from service_desk.worklog.rounding import Rule, billable_minutes

Kind = Literal["hourly", "fixed_monthly", "retainer", "prepaid", "per_incident", "annual"]
GroupBy = Literal["entry", "ticket", "activity"]
LineKind = Literal["work", "flat", "fee", "overage", "extra"]


class InvoicingError(ValueError):
    """``code``: ``nothing_to_bill``, ``currency`` (an extra line of another currency) or ``period``."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class ActivityTerms:
    """How one activity is billed: ``percent`` of the rate (0 for free travel), or ``flat`` per entry (a visit, a
    call-out); ``minimum`` minutes for an on-site visit."""

    percent: Decimal = Decimal(100)
    minimum: int = 0
    flat: Decimal | None = None


@dataclass(frozen=True, slots=True)
class BillableEntry:
    """A work log entry as billing sees it: ``day`` is the client's local day, ``hourly`` times ``factor`` the stored
    rate in major units. ``in_scope`` False: extra work that a fixed fee does not cover."""

    id: int
    day: date
    seconds: int
    text: str
    hourly: Decimal
    factor: Decimal = Decimal(1)
    activity: str = ""
    ticket: str = ""
    in_scope: bool = True


@dataclass(frozen=True)
class InvoiceTerms:
    """What a contract says about money. ``fee`` is per month, incident or year; ``tax_rate`` in percent."""

    currency: str
    kind: Kind = "hourly"
    rounding: Rule = field(default_factory=Rule)
    hours: AmountMode = "exact"
    group_by: GroupBy = "entry"
    fee: Decimal = Decimal(0)
    overage_rate: Decimal | None = None
    activities: Mapping[str, ActivityTerms] = field(default_factory=dict)
    tax_rate: Decimal = Decimal(0)
    tax_included: bool = True
    tax_rounding: TaxRounding = "total"


@dataclass(frozen=True, slots=True)
class Line:
    """One invoice line. ``amount`` is what the price list says (with tax if prices include it), ``net`` is without.

    ``quantity`` times ``price`` explains the amount; ``minutes`` is what the line bills, ``entries`` the work behind.
    """

    kind: LineKind
    text: str
    quantity: Decimal
    unit: str
    price: Decimal
    amount: Money
    tax_rate: Decimal
    net: Money
    minutes: int = 0
    entries: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Draft:
    """A whole invoice before it has a number; ``billed`` tells each entry its billed minutes."""

    lines: tuple[Line, ...]
    subtotals: tuple[TaxSubtotal, ...]
    net: Money
    tax: Money
    gross: Money
    billed: Mapping[int, int]


def draft(
    entries: Sequence[BillableEntry],
    terms: InvoiceTerms,
    *,
    fee_text: str = "",
    overage_text: str = "",
    overage_minutes: int = 0,
    fee_share: Fraction = Fraction(1),
    extra: Sequence[Line] = (),
) -> Draft:
    """Put an invoice together from unbilled ``entries``, the contract's fee and ``extra`` lines (expenses, credits).

    Hourly contracts bill every entry; a fixed fee covers the entries in scope, and only the others are billed. A
    retainer or prepaid pack bills its fee and ``overage_minutes`` at the overage rate. ``fee_share`` is the part of
    the fee that falls into the period (``prorated``). Raises InvoicingError.
    """
    charged = [entry for entry in entries if terms.kind == "hourly" or not entry.in_scope]
    minutes = billed_minutes(entries, terms.rounding, terms.activities)
    lines = _fee_lines(entries, terms, fee_text, fee_share)
    lines += _overage_lines(terms, overage_text, overage_minutes)
    lines += work_lines(charged, terms, minutes)
    lines += extra
    if not lines:
        raise InvoicingError("nothing_to_bill")
    if any(line.amount.currency != terms.currency for line in lines):
        raise InvoicingError("currency")
    return _totalled(lines, terms, minutes)


def billed_minutes(
    entries: Sequence[BillableEntry], rule: Rule, activities: Mapping[str, ActivityTerms]
) -> dict[int, int]:
    """Return the minutes to bill per entry id. What a day or an invoice rounds up goes back to its entries in
    proportion to their time, so that every minute billed has its entry."""
    # A correction takes back exactly the minutes it says; no rule rounds or raises it.
    billed = {entry.id: -(-entry.seconds // 60) for entry in entries if entry.seconds < 0}
    groups: dict[object, list[BillableEntry]] = {}
    for entry in entries:
        if entry.seconds < 0:
            continue
        own = rule.scope == "entry" or entry.activity in activities
        key = entry.id if own else (entry.day if rule.scope == "day" else "invoice")
        groups.setdefault(key, []).append(entry)
    for members in groups.values():
        seconds = [entry.seconds for entry in members]
        minimum = max(rule.minimum, *(_terms_of(entry, activities).minimum for entry in members))
        whole = billable_minutes(sum(seconds), replace(rule, minimum=minimum))
        parts = spread(whole, seconds) if sum(seconds) else [0] * len(members)
        billed.update(zip((entry.id for entry in members), parts, strict=True))
    return billed


def work_lines(entries: Sequence[BillableEntry], terms: InvoiceTerms, minutes: Mapping[int, int]) -> list[Line]:
    """Return the lines for hours worked, grouped as the contract wants, one line per price."""
    groups: dict[tuple[object, ...], list[BillableEntry]] = {}
    for entry in sorted(entries, key=lambda one: (one.day, one.id)):
        named = {"entry": entry.id, "ticket": entry.ticket or entry.id, "activity": entry.activity}[terms.group_by]
        flat = _terms_of(entry, terms.activities).flat
        groups.setdefault((named, _price(entry, terms), flat), []).append(entry)
    return [_work_line(members, terms, minutes) for members in groups.values()]


def prorated(start: date, end: date, first_day: date, last_day: date) -> Fraction:
    """Return which part of the fee for ``start`` to ``end`` (both included) falls on ``first_day`` to ``last_day``.

    By days. Raises InvoicingError ``period`` when a period ends before it begins.
    """
    if end < start or last_day < first_day:
        raise InvoicingError("period")
    shared = (min(end, last_day) - max(start, first_day)).days + 1
    return Fraction(max(0, shared), (end - start).days + 1)


def line(
    kind: LineKind, text: str, quantity: Decimal, unit: str, price: Decimal, tax_rate: Decimal, currency: str
) -> Line:
    """Make a line whose amount is quantity times price; its net follows with the totals."""
    worth = Money.of(quantity * price, currency)
    return Line(kind, text, quantity, unit, price, worth, tax_rate, worth)


def _terms_of(entry: BillableEntry, activities: Mapping[str, ActivityTerms]) -> ActivityTerms:
    return activities.get(entry.activity, ActivityTerms())


def _price(entry: BillableEntry, terms: InvoiceTerms) -> Decimal:
    return entry.hourly * entry.factor * _terms_of(entry, terms.activities).percent / 100


def _work_line(members: list[BillableEntry], terms: InvoiceTerms, minutes: Mapping[int, int]) -> Line:
    first = members[0]
    ids = tuple(entry.id for entry in members)
    text = "；".join(dict.fromkeys(entry.text for entry in members))
    whole = sum(minutes[entry.id] for entry in members)
    flat = _terms_of(first, terms.activities).flat
    if flat is not None:
        made = line("flat", text, Decimal(len(members)), "visit", flat, terms.tax_rate, terms.currency)
        return replace(made, minutes=whole, entries=ids)
    price = _price(first, terms)
    worth = amount(whole * 60, price, terms.currency, terms.hours)
    hours = half_up(Decimal(whole) / 60)
    return Line("work", text, hours, "hour", price, worth, terms.tax_rate, worth, whole, ids)


def _fee_lines(entries: Sequence[BillableEntry], terms: InvoiceTerms, text: str, share: Fraction) -> list[Line]:
    if terms.kind == "hourly" or not terms.fee:
        return []
    if terms.kind == "per_incident":
        tickets = len({entry.ticket or entry.id for entry in entries if entry.in_scope})
        count = Decimal(tickets)
        return [line("fee", text, count, "incident", terms.fee, terms.tax_rate, terms.currency)] if tickets else []
    worth = Money.of(terms.fee, terms.currency).times(share)
    unit = "year" if terms.kind == "annual" else "month"
    quantity = half_up(Decimal(share.numerator) / share.denominator, 4).normalize()
    return [Line("fee", text, quantity, unit, terms.fee, worth, terms.tax_rate, worth)]


def _overage_lines(terms: InvoiceTerms, text: str, minutes: int) -> list[Line]:
    if not minutes or terms.overage_rate is None or terms.kind not in ("retainer", "prepaid"):
        return []
    worth = amount(minutes * 60, terms.overage_rate, terms.currency, terms.hours)
    hours = half_up(Decimal(minutes) / 60)
    return [Line("overage", text, hours, "hour", terms.overage_rate, worth, terms.tax_rate, worth, minutes)]


def _totalled(lines: Sequence[Line], terms: InvoiceTerms, minutes: Mapping[int, int]) -> Draft:
    if terms.tax_included:
        subtotals, priced = _from_gross(lines, terms)
    else:
        subtotals = tax_totals([TaxLine(one.amount, one.tax_rate) for one in lines], terms.tax_rounding)
        priced = list(lines)
    net = total((part.net for part in subtotals), terms.currency)
    tax = total((part.tax for part in subtotals), terms.currency)
    billed = {entry: minutes[entry] for one in lines for entry in one.entries}
    return Draft(tuple(priced), subtotals, net, tax, net + tax, billed)


def _from_gross(lines: Sequence[Line], terms: InvoiceTerms) -> tuple[tuple[TaxSubtotal, ...], list[Line]]:
    """Take the tax out of prices that include it, per rate or per line; the lines' nets add up to the totals."""
    nets: dict[int, Money] = {}
    subtotals: list[TaxSubtotal] = []
    for rate in sorted({one.tax_rate for one in lines}):
        places = [place for place, one in enumerate(lines) if one.tax_rate == rate]
        gross = total((lines[place].amount for place in places), terms.currency)
        if terms.tax_rounding == "line":
            parts = [split_gross(lines[place].amount, rate)[0] for place in places]
        else:
            parts = _shared_net(split_gross(gross, rate)[0], [lines[place].amount for place in places], rate)
        nets.update(zip(places, parts, strict=True))
        net = total(parts, terms.currency)
        subtotals.append(TaxSubtotal(rate, net, gross - net))
    return tuple(subtotals), [replace(one, net=nets[place]) for place, one in enumerate(lines)]


def _shared_net(net: Money, grosses: Sequence[Money], rate: Decimal) -> list[Money]:
    """Split each line, then let the last cents that rounding left over go to the largest lines."""
    parts = [split_gross(gross, rate)[0] for gross in grosses]
    gap = net - total(parts, net.currency)
    if not gap:
        return parts
    weights = [abs(gross.minor) for gross in grosses]
    return [part + share for part, share in zip(parts, allocate(gap, weights), strict=True)]
