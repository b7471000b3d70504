"""The rows of money."""

from typing import Any

from sqlalchemy import select

from service_desk import jobs
from service_desk.billing import operations as billing
from service_desk.billing.models import InvoiceLine, Payment, TaxRate
from service_desk.jobs import Job
from service_desk.scope import practice_scope, session
from tests.billing import given
from tests.walls.matrix import Row
from tests.world import World

OWNER = ("owner",)
READ = ("owner", "engineer")
PAYERS = ("boss", "finance")
Values = dict[str, Any]
WHY = {"reason": "typed by mistake"}
CONTRACT = {
    "title": "ERP", "rate": "400", "currency": "CNY", "tax_code": "cn_small", "rounding_mode": "ceil",
    "rounding_step": "15", "rounding_scope": "entry", "minimum_minutes": "15", "group_by": "entry",
    "payment_days": "15", "starts_on": "2026-01-01",
}  # fmt: skip
RATE = {"code": "own", "label_zh": "自定", "label_en": "own", "rate": "5", "valid_from": "2026-01-01"}
SERIES = {"key": "invoice", "invoice-form": "A{YYYY}-{seq}", "invoice-resets": "yearly"}


def _why(_world: World) -> Values:
    return WHY


def _contract_form(_world: World) -> Values:
    return CONTRACT


def _with_rates(world: World) -> Values:
    given.rates(world)
    return {}


def _contract(world: World) -> Values:
    given.rates(world)
    return {"contract_id": given.contract(world).id}


def _agreed(world: World) -> Values:
    _contract(world)
    given.entries(world, 1)
    return {}


def _draft(world: World) -> Values:
    given.rates(world)
    return {"invoice_id": given.drafted(world, 1).id}


def _line(world: World) -> Values:
    values = _draft(world)
    with given.inside(world):
        return {**values, "line_id": session().scalars(select(InvoiceLine.id)).one()}


def _issued(world: World) -> Values:
    return {"invoice_id": given.issued(world, 1).id}


def _with_paper(world: World) -> Values:
    values = _issued(world)
    with given.inside(world):
        job = session().scalars(select(Job.id).where(Job.kind == "invoice_paper")).one()
    jobs.perform(job)
    return {**values, "language": "zh_Hans_CN"}


def _payment(world: World) -> Values:
    invoice = given.issued(world, 1)
    with given.inside(world):
        billing.record_payment(invoice.id, 100, given.UNTIL, given.NOW)
        return {"payment_id": session().scalars(select(Payment.id)).one()}


def _entry(world: World) -> Values:
    return {"entry_id": given.entries(world, 1)[0]}


def _written_off(world: World) -> Values:
    values = _entry(world)
    with given.inside(world):
        billing.write_off(values["entry_id"], "goodwill", given.NOW)
    return values


def _rate(world: World) -> Values:
    given.rates(world)
    with practice_scope(world.practice_id, world.ada_actor):
        return {"rate_id": session().scalars(select(TaxRate.id).order_by(TaxRate.id)).first()}


ROWS: dict[str, Row | tuple[Row, ...]] = {
    "money.overview": Row("practice", roles=READ),
    "money.rates": (Row("practice", roles=OWNER), Row("practice", "POST", data=lambda _: RATE, roles=OWNER)),
    "money.suggested_rates": Row("practice", "POST", roles=OWNER),
    "money.remove_rate": Row("practice", "POST", _rate, roles=OWNER),
    "money.series": Row("practice", roles=OWNER),
    "money.change_series": Row("practice", "POST", data=lambda _: SERIES, roles=OWNER),
    "billing.client": Row("tenant", values=lambda world: _issued(world) and {}, roles=READ),
    "billing.new_contract": (
        Row("tenant", roles=OWNER),
        Row("tenant", "POST", _with_rates, data=_contract_form, roles=OWNER),
    ),
    "billing.contract": (
        Row("tenant", values=_contract, roles=OWNER),
        Row("tenant", "POST", _contract, data=_contract_form, roles=OWNER),
    ),
    "billing.draft": Row("tenant", "POST", _agreed, data=lambda _: {"until": "2026-11-30"}, roles=OWNER),
    "billing.invoice": Row("tenant", values=_issued, roles=READ),
    "billing.head": Row("tenant", "POST", _draft, data=lambda _: {"title": "x", "language": "en"}, roles=OWNER),
    "billing.add_line": Row(
        "tenant",
        "POST",
        _draft,
        data=lambda _: {"kind": "extra", "text": "x", "quantity": "1", "price": "1"},
        roles=OWNER,
    ),
    "billing.line": Row("tenant", "POST", _line, data=lambda _: {"text": "x"}, roles=OWNER),
    "billing.discard": Row("tenant", "POST", _draft, roles=OWNER),
    "billing.issue": Row("tenant", "POST", _draft, roles=OWNER),
    "billing.ask_paper": Row("tenant", "POST", _issued, data=lambda _: {"language": "en"}, roles=READ),
    "billing.download_paper": Row("tenant", values=_with_paper, roles=READ),
    "billing.paper_progress": Row("tenant", values=_with_paper, roles=READ),
    "billing.pay": (
        Row("tenant", values=_issued, roles=OWNER),
        Row(
            "tenant",
            "POST",
            _issued,
            data=lambda _: {"amount": "1", "received_on": "2026-11-25", "method": "bank"},
            roles=OWNER,
        ),
    ),
    "billing.void": (
        Row("tenant", values=_issued, roles=OWNER),
        Row("tenant", "POST", _issued, data=_why, roles=OWNER),
    ),
    "billing.credit": (
        Row("tenant", values=_issued, roles=OWNER),
        Row("tenant", "POST", _issued, data=_why, roles=OWNER),
    ),
    "billing.take_back": (
        Row("tenant", values=_payment, roles=OWNER),
        Row("tenant", "POST", _payment, data=_why, roles=OWNER),
    ),
    "billing.write_off": (
        Row("tenant", values=_entry, roles=OWNER),
        Row("tenant", "POST", _entry, data=_why, roles=OWNER),
    ),
    "billing.take_up": Row("tenant", "POST", _written_off, roles=OWNER),
    "billing_portal.index": Row("tenant", roles=PAYERS),
    "billing_portal.invoice": Row("tenant", values=_issued, roles=PAYERS),
    "billing_portal.ask_paper": Row("tenant", "POST", _issued, data=lambda _: {"language": "en"}, roles=PAYERS),
    "billing_portal.download_paper": Row("tenant", values=_with_paper, roles=PAYERS),
}
