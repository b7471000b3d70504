"""How full transaction logs are, and what keeps them from being reused."""

from datetime import datetime

from connectors.facts import Database
from service_desk.checks.catalog import rights
from service_desk.checks.finding import N_, Check, Finding, Seen, Settings
from service_desk.checks.shapes import measured

SMALL = 64 * 1024**2  # a log below this grows in no time
IDLE = frozenset({"", "NOTHING", "CHECKPOINT"})


def judge(seen: Seen, settings: Settings, _now: datetime) -> list[Finding]:
    """One finding: the fullest log. Small logs that wait for nothing are left out."""
    rows = [(fact.log_used_pct, fact) for fact in seen.of(Database) if fact.log_used_pct is not None]
    grave = [pair for pair in rows if (pair[1].log_bytes or SMALL) >= SMALL or _why(pair[1])]
    if not grave:
        return [Finding(state="ok", value=0, wording="none")] if rows else []
    percent, worst = max(grave, key=lambda pair: pair[0])
    full = [f"{fact.database}: {part:.0f} % {_why(fact)}" for part, fact in grave if settings.level(part) != "ok"]
    params: dict[str, str | int] = {"database": worst.database, "percent": round(percent), "why": _why(worst)}
    return [measured(percent, settings, rows=full, wording=_wording(settings.level(percent), worst), **params)]  # type: ignore[arg-type]


def _why(fact: Database) -> str:
    why = (fact.log_waits_for or "").upper()
    return "" if why in IDLE else why


def _wording(level: str, fact: Database) -> str:
    why = _why(fact)
    if level == "ok" or not why:
        return ""
    return {"LOG_BACKUP": "backup", "ACTIVE_TRANSACTION": "transaction"}.get(why, "why")


CHECK = Check(
    key="log.used",
    group="system",
    kinds=("databases",),
    unit="%",
    warn=80,
    crit=95,
    interval_s=300,
    recover_n=2,
    priority=7,
    title=N_("Transaction log"),
    says={
        "none": N_("The transaction logs are small and wait for nothing."),
        "ok": N_("The fullest transaction log (%(database)s) is %(percent)s%% full."),
        "bad": N_("The transaction log of %(database)s is %(percent)s%% full."),
        "why": N_("The transaction log of %(database)s is %(percent)s%% full, because it waits for %(why)s."),
        "backup": N_("The transaction log of %(database)s is %(percent)s%% full, because no log backup is made."),
        "transaction": N_("The transaction log of %(database)s is %(percent)s%% full, because a transaction is open."),
    },
    remedy=N_("Make a log backup, or end the open transaction."),
    reads=N_("How full each log is, and what it waits for"),
    right=rights.STATE,
    judge=judge,
)
