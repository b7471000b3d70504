"""Keys with which interfaces are called, and when they end."""

from datetime import datetime

from connectors.facts import ApiKey
from service_desk.checks.catalog import rights
from service_desk.checks.finding import N_, Check, Finding, Seen, Settings
from service_desk.checks.shapes import measured


def judge(seen: Seen, settings: Settings, now: datetime) -> list[Finding]:
    """One finding for each key with a known end."""
    return [_finding(fact, fact.expires_at, settings, now) for fact in seen.of(ApiKey) if fact.expires_at is not None]


def _finding(fact: ApiKey, ends: datetime, settings: Settings, now: datetime) -> Finding:
    left = (ends - now).total_seconds()
    wording = "over" if left < 0 else ""
    return measured(left / 86400, settings, subject=fact.subject, wording=wording, name=fact.name, left_s=abs(left))


SAID = N_("The key %(name)s ends in %(left)s.")

CHECK = Check(
    key="api.token",
    group="heartbeat",
    kinds=("api_keys",),
    unit="d",
    warn=14,
    crit=3,
    bad="below",
    interval_s=3600,
    priority=48,
    title=N_("Keys of interfaces"),
    says={
        "ok": SAID,
        "bad": SAID,
        "over": N_("The key %(name)s ended %(left)s ago."),
    },
    remedy=N_("Renew the key, and enter it where it is used."),
    reads=N_("When the keys of interfaces end"),
    right=rights.KEY,
    judge=judge,
)
