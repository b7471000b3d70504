"""The tables of a client's money, line by line as people read them.

A page of money shows some hundred days, amounts and words; worked out here each costs a tenth of what it does in a
template, where every filter and every word is looked up anew.
"""

from collections.abc import Iterable
from datetime import date
from functools import lru_cache
from typing import Any, NamedTuple

from flask_babel import gettext as _

from service_desk.billing.words import METHODS, state_of
from service_desk.lib.clock import Language, hours_minutes, local_day, show_day
from service_desk.lib.money import Money, show


class WorkLine(NamedTuple):
    """A piece of work that waits to be billed."""

    id: int
    day: str
    content: str
    hours: str


class InvoiceLine(NamedTuple):
    """An invoice or a credit note in a list; `left` says what is open of one that is partly paid."""

    id: int
    number: str
    title: str
    word: str
    kind: str
    issued: str
    due: str
    amount: str
    left: str


class PaymentLine(NamedTuple):
    """A payment: when, how and for which invoice, how much."""

    day: str
    about: str
    amount: str
    taken_back: bool


@lru_cache(maxsize=4096)
def amount(minor: int, currency: str) -> str:
    """¥1,234.00 from whole minor units. Pages of money say the same amounts again and again."""
    return show(Money(minor, currency))


def work_lines(entries: Iterable[Any], zone: str, lang: Language) -> list[WorkLine]:
    """The day is the client's."""
    return [
        WorkLine(
            one.id,
            show_day(local_day(one.started_at, zone), lang),
            one.content,
            hours_minutes(one.billable_minutes * 60),
        )
        for one in entries
    ]


def invoice_lines(invoices: Iterable[Any], today: date, lang: Language) -> list[InvoiceLine]:
    """How each stands `today`."""
    words: dict[int, str] = {}  # A lazy word is looked up anew each time it is written.
    listed = []
    for one in invoices:
        word, kind = state_of(one, today)
        due = show_day(one.due_on, lang) if one.kind == "invoice" and one.due_on else "—"
        listed.append(
            InvoiceLine(
                one.id,
                one.number or "—",
                one.title,
                words.get(id(word)) or words.setdefault(id(word), str(word)),
                kind,
                show_day(one.issued_on, lang) if one.issued_on else "—",
                due,
                amount(one.total_minor, one.currency),
                _left(one) if one.paid_minor and one.state == "partly_paid" else "",
            )
        )
    return listed


def _left(one: Any) -> str:
    return str(_("open: %(amount)s", amount=amount(one.total_minor - one.paid_minor, one.currency)))


def payment_lines(payments: Iterable[Any], lang: Language) -> list[PaymentLine]:
    """The ones taken back too."""
    methods = {key: str(word) for key, word in METHODS.items()}
    return [
        PaymentLine(
            show_day(one.received_on, lang),
            f"{methods[one.method]} · {one.number}",
            amount(one.amount_minor, one.currency),
            one.taken_back_at is not None,
        )
        for one in payments
    ]
