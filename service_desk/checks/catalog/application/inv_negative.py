"""Items whose stock stands below zero, in each account set."""

from datetime import datetime

from connectors.facts import Stock
from service_desk.checks.finding import N_, Check, Finding, Seen, Settings
from service_desk.checks.shapes import listed


def judge(seen: Seen, settings: Settings, _now: datetime) -> list[Finding]:
    """One finding for each account set that was looked into: how many items, and the worst of them by name."""
    stock = seen.of(Stock)
    return [
        _finding(place or "", [fact for fact in stock if fact.account_set == place], settings, seen.truncated)
        for place in seen.places
    ]


def _finding(place: str, rows: list[Stock], settings: Settings, truncated: bool) -> Finding:
    name = settings.name(place)
    if not rows:
        return Finding(subject=place, state="ok", value=0, params={"set": name})
    worst = min(rows, key=lambda fact: fact.quantity)
    items = len(rows)  # an item that is below zero in two warehouses is two matters to mend
    params: dict[str, str | int | float | None] = {
        "set": name,
        "count": items,
        "item": worst.item_name or worst.item,
        "warehouse": worst.warehouse_name or worst.warehouse,
        "quantity": f"{worst.quantity.normalize():f}",
        **listed([_said(fact) for fact in sorted(rows, key=lambda fact: fact.quantity)]),
    }
    return Finding(
        subject=place,
        state=settings.level(items),
        value=items,
        params=params,
        wording="many" if truncated else "",
    )


def _said(fact: Stock) -> str:
    where, what = fact.warehouse_name or fact.warehouse, fact.item_name or fact.item
    return " · ".join(
        part for part in (what, fact.spec, where, f"{fact.quantity.normalize():f} {fact.unit or ''}") if part
    )


CHECK = Check(
    key="inv.negative",
    group="application",
    kinds=("stock",),
    unit="",
    warn=1,
    crit=20,
    interval_s=900,
    priority=31,
    title=N_("Negative stock"),
    says={
        "ok": N_("No item of %(set)s stands below zero in stock."),
        "bad": N_(
            "%(count)s items of %(set)s show less than zero in stock, e.g. %(item)s in %(warehouse)s (%(quantity)s)."
        ),
        "many": N_(
            "More than %(count)s items of %(set)s show less than zero in stock, e.g. %(item)s in %(warehouse)s "
            "(%(quantity)s)."
        ),
    },
    remedy=N_("Count the items or post the missing receipts; then forbid negative stock in the ERP's settings."),
    reads=N_("Current stock by item and warehouse"),
    right=N_("SELECT on the ERP's stock table"),
    judge=judge,
)
