"""Indexes that are much out of order."""

from datetime import datetime

from connectors.facts import Index
from service_desk.checks.catalog import rights
from service_desk.checks.finding import N_, Check, Finding, Seen, Settings
from service_desk.checks.shapes import measured

PAGES = 1000  # a smaller index is read at once, whatever its order


def judge(seen: Seen, settings: Settings, _now: datetime) -> list[Finding]:
    """One finding: the worst index that is large enough to matter, and how many there are."""
    rows = sorted((fact for fact in seen.of(Index) if fact.pages >= PAGES), key=lambda fact: -fact.fragmented_pct)
    bad = [
        f"{fact.subject}: {fact.fragmented_pct:.0f} %" for fact in rows if settings.level(fact.fragmented_pct) != "ok"
    ]
    if not rows:
        return [Finding(state="ok", value=0, wording="none")]
    worst = rows[0]
    return [
        measured(
            worst.fragmented_pct, settings, rows=bad, name=worst.subject, percent=round(worst.fragmented_pct),
            count=len(bad),
        )
    ]  # fmt: skip


CHECK = Check(
    key="ix.frag",
    group="system",
    kinds=("indexes",),
    unit="%",
    warn=30,
    crit=60,
    interval_s=604800,
    priority=95,
    heavy=True,
    title=N_("Order of indexes"),
    says={
        "none": N_("No large index is out of order."),
        "ok": N_("The worst index (%(name)s) is %(percent)s%% out of order."),
        "bad": N_(
            "Lookups are getting slower: %(count)s indexes are out of order, the worst by %(percent)s%% (%(name)s)."
        ),
    },
    remedy=N_("Rebuild these indexes at night."),
    reads=N_("How much large indexes are out of order, asked at night"),
    right=rights.STATE,
    judge=judge,
)
