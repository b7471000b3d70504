"""The client's own view of its invoices."""

from flask import g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from service_desk.billing import operations, reading, words
from service_desk.billing.models import Invoice
from service_desk.billing.operations.drafts import lines_of
from service_desk.billing.pages import lang, now, paper, today
from service_desk.billing.tables import invoice_lines
from service_desk.lib.errors import NotThere
from service_desk.scope import load
from service_desk.tenants.blueprint import TenantBlueprint

billing_portal = TenantBlueprint("billing_portal", __name__, face="portal", template_folder="templates")


@billing_portal.page("/invoices", needs="portal.money")
def index() -> ResponseReturnValue:
    """Every invoice issued to this client; what is open first."""

    listed = reading.issued_invoices()
    due = [one for one in listed if one.kind == "invoice" and one.state in reading.OPEN]
    return render_template("billing/portal_invoices.html", invoices=invoice_lines(listed, today(), lang()), due=due)


@billing_portal.page("/invoices/<int:invoice_id>", needs="portal.money")
def invoice(invoice_id: int) -> ResponseReturnValue:
    """One invoice, with how to pay it and its PDF."""

    row = _issued(invoice_id)
    return render_template(
        "billing/portal_invoice.html",
        invoice=row,
        lines=lines_of(invoice_id),
        papers=reading.papers_of(invoice_id),
        languages=words.LANGUAGES,
        capital=words.capital_of(row),
        today=today(),
    )


@billing_portal.page("/invoices/<int:invoice_id>/papers", needs="portal.money", methods=("POST",))
def ask_paper(invoice_id: int) -> ResponseReturnValue:
    """Have the PDF made in the other language."""

    wanted = request.form.get("language", "")
    if wanted not in dict(words.LANGUAGES):
        raise NotThere()
    operations.ask_paper(_issued(invoice_id), wanted, now())
    return redirect(url_for("billing_portal.invoice", slug=g.tenant.slug, invoice_id=invoice_id), 303)


@billing_portal.page("/invoices/<int:invoice_id>/papers/<language>.pdf", needs="portal.money")
def download_paper(invoice_id: int, language: str) -> ResponseReturnValue:
    """The kept PDF."""

    return paper(_issued(invoice_id), language)


def _issued(invoice_id: int) -> Invoice:
    """An invoice once it is issued; a draft is not there for the client."""
    row = load(Invoice, invoice_id)
    if row.state == "draft":
        raise NotThere()
    return row
