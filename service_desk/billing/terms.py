"""From a contract's row to the terms that the invoicing rules work with, and from entries to what they bill."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, cast

from service_desk.billing.invoicing import BillableEntry, GroupBy, InvoiceTerms, Kind
from service_desk.lib.clock import local_day
from service_desk.lib.money import Money
from service_desk.worklog.rounding import Mode, Rule, Scope

if TYPE_CHECKING:
    from service_desk.billing.models import Contract, TaxRate
    from service_desk.worklog.models import Entry

AS_LOGGED = Rule(mode="ceil", step=1)


def rule_of(contract: Contract) -> Rule:
    """How this contract turns worked time into billable minutes; the log applies it when an entry is written."""
    return Rule(
        mode=cast("Mode", contract.rounding_mode),
        step=contract.rounding_step,
        minimum=contract.minimum_minutes,
        scope=cast("Scope", contract.rounding_scope),
    )


def invoice_terms(contract: Contract, rate: Decimal) -> InvoiceTerms:
    """The contract's terms at one tax rate (percent).

    Entries carry the minutes their rule gave when they were logged, so they are billed as they stand; only a rule
    over a whole day or invoice is applied now, to the time worked.
    """
    own = rule_of(contract)
    return InvoiceTerms(
        currency=contract.currency,
        kind=cast("Kind", contract.kind),
        rounding=AS_LOGGED if own.scope == "entry" else own,
        group_by=cast("GroupBy", contract.group_by),
        tax_rate=rate,
        tax_included=contract.tax_included,
    )


def billable(
    entries: Iterable[Entry], contract: Contract, zone: str, name: Callable[[Entry, date], str]
) -> list[BillableEntry]:
    """Entries as the invoicing rules see them; ``name`` writes the text of an entry on its local day."""
    as_logged = contract.rounding_scope == "entry"
    found = []
    for entry in entries:
        day = local_day(entry.started_at, zone)
        rate = contract.rate_minor if entry.rate_minor is None else entry.rate_minor
        found.append(
            BillableEntry(
                id=entry.id,
                day=day,
                seconds=entry.billable_minutes * 60 if as_logged else entry.worked_seconds,
                text=name(entry, day),
                hourly=Money(rate, contract.currency).amount,
                activity=entry.activity,
                ticket=str(entry.ticket_id or ""),
            )
        )
    return found


def rate_on(rates: Iterable[TaxRate], code: str, day: date) -> TaxRate | None:
    """The tax rate of a treatment that is valid on ``day``; the latest one where two overlap."""
    valid = [row for row in rates if row.code == code and row.valid_from <= day <= (row.valid_until or date.max)]
    return max(valid, key=lambda row: row.valid_from, default=None)
