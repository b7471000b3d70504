"""Databases that do not serve: suspect, recovering, mounted but not open. Taken offline on purpose is a warning."""

from datetime import datetime

from connectors.facts import Database
from service_desk.checks.catalog import rights
from service_desk.checks.finding import N_, Check, Finding, Seen, Settings
from service_desk.checks.shapes import accepted, listed, plain, spoken

BROKEN = frozenset({"SUSPECT", "EMERGENCY", "RECOVERY_PENDING", "RECOVERING", "MOUNTED", "CLOSED", "STOPPED", "DOWN"})
ASIDE = frozenset({"OFFLINE"})


def judge(seen: Seen, settings: Settings, _now: datetime) -> list[Finding]:
    """One finding: how many databases do not serve, and their states. A database being restored is at work."""
    allowed = accepted(settings)
    rows = [fact for fact in seen.of(Database) if plain(fact.database) not in allowed]
    broken = [fact for fact in rows if (fact.state or "").upper() in BROKEN]
    aside = [fact for fact in rows if (fact.state or "").upper() in ASIDE]
    said = [f"{fact.database} ({fact.state})" for fact in (*broken, *aside)]
    params: dict[str, str | int | float | None] = {"names": spoken(said), "count": len(said), **listed(said)}
    return [Finding(state="crit" if broken else "warn" if aside else "ok", value=len(said), params=params)]


CHECK = Check(
    key="db.state",
    group="system",
    kinds=("databases",),
    unit="",
    warn=None,
    crit=None,
    interval_s=60,
    confirm_n=2,
    recover_n=2,
    priority=5,
    title=N_("State of the databases"),
    says={
        "ok": N_("Every database is open."),
        "bad": N_("%(count)s databases do not serve: %(names)s."),
    },
    remedy=N_("Read the server's log, then recover the database; do not detach a suspect one."),
    reads=N_("The state of every database"),
    right=rights.CONNECT,
    judge=judge,
)
