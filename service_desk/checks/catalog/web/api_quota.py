"""How many calls of an interface are left today, and whether calls were refused."""

from datetime import datetime

from connectors.facts import Quota
from service_desk.checks.catalog import rights
from service_desk.checks.finding import N_, Check, Finding, Seen, Settings
from service_desk.checks.shapes import graver, measured


def judge(seen: Seen, settings: Settings, _now: datetime) -> list[Finding]:
    """One finding for each limit; refused calls are a warning even where the limit is not told."""
    return [finding for fact in seen.of(Quota) for finding in _findings(fact, settings)]


def _findings(fact: Quota, settings: Settings) -> list[Finding]:
    params: dict[str, str | int | float | None] = {"name": fact.name, "refused": fact.refused}
    left = _left(fact)
    if fact.refused:
        state = graver("warn", "ok" if left is None else settings.level(left))
        return [Finding(subject=fact.subject, state=state, value=left, params=params, wording="refused")]
    if left is None:
        return []
    return [
        measured(
            left, settings, subject=fact.subject, name=fact.name, left=round(left), used=fact.used, limit=fact.limit
        )
    ]


def _left(fact: Quota) -> float | None:
    if fact.used is None or not fact.limit:
        return None
    return max(0.0, (fact.limit - fact.used) / fact.limit * 100)


CHECK = Check(
    key="api.quota",
    group="heartbeat",
    kinds=("quotas",),
    unit="%",
    warn=20,
    crit=5,
    bad="below",
    interval_s=300,
    priority=49,
    title=N_("Calls left"),
    says={
        "ok": N_("%(left)s%% of today's calls of %(name)s are left."),
        "bad": N_("Today's call limit of %(name)s is nearly used (%(used)s of %(limit)s)."),
        "refused": N_("%(refused)s calls of %(name)s were refused for being too many."),
    },
    remedy=N_("Call less often, or buy a higher limit."),
    reads=N_("Calls made and allowed"),
    right=rights.KEY,
    judge=judge,
)
