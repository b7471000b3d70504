"""Files that grow in steps too small, or by a share of themselves that becomes huge."""

from datetime import datetime

from connectors.facts import DataFile
from service_desk.checks.catalog import rights
from service_desk.checks.finding import N_, Check, Finding, Seen, Settings
from service_desk.checks.shapes import counted

STEP = 64 * 1024**2
BIG = 1024**3  # below this, growing by a share is fine


def judge(seen: Seen, settings: Settings, _now: datetime) -> list[Finding]:
    """One finding: how many files of databases grow badly; files that cannot grow are left out."""
    rows = [fact for fact in seen.of(DataFile) if fact.growth_bytes is not None or fact.growth_pct is not None]
    return [counted([fact.subject for fact in rows if _bad(fact)], settings)] if rows else []


def _bad(fact: DataFile) -> bool:
    if fact.growth_pct:
        return fact.size_bytes >= BIG
    return bool(fact.growth_bytes) and (fact.growth_bytes or 0) < STEP and fact.size_bytes >= STEP


CHECK = Check(
    key="autogrow",
    group="system",
    kinds=("files",),
    unit="",
    warn=1,
    crit=None,
    interval_s=86400,
    priority=93,
    title=N_("Growth of files"),
    says={
        "ok": N_("Every file grows in sensible steps."),
        "bad": N_("%(count)s files grow in bad steps: %(names)s."),
    },
    remedy=N_("Let them grow by a fixed 256 MB."),
    reads=N_("By how much each database file grows"),
    right=rights.DEFINITION,
    judge=judge,
)
