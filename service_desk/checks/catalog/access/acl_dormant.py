"""Accounts nobody has used for months."""

from datetime import datetime

from connectors.facts import Principal, User
from service_desk.checks.catalog import rights
from service_desk.checks.finding import N_, Check, Finding, Seen, Settings
from service_desk.checks.shapes import accepted, measured, plain, spoken


def judge(seen: Seen, settings: Settings, now: datetime) -> list[Finding]:
    """One finding: the longest unused enabled account in days. Those of which no last use is told are left out."""
    allowed = accepted(settings)
    people: list[User | Principal] = [
        *seen.of(User),
        *(fact for fact in seen.of(Principal) if not fact.built_in and not fact.ours),
    ]
    known = [
        ((now - fact.last_seen_at).days, fact.login)
        for fact in people
        if fact.enabled and fact.last_seen_at is not None and plain(fact.login) not in allowed
    ]
    if not known:
        return []
    longest = max(days for days, _ in known)
    idle = [login for days, login in sorted(known, reverse=True) if settings.level(days) != "ok"]
    return [measured(longest, settings, rows=idle, count=len(idle), names=spoken(idle), days=longest)]


CHECK = Check(
    key="acl.dormant",
    group="access",
    kinds=(),
    also=("users", "principals"),
    unit="d",
    warn=90,
    crit=180,
    interval_s=86400,
    priority=85,
    title=N_("Unused accounts"),
    says={
        "ok": N_("Every account was used in the last %(days)s days."),
        "bad": N_("%(count)s accounts have long been unused (%(names)s), the longest for %(days)s days."),
    },
    remedy=N_("Lock them first; delete them when nobody misses them."),
    reads=N_("When each account was last used, where the system keeps it"),
    right=rights.DEFINITION,
    judge=judge,
)
