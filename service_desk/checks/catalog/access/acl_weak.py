"""Passwords that can be guessed. A script at the client's tries them; the word itself is never sent or kept."""

from datetime import datetime

from connectors.facts import WeakPassword
from service_desk.checks.catalog import rights
from service_desk.checks.finding import N_, Check, Finding, Seen, Settings
from service_desk.checks.shapes import counted


def judge(seen: Seen, settings: Settings, _now: datetime) -> list[Finding]:
    """One finding: how many accounts, and which."""
    return [counted([fact.login for fact in seen.of(WeakPassword)], settings)]


CHECK = Check(
    key="acl.weak",
    group="access",
    kinds=("weak_passwords",),
    unit="",
    warn=None,
    crit=1,
    interval_s=604800,
    priority=22,
    title=N_("Weak passwords"),
    says={
        "ok": N_("No account has an empty or guessable password."),
        "bad": N_("%(count)s accounts have an empty or guessable password: %(names)s."),
    },
    remedy=N_("Force these accounts to change their password now."),
    reads=N_("Which logins have an empty password, their own name or a common word as password"),
    right=rights.PUSHED,
    judge=judge,
)
