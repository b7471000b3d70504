"""The two blueprints of money on the desk, and what their views share."""

from datetime import UTC, date, datetime

from flask import g
from flask_babel import get_locale
from sqlalchemy import select
from werkzeug import Response

from service_desk.accounts.blueprints import PracticeBlueprint
from service_desk.billing import words
from service_desk.billing.models import Invoice, TaxRate
from service_desk.billing.reading import paper_state
from service_desk.billing.tables import amount
from service_desk.files.download import download
from service_desk.lib import clock
from service_desk.lib.errors import NotThere
from service_desk.lib.sheet import plain_number
from service_desk.scope import session
from service_desk.tenants.blueprint import TenantBlueprint

billing = TenantBlueprint("billing", __name__, template_folder="templates")
money = PracticeBlueprint("money", __name__, template_folder="templates")


def now() -> datetime:
    """The moment a view passes down."""
    return datetime.now(UTC)


def today() -> date:
    """The day it is for the client of the page, or for the practice's usual zone."""
    tenant = g.get("tenant")
    return clock.local_day(now(), tenant.time_zone if tenant is not None else "Asia/Shanghai")


def lang() -> clock.Language:
    """The language of the page."""
    return clock.language(str(get_locale() or "zh_Hans_CN"))


def tax_codes() -> list[tuple[str, str]]:
    """The practice's tax treatments as a form offers them, one entry for each, with the newest rate."""
    label = "label_zh" if lang() == "zh" else "label_en"
    rows = session().scalars(select(TaxRate).order_by(TaxRate.code, TaxRate.valid_from)).all()
    newest = {row.code: row for row in rows if row.valid_from <= today()}
    return [(code, f"{getattr(row, label)} {row.rate.normalize():f}%") for code, row in newest.items()]


def paper(invoice: Invoice, language: str) -> Response:
    """The kept PDF, as a download. Raises NotThere while there is none."""
    kept = paper_state(invoice.id, language)
    if kept is None or kept.file_id is None:
        raise NotThere()
    return download(kept.file_id)


billing.add_app_template_filter(amount, "money")


@billing.app_template_filter("day")
def show_day(day: date | None) -> str:
    """2026-11-22 周日, or a dash."""
    return clock.show_day(day, lang()) if day else "—"


@billing.app_template_filter("hours")
def show_hours(minutes: int) -> str:
    """h:mm from minutes."""
    return clock.hours_minutes(minutes * 60)


billing.add_app_template_filter(plain_number, "plain")


@billing.app_template_global("invoice_state")
def invoice_state(invoice: Invoice, on: date) -> tuple[object, str]:
    """The word for how an invoice stands, and the kind of its pill."""
    return words.state_of(invoice, on)
