"""The mail that tells a client's finance people about an invoice."""

from datetime import datetime

from flask_babel import force_locale
from flask_babel import gettext as _
from sqlalchemy import select

from service_desk.audit.operations import record
from service_desk.billing.models import Invoice
from service_desk.lib import money
from service_desk.mail import Postman, post
from service_desk.scope import session
from service_desk.tenants.models import Tenant, TenantMember


def tell_finance(invoice: Invoice) -> list[str]:
    """Post a mail to the client's finance people, else to its boss; returns their names. A link, no attachment."""
    names = []
    members = session().scalars(select(TenantMember).where(TenantMember.ended_at.is_(None))).all()
    now = invoice.issued_at
    for role in ("finance", "boss"):
        for member in members:
            if member.role == role and _still(member, now):
                _mail(member, invoice)
                names.append(member.name)
        if names:
            break
    record("invoice.tell", f"invoice:{invoice.id}", people=len(names))
    return names


def _still(member: TenantMember, now: datetime | None) -> bool:
    return member.ends_at is None or now is None or member.ends_at > now


def _mail(member: TenantMember, invoice: Invoice) -> None:
    tenant = Tenant.here()
    amount = money.show(money.Money(invoice.total_minor, invoice.currency))
    url = f"{Postman.config.base_url}/portal/{tenant.slug}/invoices/{invoice.id}"
    seller = invoice.party["seller"]
    with force_locale(invoice.language):
        subject = _("Invoice %(number)s: %(amount)s", number=invoice.number, amount=amount)
        lines = (
            _("Hello %(name)s,", name=member.name),
            "",
            _("invoice %(number)s for %(title)s is ready.", number=invoice.number, title=invoice.title),
            _("Amount: %(amount)s, please pay by %(day)s.", amount=amount, day=str(invoice.due_on)),
            _("See it and download it here: %(url)s", url=url),
            "",
            seller["legal_name"] or seller["name"],
        )
    post(member.email, subject, "\n".join(lines), about=f"invoice:{invoice.id}")
