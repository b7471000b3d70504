"""The forms a worked case can have, recognised by its fields, and what of the product computes each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from service_desk.billing.rates import WorkPattern, amount, segments, weighted_amount, weighted_hours
from service_desk.billing.retainer import RetainerTerms, ledger, statements
from service_desk.lib import usci
from service_desk.lib.capital import CapitalAmountError, capital, legal_forms
from service_desk.lib.money import (
    Money,
    TaxLine,
    TaxRounding,
    allocate,
    half_even,
    half_up,
    split_gross,
    tax_totals,
    to_stripe,
)
from service_desk.sla.holidays import HolidayTable, read_notice, seed_rows, seeded_years, table
from service_desk.worklog.rounding import Rule, billable_in_scope, billable_minutes, round_entry, round_wall

Case = Mapping[str, Any]
# Remarks that say why a case exists; they claim nothing that could be computed.
REMARKS = frozenset({"id", "note", "anchor", "desc", "comment", "rule", "source"})


class Mismatch(AssertionError):
    """The product answers something else than the case expects."""


@dataclass(frozen=True)
class Context:
    """What the file says beside its cases: the calendars they name."""

    calendars: Mapping[str, Case] = field(default_factory=dict)


@dataclass(frozen=True)
class Form:
    """A case has all fields of ``needs``; beside them only those of ``may`` and remarks."""

    needs: frozenset[str]
    run: Callable[[Case, Context], None]
    may: frozenset[str] = frozenset()

    def fits(self, case: Case) -> bool:
        """True when ``case`` has this form and no field that the form would leave unread."""
        return self.needs <= case.keys() <= self.needs | self.may | REMARKS


def same(what: str, got: object, expected: object) -> None:
    """Raise Mismatch unless both are equal."""
    if got != expected:
        raise Mismatch(f"{what}: expected {expected!r}, got {got!r}")


@cache
def official() -> HolidayTable:
    """The official Chinese holidays of every year the package knows."""
    years = seeded_years()
    return table(seed_rows(years), years)


def _yuan(text: str) -> Money:
    return Money.of(text, "CNY")


def _capital(case: Case, _: Context) -> None:
    same("canonical", capital(case["amount"]), case["canonical"])
    if "with_prefix" in case:
        same("with prefix", capital(case["amount"], prefix=True), case["with_prefix"])
    for other in case.get("also_valid", ()):
        same(f"{other} is legal", other in legal_forms(case["amount"]), True)


def _capital_error(case: Case, _: Context) -> None:
    try:
        got = capital(case["amount"])
    except CapitalAmountError as error:
        got = error.code
    same("error", got, case["error"].split(":")[0])


def _usci(case: Case, _: Context) -> None:
    checked = usci.check(case["usci"])
    same("valid", checked.valid, case["valid"])
    same("reason", checked.reason, case.get("reason"))
    same("normalised", checked.code, case.get("normalised", checked.code))
    same("organisation check", checked.org_check_ok, case.get("org_check_ok", checked.org_check_ok))


def _usci_constants(case: Case, _: Context) -> None:
    charset, weights = case["charset"], case["weights"]
    for place, char in enumerate(charset):
        first = ("91" + char * 15)[:17]
        total = sum(weight * charset.index(one) for weight, one in zip(weights, first, strict=True))
        same(f"check character of {first} (place {place})", usci.check_char(first), charset[(31 - total % 31) % 31])


def _org_constants(case: Case, _: Context) -> None:
    same("the formula", "sum mod 11" in case["formula"], True)
    for place in range(8):
        first = "".join("1" if one == place else "0" for one in range(8))
        expected = "0123456789X0"[11 - case["weights"][place] % 11]
        same(f"check character of {first}", usci.org_check_char(first), expected)


def _notice(case: Case, _: Context) -> None:
    notice = read_notice(case["text"], case["year"])
    same("off", [day.isoformat() for day in notice.off], case["off"])
    same("work", [day.isoformat() for day in notice.work], case["work"])


def _kimai(case: Case, _: Context) -> None:
    begin, end = (datetime.fromisoformat(f"2026-03-02T{case[name]}+00:00") for name in ("begin", "end"))
    if end < begin:
        end += timedelta(days=1)
    got = round_entry(
        begin,
        end,
        "UTC",
        case["mode"],
        begin_step=case["round_begin_min"],
        end_step=case["round_end_min"],
        duration_step=case["round_duration_min"],
    )
    same("begin", f"{got.begin:%H:%M:%S}", case["expected_begin"])
    same("end", f"{got.end:%H:%M:%S}", case["expected_end"])
    same("raw seconds", got.raw_seconds, case["expected_seconds"])
    same("seconds are never negative", got.seconds, max(0, case["expected_seconds"]))


def _wall(case: Case, _: Context) -> None:
    begin, expected = (datetime.fromisoformat(case[name]) for name in ("begin", "expected"))
    got = round_wall(begin, case["zone"], case["step_min"], case["mode"])
    same("rounded", got.isoformat(), expected.isoformat())
    if "wrong_epoch_modulo" in case:
        step = case["step_min"] * 60
        naive = datetime.fromtimestamp(begin.timestamp() // step * step, tz=ZoneInfo(case["zone"]))
        same("the trap", naive.isoformat(), case["wrong_epoch_modulo"])


def _minimum(case: Case, _: Context) -> None:
    rule = Rule(mode=case.get("mode", "ceil"), step=case["step_min"], minimum=case["minimum_min"])
    same("billed minutes", billable_minutes(case["seconds"], rule), case["expected_billed_min"])


def _scope(case: Case, _: Context) -> None:
    entries = [(date(2026, 3, 2), minutes * 60) for minutes in case["entries_min"]]
    for scope in ("entry", "day", "invoice"):
        rule = Rule(mode=case["mode"], step=case["step_min"], minimum=case.get("minimum_min", 0), scope=scope)
        same(f"per {scope}", billable_in_scope(entries, rule), case[f"per_{scope}"])


def _amount(case: Case, _: Context) -> None:
    got = amount(case["seconds"], Decimal(case["hourly_rate"]), case.get("currency", "CNY"), case["mode"])
    same("amount", got.amount, Decimal(case["expected_amount"]))


def _tax(case: Case, _: Context) -> None:
    lines = [TaxLine(_yuan(net), Decimal(case["rate_pct"])) for net in case["lines_net"]]
    ways: tuple[TaxRounding, ...] = ("line", "total")
    for way in ways:
        got = sum(part.tax.amount for part in tax_totals(lines, way))
        same(f"tax per {way}", got, Decimal(case[f"tax_per_{way}"]))


def _inclusive(case: Case, _: Context) -> None:
    net, tax = split_gross(_yuan(case["gross"]), Decimal(case["rate_pct"]))
    same("net", net.amount, Decimal(case["expected_net"]))
    same("tax", tax.amount, Decimal(case["expected_tax"]))


def _halves(case: Case, _: Context) -> None:
    value = Decimal(case["value"])
    same("half up", half_up(value), Decimal(case["half_up"]))
    same("half even", half_even(value), Decimal(case["half_even"]))
    same(
        "Python's float",
        f"{round(float(value), 2):.2f}",
        case.get("python_float_round", f"{round(float(value), 2):.2f}"),
    )


def _stripe(case: Case, _: Context) -> None:
    same("units", to_stripe(Decimal(case["amount"]), case["currency"]), case["stripe_amount"])


def _allocation(case: Case, _: Context) -> None:
    parts = allocate(_yuan(case["total"]), [Decimal(weight) for weight in case["weights"]])
    same("parts", [part.amount for part in parts], [Decimal(part) for part in case["expected"]])


def _retainer(case: Case, _: Context) -> None:
    terms = RetainerTerms(case["included_min"], case["carry_cap_min"], case["carry_life_months"])
    months = statements(terms, case["used_min"])
    got = [{name: getattr(month, name) for name in month.__slots__} for month in months]
    same("months", got, case["expected"])
    same("balance of the ledger", sum(line.minutes for line in ledger(terms, case["used_min"])), months[-1].carry_out)


def _multiplier(case: Case, _: Context) -> None:
    zone = ZoneInfo(case["zone"])
    begin, end = (datetime.fromisoformat(case[name]).replace(tzinfo=zone) for name in ("begin", "end"))
    parts = segments(begin, end, WorkPattern(case["zone"], official()))
    same("weighted hours", weighted_hours(parts), Fraction(case["expected_weighted_hours"]))
    got = weighted_amount(parts, Decimal(case["hourly_rate"]), case.get("currency", "CNY"))
    same("amount", got.amount, Decimal(case["expected_amount"]))


def form(run: Callable[[Case, Context], None], needs: str, may: str = "") -> Form:
    """Make a form from field names separated by blanks."""
    return Form(frozenset(needs.split()), run, frozenset(may.split()))


FORMS: tuple[Form, ...] = (
    form(_capital, "amount canonical", "also_valid with_prefix"),
    form(_capital_error, "amount error"),
    form(_usci, "usci valid", "reason normalised org_check_ok"),
    form(_usci_constants, "charset weights"),
    form(_org_constants, "weights formula"),
    form(_notice, "year text off work"),
    form(
        _kimai,
        "mode round_begin_min round_end_min round_duration_min begin end expected_begin expected_end expected_seconds",
    ),
    form(_wall, "zone begin mode step_min expected", "wrong_epoch_modulo"),
    form(_minimum, "seconds minimum_min step_min expected_billed_min", "mode"),
    form(_scope, "entries_min step_min mode per_entry per_day per_invoice", "minimum_min"),
    form(_amount, "seconds hourly_rate mode expected_amount", "currency"),
    form(_tax, "lines_net rate_pct tax_per_line tax_per_total"),
    form(_inclusive, "gross rate_pct expected_net expected_tax"),
    form(_halves, "value half_up half_even", "python_float_round"),
    form(_stripe, "currency amount stripe_amount"),
    form(_allocation, "total weights expected"),
    form(_retainer, "included_min carry_cap_min carry_life_months used_min expected"),
    form(_multiplier, "begin end zone hourly_rate expected_weighted_hours expected_amount", "currency"),
)
