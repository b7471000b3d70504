"""Rights that were added or taken away since the last look."""

from datetime import datetime

from connectors.facts import Grant, Principal
from service_desk.checks.catalog import rights
from service_desk.checks.finding import N_, Check, Finding, Seen, Settings
from service_desk.checks.shapes import changed, measured

KEPT = 5000  # rights that are remembered; what is beyond cannot be compared
MIGHTY = (
    "sysadmin",
    "securityadmin",
    "serveradmin",
    "control server",
    "superuser",
    "dba",
    "db_owner",
    "admin",
    "系统管理员",
    "账套主管",
)


def judge(seen: Seen, settings: Settings, _now: datetime) -> list[Finding]:
    """One finding: how many rights differ; one that leads to full control is critical. The first look only notes."""
    items = sorted({*(_line(fact) for fact in seen.of(Grant)), *_powers(seen)})[:KEPT]
    memory = {"items": items}
    difference = changed(seen.before.get(""), items)
    if difference is None:
        return [Finding(state="ok", value=0, wording="first", params={"count": len(items)}, memory=memory)]
    added, removed, _ = difference
    rows = [*(f"+ {one}" for one in added), *(f"− {one}" for one in removed)]
    finding = measured(len(rows), settings, rows=rows, added=len(added), removed=len(removed), since=_since(seen))
    grave = any(_mighty(one) for one in added)
    return [
        Finding(
            state="crit" if grave else finding.state,
            value=finding.value,
            params=finding.params,
            wording="grave" if grave else "bad" if rows else "",
            memory=memory,
        )
    ]


def _line(fact: Grant) -> str:
    where = "/".join(part for part in (fact.account_set or "", fact.scope) if part)
    through = f" ← {fact.source}" if fact.source else ""
    return (
        f"{fact.holder_name or fact.holder}: {fact.right_name or fact.right}{f' ({where})' if where else ''}{through}"
    )


def _powers(seen: Seen) -> list[str]:
    return [f"{fact.login}: {power}" for fact in seen.of(Principal) if fact.enabled for power in fact.powers]


def _mighty(line: str) -> bool:
    right = line.partition(": ")[2].casefold()
    return any(right.startswith(word) or f"← {word}" in right for word in MIGHTY)


def _since(seen: Seen) -> str:
    return seen.before[""].seen_at.date().isoformat() if "" in seen.before else ""


CHECK = Check(
    key="acl.drift",
    group="access",
    kinds=(),
    also=("grants", "principals"),
    unit="",
    warn=1,
    crit=None,
    interval_s=86400,
    priority=78,
    manual=True,
    title=N_("Changed rights"),
    says={
        "ok": N_("Since %(since)s no right was added or removed."),
        "first": N_("%(count)s rights are noted; the next look compares."),
        "bad": N_("Since %(since)s: %(added)s rights added, %(removed)s removed."),
        "grave": N_("Since %(since)s: %(added)s rights added, %(removed)s removed; full control is among the added."),
    },
    remedy=N_("Match every change with a ticket; what has none is reverted."),
    reads=N_("Who holds which right, in the ERP and on the server"),
    right=rights.DEFINITION,
    judge=judge,
)
