"""Settings of the server or a database that differ from the look before."""

from datetime import datetime

from connectors.facts import Setting
from service_desk.checks.catalog import rights
from service_desk.checks.finding import N_, Check, Finding, Seen, Settings
from service_desk.checks.shapes import counted

KEPT = 2000


def judge(seen: Seen, settings: Settings, _now: datetime) -> list[Finding]:
    """One finding: which settings have another value, and which came or went. The first look only notes."""
    now = {fact.subject: fact.value for fact in seen.of(Setting)[:KEPT]}
    memory = {"values": now}
    was = seen.before[""].memory.get("values") if "" in seen.before else None
    if was is None:
        return [Finding(state="ok", value=0, wording="first", params={"count": len(now)}, memory=memory)]
    names = sorted(name for name in {*now, *was} if now.get(name) != was.get(name))
    lines = [f"{name}: {was.get(name, '—')} → {now.get(name, '—')}" for name in names]
    return [counted(lines, settings, memory=memory)]


CHECK = Check(
    key="config.changed",
    group="system",
    kinds=("settings",),
    unit="",
    warn=1,
    crit=None,
    interval_s=86400,
    priority=82,
    manual=True,
    title=N_("Changed settings"),
    says={
        "ok": N_("No setting changed since the last look."),
        "first": N_("%(count)s settings are noted; the next look compares."),
        "bad": N_("%(count)s settings changed: %(names)s."),
    },
    remedy=N_("Find out who changed it and by which ticket; otherwise set it back."),
    reads=N_("Settings of the server and its databases"),
    right=rights.DEFINITION,
    judge=judge,
)
