"""The value of the stock by its own books and by the general ledger 存货与总账."""

from datetime import datetime

from connectors.facts import LedgerGap
from service_desk.checks.catalog import rights
from service_desk.checks.finding import N_, Check, Finding, Seen, Settings
from service_desk.checks.shapes import measured


def judge(seen: Seen, settings: Settings, _now: datetime) -> list[Finding]:
    """One finding for each account set: the difference in the latest period that was told."""
    latest: dict[str | None, LedgerGap] = {}
    for fact in seen.of(LedgerGap):
        known = latest.get(fact.account_set)
        if known is None or (fact.year, fact.period) >= (known.year, known.period):
            latest[fact.account_set] = fact
    return [_finding(fact, settings) for fact in latest.values()]


def _finding(fact: LedgerGap, settings: Settings) -> Finding:
    gap = fact.stock_amount - fact.ledger_amount
    sign = {"CNY": "¥", "USD": "$", "EUR": "€"}.get(fact.currency or "CNY", f"{fact.currency} ")
    return measured(
        float(abs(gap)),
        settings,
        subject=fact.account_set or "",
        wording="" if not gap else "bad",
        set=settings.name(fact.account_set),
        month=f"{fact.year}-{fact.period:02d}",
        amount=f"{sign}{abs(gap):,.2f}",
        stock=f"{sign}{fact.stock_amount:,.2f}",
        ledger=f"{sign}{fact.ledger_amount:,.2f}",
    )


CHECK = Check(
    key="stock.vs.gl",
    group="application",
    kinds=("ledger_gaps",),
    unit="",
    warn=1,
    crit=1000,
    interval_s=86400,
    priority=100,
    title=N_("Stock and ledger"),
    says={
        "ok": N_("Stock and ledger of %(set)s agree in %(month)s (%(stock)s)."),
        "bad": N_("Stock and ledger of %(set)s differ by %(amount)s in %(month)s (%(stock)s against %(ledger)s)."),
    },
    remedy=N_("Reconcile with the accountant: vouchers made by hand, or documents not yet accounted."),
    reads=N_("The value of the stock in its own books and in the ledger"),
    right=rights.ERP,
    judge=judge,
)
