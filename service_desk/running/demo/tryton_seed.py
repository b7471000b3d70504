"""Fill a new Tryton database through Tryton's own client library, as a person would through its windows.

Run by the Python of Tryton's environment: `python tryton_seed.py <trytond.conf> <database>`, with the passwords as JSON
on standard input (`{"reader": ..., "leaver": ...}`). What it plants: a company, products, stock below zero, users with
one who left, an account move left in draft, a tax number that stands twice, a scheduled action whose time has passed.
"""

import json
import sys
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from proteus import Model, config  # type: ignore[import-not-found]
from trytond.modules.account.tests.tools import (  # type: ignore[import-not-found]
    create_chart,
    create_fiscalyear,
    get_accounts,
)
from trytond.modules.company.tests.tools import create_company, get_company  # type: ignore[import-not-found]

COMPANY = "演示机电有限公司"
# Code, name, received, shipped: the second item goes below zero.
PRODUCTS = (
    ("SCR-M6", "内六角螺丝 M6", 500, 120),
    ("BRG-6204", "深沟球轴承 6204", 5, 8),
    ("MOT-075", "三相电机 0.75 kW", 12, 2),
)
STAFF = (("lin.yf", "林悦枫"), ("he.zq", "何志强"))
LEAVER = ("zhou.xm", "周晓明")
READ = (
    "company.company", "res.user", "res.group", "ir.cron", "stock.location", "stock.move", "product.product",
    "product.template", "account.move", "account.period", "account.fiscalyear", "party.party", "ir.cron.log",
    "ir.error", "account.move.line", "account.account", "account.account.type", "party.identifier",
)  # fmt: skip
TAX_NUMBER = "91310000DEMO0001X"
UNPOSTED_DAYS = 50
OVERDUE_DAYS = 3


def main(conf: str, database: str, passwords: dict[str, str]) -> None:
    """Plant everything, in an empty database with the modules activated."""
    config.set_trytond(database, user="admin", config_file=conf)
    party = Model.get("party.party")(name=COMPANY)
    party.save()
    create_company(party, "CNY")
    company = get_company()
    _users(company, passwords)
    _stock(company)
    _ledger(company)
    _doubles()
    _overdue_job()


def _users(company: Any, passwords: dict[str, str]) -> None:
    readers = Model.get("res.group")(name="只读")
    for name in READ:
        access = readers.model_access.new()
        access.model = name
        access.perm_read = True
        access.perm_write = access.perm_create = access.perm_delete = False
    readers.save()
    for login, name in (("reader", "只读账号"), *STAFF, LEAVER):
        user = Model.get("res.user")(login=login, name=name)
        if login == "reader":
            user.groups.append(Model.get("res.group")(readers.id))
        if login in ("reader", LEAVER[0]):
            user.password = passwords["reader" if login == "reader" else "leaver"]
        user.companies.append(Model.get("company.company")(company.id))
        user.company = company
        user.save()


def _stock(company: Any) -> None:
    unit = Model.get("product.uom").find([("symbol", "=", "u")], limit=1)[0]
    places = {place.type: place for place in Model.get("stock.location").find([])}
    storage = Model.get("stock.location").find([("code", "=", "STO")])[0]
    customer = Model.get("party.party")(name="演示客户")
    customer.addresses.new()
    customer.save()
    for code, name, received, shipped in PRODUCTS:
        template = Model.get("product.template")(name=name, default_uom=unit, type="goods", list_price=Decimal(1))
        template.save()
        product = template.products[0]
        product.code = product.suffix_code = code
        product.save()
        _receive(product, received, places["supplier"], storage, company)
        _ship(product, shipped, customer, company)


def _receive(product: Any, quantity: int, supplier: Any, storage: Any, company: Any) -> None:
    move = Model.get("stock.move")(product=product, quantity=quantity, from_location=supplier, to_location=storage)
    move.company = company
    move.unit_price = Decimal(1)
    move.currency = company.currency
    move.save()
    move.click("do")


def _ship(product: Any, quantity: int, customer: Any, company: Any) -> None:
    # A move out of stock cannot be done from draft; a shipment that is assigned by force may go below zero.
    shipment = Model.get("stock.shipment.out")(customer=customer, company=company)
    move = shipment.outgoing_moves.new()
    move.product, move.quantity = product, quantity
    move.from_location, move.to_location = shipment.warehouse_output, customer.customer_location
    move.company, move.unit_price, move.currency = company, Decimal(1), company.currency
    shipment.save()
    for button in ("wait", "assign_force", "pick", "pack", "do"):
        shipment.click(button)


def _ledger(company: Any) -> None:
    create_chart(company)
    year = create_fiscalyear(company)
    year.click("create_period")
    accounts = get_accounts(company)
    day = date.today() - timedelta(days=UNPOSTED_DAYS)  # noqa: DTZ011 - Tryton's own idea of today
    period = next(one for one in year.periods if one.start_date <= day <= one.end_date)
    move = Model.get("account.move")(period=period, date=day)
    move.journal = Model.get("account.journal").find([("code", "=", "MISC")])[0]
    for account, side in (("expense", "debit"), ("revenue", "credit")):
        line = move.lines.new()
        line.account = accounts[account]
        setattr(line, side, Decimal(10))
    move.save()


def _doubles() -> None:
    """Two parties with one tax number."""
    for name in ("演示供应商", "演示供应商（重复）"):
        party = Model.get("party.party")(name=name)
        party.identifiers.new(code=TAX_NUMBER)
        party.save()


def _overdue_job() -> None:
    job = Model.get("ir.cron").find([], limit=1)[0]
    job.next_call = (datetime.now(UTC) - timedelta(days=OVERDUE_DAYS)).replace(tzinfo=None, microsecond=0)
    job.save()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], json.load(sys.stdin))
