"""The master account sa: it should be off, and no ERP should log in with it."""

from datetime import datetime

from connectors.facts import Principal
from service_desk.checks.catalog import rights
from service_desk.checks.finding import N_, Check, Finding, Seen, Settings
from service_desk.checks.shapes import listed, spoken

MASTER = frozenset({"sa", "root", "system", "sys"})


def judge(seen: Seen, _settings: Settings, _now: datetime) -> list[Finding]:
    """One finding: switched on is a warning, programs that use it are critical."""
    rows = seen.of(Principal)
    masters = [fact for fact in rows if _master(fact)]
    programs = sorted({program for fact in masters for program in fact.programs if not fact.ours})
    active = [fact.login for fact in masters if fact.enabled]
    if programs:
        params = {"name": spoken(active), "programs": spoken(programs), **listed(programs)}
        return [Finding(state="crit", value=len(programs), params=params, wording="used")]
    if active:
        return [Finding(state="warn", value=0, params={"name": spoken(active)})]
    return [Finding(state="ok", value=0)] if rows else []


def _master(fact: Principal) -> bool:
    return fact.login.casefold() in MASTER and (fact.built_in or bool(fact.powers))


CHECK = Check(
    key="acl.sa",
    group="access",
    kinds=("principals",),
    unit="",
    warn=None,
    crit=None,
    interval_s=86400,
    priority=79,
    title=N_("The master account"),
    says={
        "ok": N_("The master account of the database is switched off."),
        "bad": N_("The master account %(name)s is switched on."),
        "used": N_("The ERP logs in with the master account %(name)s (%(programs)s)."),
    },
    remedy=N_("Create a limited login for the ERP, switch the ERP over, then disable the master account."),
    reads=N_("The master account and the programs that are logged in with it"),
    right=rights.STATE,
    judge=judge,
)
