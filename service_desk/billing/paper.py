"""An issued invoice as a page of HTML, from nothing but what was copied into it when it was issued."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from markupsafe import Markup

from service_desk.billing.words import capital_of
from service_desk.lib import pdf, sheet
from service_desk.lib.clock import Language
from service_desk.lib.i18n import N_, say

if TYPE_CHECKING:
    from service_desk.billing.models import Invoice, InvoiceLine

UNITS = {
    "hour": N_("hours"),
    "visit": N_("visits"),
    "incident": N_("incidents"),
    "month": N_("months"),
    "year": N_("years"),
    "item": N_("items"),
}
NAMES = {"invoice": N_("Invoice"), "credit_note": N_("Credit note")}


@dataclass(frozen=True)
class InvoiceSheet:
    """All that goes into the PDF; made in the database's scope, rendered outside it."""

    html: Markup
    lang: Language
    title: str
    author: str
    colour: str
    issued_at: datetime
    file_name: str

    def pdf(self) -> bytes:
        """The bytes; the same sheet gives the same bytes."""
        return pdf.render(
            self.html,
            lang=self.lang,
            title=self.title,
            created_at=self.issued_at,
            author=self.author,
            band=self.colour,
            header=self.author,
            footer=self.title,
            css=STYLE,
        )


def sheet_of(invoice: Invoice, lines: Sequence[InvoiceLine], lang: Language) -> InvoiceSheet:
    """The sheet of an issued invoice or credit note in `lang`."""
    party, name = invoice.party, say(lang, NAMES[invoice.kind])
    assert invoice.issued_at is not None
    values = {
        "invoice": invoice,
        "name": name,
        "party": party,
        "lines": lines,
        "units": UNITS,
        "seller": party["seller"],
        "buyer": party["buyer"],
        "tax": party["tax"],
        "tax_label": party["tax"]["label_zh" if lang == "zh" else "label_en"],
        "capital": capital_of(invoice),
    }
    seller = party["seller"]["legal_name"] or party["seller"]["name"]
    return InvoiceSheet(
        html=sheet.fill("service_desk.billing", "billing/invoice_sheet.html", lang, values, zone=party["zone"]),
        lang=lang,
        title=f"{name} {invoice.number}",
        author=seller,
        colour=sheet.colour(party["colour"]),
        issued_at=invoice.issued_at,
        file_name=f"{invoice.number}-{lang}.pdf".replace("/", "-"),
    )


# Blocks and fixed columns, no nested tables: a table that sizes itself costs several layouts of every cell.
STYLE = """
@page { margin: 22mm 18mm 17mm; }
.stripe { top: -22mm; }
.letter { margin-bottom: 6mm; }
.letter .from { font-size: 9pt; color: #5b6168; line-height: 1.55; width: 100mm; }
.letter .from b { display: block; font-size: 13pt; color: #1f2328; border: 0; margin-bottom: 1mm; }
.letter .what { float: right; width: 70mm; text-align: right; }
.letter .what h1 { font-size: 24pt; margin: 0 0 1mm; letter-spacing: .06em; }
.letter .what .no { font-size: 11pt; color: #5b6168; }
.due-box { border-top: .9pt solid #1f2328; border-bottom: .4pt solid #c9c5bc; margin-bottom: 4mm; height: 15mm; }
.due-box > div { float: left; width: 36mm; padding-top: 2.4mm; }
.due-box > div.wide { width: 56mm; }
.due-box > div.num { float: right; width: 44mm; }
.due-box small { display: block; }
.due-box .sum { font-size: 14pt; line-height: 1.3; }
.two { margin-bottom: 4mm; }
.two::after, .pay::after { content: ""; display: block; clear: both; }
.two > div { float: left; width: 82mm; margin-right: 10mm; }
.two > div + div { margin-right: 0; }
.two h4 { margin: 0 0 .5mm; font-size: 8.5pt; }
.two b { display: block; font-size: 11pt; border: 0; margin-bottom: .8mm; }
.two p { font-size: 9pt; color: #5b6168; margin: 0 0 .6mm; }
.row { position: relative; padding-left: 27mm; margin: 0 0 .9mm; font-size: 9pt; line-height: 1.5; }
.row small { position: absolute; left: 0; top: 0; width: 26mm; }
.two .row { padding-left: 18mm; color: #1f2328; }
table.lines, table.work { table-layout: fixed; }
table.lines .place { width: 3mm; color: #5b6168; }
table.lines .qty { width: 13mm; }
table.lines .unit { width: 12mm; }
table.lines th.num:not(.qty) { width: 24mm; }
table.work .day { width: 32mm; }
table.work .by { width: 24mm; }
table.work .time { width: 24mm; }
.after { break-inside: avoid; }
.sums { width: 84mm; margin-left: 90mm; }
.sums p { margin: 0; padding: .8mm 0; }
.sums span { float: right; }
.sums p.due { border-top: .9pt solid #1f2328; font-size: 13pt; padding-top: 1.6mm; margin-top: .8mm; }
.pay { break-inside: avoid; margin-top: 4mm; }
.pay + .notice { margin: 3mm 0 0; }
.pay > div { float: left; width: 74mm; background: #f6f5f2; padding: 3mm 4mm 2.4mm; font-size: 9pt; min-height: 27mm; }
.pay > div + div { float: right; }
.pay h4 { margin: 0 0 1.5mm; }
.capital-line { text-align: right; margin: 1mm 0 2mm; color: #1f2328; }
.capital-line small { margin-right: 2mm; }
.annex h2 { margin-top: 0; }
"""
