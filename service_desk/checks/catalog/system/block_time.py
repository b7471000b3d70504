"""Who holds up whom: the person to phone is at the head of the chain."""

from datetime import datetime

from connectors.facts import Block
from service_desk.checks.catalog import rights
from service_desk.checks.finding import N_, Check, Finding, Seen, Settings
from service_desk.checks.shapes import measured


def judge(seen: Seen, settings: Settings, _now: datetime) -> list[Finding]:
    """One finding: the chain that has lasted longest."""
    blocks = sorted(seen.of(Block), key=lambda fact: fact.longest_s, reverse=True)
    if not blocks:
        return [Finding(state="ok", value=0)]
    worst = blocks[0]
    rows = [f"{_who(one)} → {one.victims} · {one.longest_s:.0f} s" for one in blocks]
    return [
        measured(
            worst.longest_s,
            settings,
            wording="bad",
            rows=rows,
            who=worst.user or worst.program or worst.session,
            host=worst.host or worst.program,
            victims=worst.victims,
            held_s=round(worst.longest_s),
        )
    ]


def _who(one: Block) -> str:
    return " · ".join(part for part in (one.user, one.host, one.program) if part) or one.session


CHECK = Check(
    key="block.time",
    group="system",
    kinds=("blocks",),
    unit="s",
    warn=30,
    crit=120,
    interval_s=60,
    confirm_n=2,
    recover_n=2,
    priority=24,
    title=N_("Blocking"),
    says={
        "ok": N_("Nobody holds up anybody."),
        "bad": N_("%(who)s (%(host)s) has been holding up %(victims)s people for %(held)s."),
    },
    remedy=N_("Phone first; end the connection only then."),
    reads=N_("Sessions that wait for others"),
    right=rights.STATE,
    judge=judge,
)
