"""Queries that queue for memory."""

from datetime import datetime

from connectors.facts import Memory
from service_desk.checks.catalog import rights
from service_desk.checks.finding import N_, Check, Finding, Seen, Settings
from service_desk.checks.shapes import measured


def judge(seen: Seen, settings: Settings, _now: datetime) -> list[Finding]:
    """One finding for each machine that tells how many wait."""
    return [
        measured(
            fact.waiting_grants, settings, subject=fact.host, wording="bad" if fact.waiting_grants else "",
            count=fact.waiting_grants,
        )
        for fact in seen.of(Memory)
        if fact.waiting_grants is not None
    ]  # fmt: skip


CHECK = Check(
    key="mem.grants",
    group="system",
    kinds=("memory",),
    unit="",
    warn=1,
    crit=5,
    interval_s=60,
    confirm_n=5,
    recover_n=2,
    priority=63,
    title=N_("Queue for memory"),
    says={
        "ok": N_("No report queues for memory."),
        "bad": N_("%(count)s reports queue for memory."),
    },
    remedy=N_("Tune the query that asks for so much memory."),
    reads=N_("Queries that wait for memory"),
    right=rights.STATE,
    judge=judge,
)
