"""What was agreed, and what is open in money."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from service_desk.billing import reading
from service_desk.billing.models import Invoice
from service_desk.lib.clock import local_day
from service_desk.lib.i18n import N_
from service_desk.papers.section import Asked, Section
from service_desk.scope import session
from service_desk.sla.models import SlaPolicy


def gather(asked: Asked) -> Mapping[str, Any]:
    """The contract in force, the promised times, open invoices, work not billed yet."""
    today = local_day(asked.now, asked.zone)
    contract = reading.contract_on(today)
    unpaid = select(Invoice).where(Invoice.state.in_(reading.OPEN), Invoice.kind == "invoice").order_by(Invoice.due_on)
    return {
        "contract": contract,
        "policies": session().scalars(select(SlaPolicy).order_by(SlaPolicy.priority)).all(),
        "unpaid": session().scalars(unpaid).all(),
        "waiting": reading.balance().waiting(contract.rate_minor if contract else 0),
        "today": today,
    }


SECTION = Section("contract", N_("Contract and open invoices"), gather)
