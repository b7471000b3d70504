"""Tables full of dead rows, and indexes that cannot be used."""

from datetime import datetime

from connectors.facts import DeadRows
from service_desk.checks.catalog import rights
from service_desk.checks.finding import N_, Check, Finding, Seen, Settings
from service_desk.checks.shapes import counted

DEAD = 10_000
SHARE = 0.1


def judge(seen: Seen, settings: Settings, _now: datetime) -> list[Finding]:
    """One finding: how many tables hold much dead data, and which indexes are unusable."""
    rows = seen.of(DeadRows)
    full = [fact.subject for fact in rows if fact.dead > DEAD and fact.dead >= SHARE * (fact.dead + fact.live)]
    unusable = [fact.subject for fact in rows if fact.invalid]
    names = list(dict.fromkeys((*unusable, *full)))
    return [counted(names, settings, wording="invalid" if unusable else "")]


CHECK = Check(
    key="pg.bloat",
    group="system",
    kinds=("dead_rows",),
    unit="",
    warn=1,
    crit=20,
    interval_s=86400,
    priority=97,
    title=N_("Dead data"),
    says={
        "ok": N_("No table holds much dead data."),
        "bad": N_("%(count)s tables hold much dead data: %(names)s."),
        "invalid": N_("%(count)s tables hold much dead data or have an unusable index: %(names)s."),
    },
    remedy=N_("Run VACUUM on these tables; rebuild the unusable indexes."),
    reads=N_("Dead rows of each table, and indexes that are not valid"),
    right=rights.CONNECT,
    judge=judge,
)
