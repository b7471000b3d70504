"""Serious errors in the log of the server: damaged pages, full disks, full logs."""

from collections.abc import Sequence
from datetime import datetime

from connectors.facts import LoggedError
from service_desk.checks.catalog import rights
from service_desk.checks.finding import N_, Check, Finding, Seen, Settings
from service_desk.checks.shapes import accepted, listed, plain

GRAVE = frozenset({"823", "824", "825", "9002", "1105", "17883", "ora-00600", "ora-07445"})
NOTED = frozenset({"701", "ora-01555"})
ELSEWHERE = ("amcheck",)  # codes that another check judges
# ERPs that keep a log of their own without grades: there a day with many errors is told by their number.
UNGRADED, MANY = frozenset({"tryton", "erpnext"}), 20
FATAL, SERIOUS = 20, 17  # severities of SQL Server: the connection or more is lost; a resource or the software failed


def judge(seen: Seen, settings: Settings, _now: datetime) -> list[Finding]:
    """One finding: how many serious errors the last day had, the gravest by its code."""
    allowed = accepted(settings)
    errors = [fact for fact in seen.of(LoggedError) if fact.count and not fact.code.startswith(ELSEWHERE)]
    serious = [fact for fact in errors if _grade(fact) and plain(fact.code) not in allowed]
    if not serious:
        return [_by_number([fact for fact in errors if plain(fact.code) not in allowed], settings)]
    serious.sort(key=lambda fact: (-_grade(fact), -fact.count))
    worst = serious[0]
    rows = [f"{fact.code} × {fact.count} · {fact.text or ''}" for fact in serious]
    total = sum(fact.count for fact in serious)
    params = {"code": worst.code, "count": total, "ago_s": worst.latest_age_s, **listed(rows)}
    return [Finding(state="crit" if _grade(worst) == 2 else "warn", value=total, params=params)]


def _by_number(errors: Sequence[LoggedError], settings: Settings) -> Finding:
    """What no grade calls serious: fine, unless an ERP that grades nothing has very many of them."""
    total = sum(fact.count for fact in errors)
    if settings.system not in UNGRADED or total < int(settings.options.get("many", MANY)):
        return Finding(state="ok", value=0)
    often = sorted(errors, key=lambda fact: -fact.count)
    rows = [f"{fact.code} × {fact.count} · {fact.text or ''}" for fact in often]
    params = {"count": total, "code": often[0].code, "most": often[0].count, **listed(rows)}
    return Finding(state="warn", value=total, params=params, wording="many")


def _grade(fact: LoggedError) -> int:
    code, severity = fact.code.casefold(), fact.severity or 0
    if code in GRAVE or severity >= FATAL:
        return 2
    return 1 if code in NOTED or severity >= SERIOUS else 0


CHECK = Check(
    key="errlog",
    group="system",
    kinds=("errors",),
    unit="",
    warn=None,
    crit=None,
    interval_s=300,
    priority=33,
    manual=True,
    title=N_("Serious errors"),
    says={
        "ok": N_("The log of the last day holds no serious error."),
        "bad": N_("Serious error %(code)s, last %(ago)s ago; %(count)s serious errors in the last day."),
        "many": N_("The ERP logged %(count)s errors in the last day, most often %(code)s (%(most)s times)."),
    },
    remedy=N_("Look the code up in the knowledge base; 823, 824 and 825 mean a failing disk."),
    reads=N_("The codes of serious errors in the server's log"),
    right=rights.PUSHED,
    judge=judge,
)
