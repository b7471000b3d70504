"""How full the temporary area is."""

from datetime import datetime

from connectors.facts import TempSpace
from service_desk.checks.catalog import rights
from service_desk.checks.finding import N_, Check, Finding, Seen, Settings
from service_desk.checks.shapes import measured


def judge(seen: Seen, settings: Settings, _now: datetime) -> list[Finding]:
    """One finding, where the server tells."""
    return [
        measured(fact.used_pct, settings, percent=round(fact.used_pct))
        for fact in seen.of(TempSpace)[-1:]
        if fact.used_pct is not None
    ]


SAID = N_("The temporary area is %(percent)s%% used.")

CHECK = Check(
    key="tempdb.used",
    group="system",
    kinds=("temp_space",),
    unit="%",
    warn=80,
    crit=95,
    interval_s=300,
    recover_n=2,
    priority=70,
    title=N_("Temporary area"),
    says={"ok": SAID, "bad": SAID},
    remedy=N_("Find the session that uses it, and ask its owner."),
    reads=N_("The space of the temporary area"),
    right=rights.STATE,
    judge=judge,
)
