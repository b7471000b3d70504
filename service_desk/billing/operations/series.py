"""Numbers and tax rates of the practice. A number is taken in the transaction that issues, or not at all."""

import csv
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from importlib.resources import files
from typing import Literal, cast

from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from service_desk.audit.operations import record
from service_desk.billing.models import NumberCounter, NumberSeries, TaxRate
from service_desk.billing.numbering import BadForm, Resets, check_form, number, period
from service_desk.lib.errors import Invalid
from service_desk.scope import current, load, session

Key = Literal["invoice", "credit_note"]
USUAL_FORMS: dict[Key, str] = {"invoice": "INV-{YYYY}-{seq:4}", "credit_note": "CN-{YYYY}-{seq:4}"}

_WRONG = {
    "token": _l("Only {YYYY}, {YY}, {MM} and {seq:4} may stand in braces."),
    "sequence": _l("The form needs {seq} or {seq:4} exactly once."),
    "characters": _l("Beside the braces only letters, digits and _ . / - may stand."),
    "period": _l("Counting restarts, so the year (and the month, if monthly) must be part of the number."),
    "length": _l("The numbers would be too long."),
}


@dataclass(frozen=True, slots=True)
class Taken:
    """A number just taken; the counter's row stays locked until the commit."""

    number: str
    period: str
    sequence: int


def take_number(key: Key, day: date) -> Taken:
    """Take the next number of a series for `day`.

    The counter's row is locked until the transaction ends, so the next issue waits; a rollback gives the number back.
    """
    series = series_of(key)
    counted = period(cast("Resets", series.resets), day)
    session().execute(
        insert(NumberCounter)
        .values(practice_id=series.practice_id, series_id=series.id, period=counted, last=0)
        .on_conflict_do_nothing()
    )
    counter = (
        session()
        .scalars(
            select(NumberCounter)
            .where(NumberCounter.series_id == series.id, NumberCounter.period == counted)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
        .one()
    )
    counter.last += 1
    session().flush()  # The next number taken in this same transaction must see it.
    return Taken(number(series.form, day, counter.last), counted, counter.last)


def series_of(key: Key) -> NumberSeries:
    """The practice's series of this kind; the first use writes it with the usual form."""
    found = session().scalars(select(NumberSeries).where(NumberSeries.key == key)).first()
    if found is not None:
        return found
    statement = insert(NumberSeries).values(
        practice_id=current().practice_id, key=key, form=USUAL_FORMS[key], resets="yearly"
    )
    session().execute(statement.on_conflict_do_nothing())
    return session().scalars(select(NumberSeries).where(NumberSeries.key == key)).one()


def change_series(key: Key, form: str, resets: Resets) -> NumberSeries:
    """Change how numbers look from the next one on. Raises Invalid when two invoices could get the same number."""
    try:
        check_form(form, resets)
    except BadForm as error:
        raise Invalid(_WRONG[error.code], field="form") from error
    series = series_of(key)
    if (series.form, series.resets) != (form, resets):
        record("number_series.change", key, before=series.form, after=form, resets=resets)
        series.form, series.resets = form, resets
    return series


def add_tax_rate(
    code: str,
    rate: Decimal,
    valid_from: date,
    valid_until: date | None,
    *,
    label_zh: str,
    label_en: str,
    note: str = "",
) -> TaxRate:
    """Add what a tax treatment comes to from a day on. Raises Invalid when that treatment already begins then."""
    clash = session().scalar(select(TaxRate.id).where(TaxRate.code == code, TaxRate.valid_from == valid_from))
    if clash is not None:
        raise Invalid(_l("This treatment already has a rate from that day on."), field="valid_from")
    row = TaxRate(
        code=code,
        rate=rate,
        valid_from=valid_from,
        valid_until=valid_until,
        label_zh=label_zh,
        label_en=label_en,
        note=note,
    )
    session().add(row)
    record("tax_rate.add", code, rate=str(rate), valid_from=str(valid_from))
    return row


def remove_tax_rate(rate_id: int) -> None:
    """Remove a rate that was entered by mistake; issued invoices keep their own copy."""
    row = load(TaxRate, rate_id)
    record("tax_rate.remove", row.code, rate=str(row.rate), valid_from=str(row.valid_from))
    session().delete(row)


def take_suggested_rates() -> int:
    """Write the suggested rates that are not there yet; returns how many. They are ours to suggest, not to decide."""
    known = {(row.code, row.valid_from) for row in session().execute(select(TaxRate.code, TaxRate.valid_from))}
    text = files("service_desk.billing").joinpath("tax_rates.csv").read_text(encoding="utf-8")
    added = 0
    for row in csv.DictReader(text.splitlines()):
        starts = date.fromisoformat(row["valid_from"])
        if (row["code"], starts) in known:
            continue
        ends = date.fromisoformat(row["valid_until"]) if row["valid_until"] else None
        words = {"label_zh": row["label_zh"], "label_en": row["label_en"], "note": row["note"]}
        add_tax_rate(row["code"], Decimal(row["rate"]), starts, ends, **words)
        added += 1
    return added
