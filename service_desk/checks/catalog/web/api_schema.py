"""Fields of an interface's answers that went away, and new ones."""

from datetime import datetime

from connectors.facts import Shape
from service_desk.checks.catalog import rights
from service_desk.checks.finding import N_, Check, Finding, Seen, Settings
from service_desk.checks.shapes import listed, spoken


def judge(seen: Seen, _settings: Settings, _now: datetime) -> list[Finding]:
    """One finding for each answer: what is missing breaks our reading, what is new does not."""
    return [_finding(fact) for fact in seen.of(Shape)]


def _finding(fact: Shape) -> Finding:
    rows = [*(f"− {name}" for name in fact.missing), *(f"+ {name}" for name in fact.added)]
    return Finding(
        subject=fact.subject,
        state="crit" if fact.missing else "ok",
        value=len(fact.missing),
        params={
            "name": fact.name,
            "missing": spoken(fact.missing),
            "added": spoken(fact.added),
            "count": len(fact.missing),
            **listed(rows),
        },
        wording="" if fact.missing or not fact.added else "added",
    )


CHECK = Check(
    key="api.schema",
    group="heartbeat",
    kinds=("shapes",),
    unit="",
    warn=None,
    crit=None,
    interval_s=86400,
    priority=50,
    title=N_("Format of the interface"),
    says={
        "ok": N_("The answers of %(name)s have all their fields."),
        "added": N_("The answers of %(name)s have new fields: %(added)s."),
        "bad": N_("The vendor changed the data format of %(name)s: %(missing)s is gone."),
    },
    remedy=N_("Adapt the connector before figures go missing."),
    reads=N_("The fields of a sample answer"),
    right=rights.KEY,
    judge=judge,
)
