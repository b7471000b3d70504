"""Refused logins: somebody tries passwords. A script at the client's reads them from the log."""

from datetime import datetime

from connectors.facts import FailedLogins
from service_desk.checks.catalog import rights
from service_desk.checks.finding import N_, Check, Finding, Seen, Settings
from service_desk.checks.shapes import measured


def judge(seen: Seen, settings: Settings, _now: datetime) -> list[Finding]:
    """One finding: how many in the last hour, and where most of them come from."""
    rows = seen.of(FailedLogins)
    total = sum(fact.count for fact in rows)
    by_source = sorted(rows, key=lambda fact: fact.count, reverse=True)
    source = by_source[0].source if by_source and by_source[0].count else None
    said = [f"{fact.source or '?'}: {fact.count}" for fact in by_source if fact.count]
    wording = "from" if source else "bad" if total else ""
    return [measured(total, settings, wording=wording, rows=said, count=total, source=source)]


CHECK = Check(
    key="acl.failedlogin",
    group="access",
    kinds=("failed_logins",),
    unit="/h",
    warn=20,
    crit=100,
    interval_s=300,
    priority=23,
    manual=True,
    title=N_("Refused logins"),
    says={
        "ok": N_("Nobody was refused in the last hour."),
        "bad": N_("%(count)s logins were refused in the last hour."),
        "from": N_("%(count)s logins were refused in the last hour, most of them from %(source)s."),
    },
    remedy=N_("Block the source; find out whether a service uses an old password."),
    reads=N_("Refused logins in the server's log"),
    right=rights.PUSHED,
    judge=judge,
)
