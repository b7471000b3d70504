"""Passwords that run out soon, our own monitoring account among them."""

from datetime import datetime

from connectors.facts import Principal
from service_desk.checks.catalog import rights
from service_desk.checks.finding import N_, Check, Finding, Seen, Settings
from service_desk.checks.shapes import measured


def judge(seen: Seen, settings: Settings, now: datetime) -> list[Finding]:
    """One finding: the password that ends first. Without any end on record it says so."""
    today = settings.today or now.date()
    rows = seen.of(Principal)
    ends = sorted(((fact.expires_on - today).days, fact.login) for fact in rows if fact.expires_on and fact.enabled)
    if not ends:
        return [Finding(state="ok", wording="none")] if rows else []
    days, login = ends[0]
    soon = [f"{one}: {left}" for left, one in ends if settings.level(left) != "ok"]
    return [measured(days, settings, wording="over" if days < 0 else "", rows=soon, name=login, days=abs(days))]


SAID = N_("The password of %(name)s expires in %(days)s days.")

CHECK = Check(
    key="acl.expiring",
    group="access",
    kinds=("principals",),
    unit="d",
    warn=14,
    crit=7,
    bad="below",
    interval_s=86400,
    priority=81,
    title=N_("Passwords that run out"),
    says={
        "ok": SAID,
        "bad": SAID,
        "over": N_("The password of %(name)s expired %(days)s days ago."),
        "none": N_("No password of the server has an end on record."),
    },
    remedy=N_("Rotate the password, and enter the new one where it is used."),
    reads=N_("When the password of each login ends"),
    right=rights.DEFINITION,
    judge=judge,
)
