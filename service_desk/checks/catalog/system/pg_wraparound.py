"""Transaction numbers of PostgreSQL: when they run out, it stops taking writes."""

from datetime import datetime

from connectors.facts import TransactionAge
from service_desk.checks.catalog import rights
from service_desk.checks.finding import N_, Check, Finding, Seen, Settings
from service_desk.checks.shapes import measured


def judge(seen: Seen, settings: Settings, _now: datetime) -> list[Finding]:
    """One finding: the database that has used most of them."""
    rows = sorted(seen.of(TransactionAge), key=lambda fact: fact.used_pct, reverse=True)
    return [measured(one.used_pct, settings, database=one.database, percent=round(one.used_pct, 1)) for one in rows[:1]]


CHECK = Check(
    key="pg.wraparound",
    group="system",
    kinds=("transaction_age",),
    unit="%",
    warn=25,
    crit=50,
    interval_s=21600,
    priority=9,
    title=N_("Transaction numbers"),
    says={
        "ok": N_("%(percent)s%% of the transaction numbers are used (%(database)s)."),
        "bad": N_(
            "Maintenance is overdue; the database may stop: %(percent)s%% of the transaction numbers of "
            "%(database)s are used."
        ),
    },
    remedy=N_("Run VACUUM (FREEZE), and find out what keeps autovacuum from it."),
    reads=N_("The age of the oldest transaction number"),
    right=rights.CONNECT,
    judge=judge,
)
