"""The verbs of money: contracts, drafts, issuing, payments, number series and tax rates."""

from service_desk.billing.operations.claims import take_up, write_off
from service_desk.billing.operations.contracts import change_contract, write_contract
from service_desk.billing.operations.drafts import (
    add_line,
    change_draft,
    change_line,
    discard,
    draft,
    remove_line,
)
from service_desk.billing.operations.issuing import ask_paper, credit, issue, void
from service_desk.billing.operations.payments import record_payment, take_back
from service_desk.billing.operations.series import (
    add_tax_rate,
    change_series,
    remove_tax_rate,
    take_suggested_rates,
)

__all__ = [
    "add_line",
    "add_tax_rate",
    "ask_paper",
    "change_contract",
    "change_draft",
    "change_line",
    "change_series",
    "credit",
    "discard",
    "draft",
    "issue",
    "record_payment",
    "remove_line",
    "remove_tax_rate",
    "take_back",
    "take_suggested_rates",
    "take_up",
    "void",
    "write_contract",
    "write_off",
]
