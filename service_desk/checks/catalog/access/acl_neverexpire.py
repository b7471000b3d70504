"""Passwords that never run out."""

from datetime import datetime

from connectors.facts import Principal
from service_desk.checks.catalog import rights
from service_desk.checks.finding import N_, Check, Finding, Seen, Settings
from service_desk.checks.shapes import accepted, counted, plain


def judge(seen: Seen, settings: Settings, _now: datetime) -> list[Finding]:
    """One finding: enabled logins whose password has no end; where no system tells, there is nothing to say."""
    told = [
        fact for fact in seen.of(Principal) if fact.never_expires is not None and fact.enabled and not fact.built_in
    ]
    allowed = accepted(settings)
    endless = [fact.login for fact in told if fact.never_expires and plain(fact.login) not in allowed]
    return [counted(endless, settings)] if told else []


CHECK = Check(
    key="acl.neverexpire",
    group="access",
    kinds=("principals",),
    unit="",
    warn=1,
    crit=None,
    interval_s=604800,
    priority=87,
    title=N_("Passwords without an end"),
    says={
        "ok": N_("Every password runs out at some time."),
        "bad": N_("%(count)s passwords never expire: %(names)s."),
    },
    remedy=N_("Switch the password policy on for these logins."),
    reads=N_("The password policy of each login"),
    right=rights.DEFINITION,
    judge=judge,
)
