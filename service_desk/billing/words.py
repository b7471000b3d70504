"""The words of money: states, kinds, units and choices, each with the shape its state is shown in."""

from datetime import date
from typing import Any

from flask_babel import lazy_gettext as _l

from service_desk.billing.models import Invoice
from service_desk.billing.reading import Standing, is_overdue
from service_desk.lib.capital import capital
from service_desk.lib.money import Money

STATES: dict[str, Any] = {
    "draft": _l("Draft"),
    "issued": _l("Unpaid"),
    "partly_paid": _l("Partly paid"),
    "paid": _l("Paid"),
    "void": _l("Voided"),
    "credited": _l("Credited"),
    "overdue": _l("Overdue"),
    "refund": _l("Credit note"),
}
SHAPES = {"paid": "ok", "overdue": "critical", "partly_paid": "warning", "draft": "accent"}
METHODS: dict[str, Any] = {
    "bank": _l("Bank transfer"),
    "wechat": _l("WeChat"),
    "alipay": _l("Alipay"),
    "cash": _l("Cash"),
    "other": _l("Other"),
}
ROUNDING: dict[str, Any] = {
    "ceil": _l("Round up"),
    "closest": _l("Round to the nearest"),
    "floor": _l("Round down"),
}
SCOPES: dict[str, Any] = {
    "entry": _l("Each piece of work"),
    "day": _l("The work of a day"),
    "invoice": _l("The whole invoice"),
}
GROUPS: dict[str, Any] = {
    "entry": _l("One line for each piece of work"),
    "ticket": _l("One line for each ticket"),
    "activity": _l("One line for each kind of work"),
}
RESETS: dict[str, Any] = {"yearly": _l("Every year"), "monthly": _l("Every month"), "never": _l("Never")}
SERIES: dict[str, Any] = {"invoice": _l("Invoices"), "credit_note": _l("Credit notes")}
LINE_KINDS: dict[str, Any] = {"extra": _l("Item"), "discount": _l("Discount")}
LANGUAGES = (("zh_Hans_CN", "中文"), ("en", "English"))


def state_of(invoice: Standing, today: date) -> tuple[Any, str]:
    """The word for how an invoice stands today, and the kind of its pill."""
    key = "overdue" if is_overdue(invoice, today) else invoice.state
    if invoice.kind == "credit_note":
        key = "refund"
    return STATES[key], SHAPES.get(key, "")


def capital_of(invoice: Invoice) -> str:
    """大写金额, for renminbi alone."""
    if invoice.currency != "CNY":
        return ""
    return capital(Money(invoice.total_minor, invoice.currency).amount, prefix=True)
