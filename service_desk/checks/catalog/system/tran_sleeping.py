"""Windows left open in mid-save: sessions that do nothing and hold a transaction."""

from datetime import datetime

from connectors.facts import OpenTransaction
from service_desk.checks.catalog import rights
from service_desk.checks.finding import N_, Check, Finding, Seen, Settings
from service_desk.checks.shapes import measured


def judge(seen: Seen, settings: Settings, _now: datetime) -> list[Finding]:
    """One finding: the longest one, and how many there are."""
    rows = sorted(seen.of(OpenTransaction), key=lambda fact: fact.age_s, reverse=True)
    if not rows:
        return [Finding(state="ok", value=0)]
    oldest = rows[0]
    said = [f"{one.user or one.session} · {one.host or ''} · {one.age_s / 60:.0f} min" for one in rows]
    who = oldest.user or oldest.program or oldest.session
    return [
        measured(
            oldest.age_s / 60, settings, wording="bad", rows=said, who=who, host=oldest.host,
            held_s=round(oldest.age_s), count=len(rows),
        )
    ]  # fmt: skip


CHECK = Check(
    key="tran.sleeping",
    group="system",
    kinds=("open_transactions",),
    unit="min",
    warn=10,
    crit=60,
    interval_s=300,
    recover_n=2,
    priority=67,
    title=N_("Open transactions"),
    says={
        "ok": N_("No window was left open in mid-save."),
        "bad": N_("%(who)s (%(host)s) left a window open in mid-save for %(held)s."),
    },
    remedy=N_("Ask the user to save or close the window."),
    reads=N_("Idle sessions with an open transaction"),
    right=rights.STATE,
    judge=judge,
)
