"""Rights that were added or taken away since the last look."""

from datetime import datetime

from connectors.facts import Grant, Principal
from service_desk.checks.catalog import rights
from service_desk.checks.finding import N_, Check, Finding, Memory, Seen, Settings
from service_desk.checks.shapes import measured

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
    was = seen.before[""].memory if "" in seen.before else {}
    memory = _noted(seen, was)
    if "items" not in was:
        count = len(memory["items"])
        return [Finding(state="ok", value=0, wording="first", params={"count": count}, memory=memory)]
    added, removed = _difference(memory, was)
    rows = [*(f"+ {one}" for one in added), *(f"− {one}" for one in removed)]
    since = _since(seen, settings)
    finding = measured(len(rows), settings, rows=rows, added=len(added), removed=len(removed), since=since)
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


def _noted(seen: Seen, was: Memory) -> Memory:
    """Every right by the place it was read from; a place that could not be read this time keeps what was known of it.

    `places` are those that were read at least once: what one holds when it is first met is no change.
    """
    read = {_place(kind, account_set) for kind, account_set in seen.looked}
    lines = {_place("grants", fact.account_set) + _line(fact) for fact in seen.of(Grant)}
    lines |= {_place("principals", fact.account_set) + line for fact in seen.of(Principal) for line in _powers(fact)}
    if read:
        lines |= {one for one in was.get("items", ()) if _of(one) not in read}
    return {"items": sorted(lines)[:KEPT], "places": sorted(read.union(was.get("places", ())))}


def _difference(memory: Memory, was: Memory) -> tuple[list[str], list[str]]:
    """What was added and what was taken away, in places that were known and as far as both lists reach."""
    now, then = set(memory["items"]), set(was["items"])
    ends = [items[-1] for items in (memory["items"], was["items"]) if len(items) == KEPT]
    known = set(was.get("places", ()))
    news = set(memory["places"]) - known
    both = [one for one in sorted(now ^ then) if (not ends or one <= min(ends)) and _of(one) not in news]
    return [_said(one) for one in both if one in now], [_said(one) for one in both if one in then]


def _place(kind: str, account_set: str | None) -> str:
    return f"{kind}/{account_set or ''}\t"


def _of(item: str) -> str:
    return item.partition("\t")[0] + "\t"


def _said(item: str) -> str:
    return item.partition("\t")[2]


def _line(fact: Grant) -> str:
    where = "/".join(part for part in (fact.account_set or "", fact.scope) if part)
    through = f" ← {fact.source}" if fact.source else ""
    return (
        f"{fact.holder_name or fact.holder}: {fact.right_name or fact.right}{f' ({where})' if where else ''}{through}"
    )


def _powers(fact: Principal) -> list[str]:
    return [f"{fact.login}: {power}" for power in fact.powers] if fact.enabled else []


def _mighty(line: str) -> bool:
    right = line.partition(": ")[2].casefold()
    return any(right.startswith(word) or f"← {word}" in right for word in MIGHTY)


def _since(seen: Seen, settings: Settings) -> str:
    """The day of the look before, on the client's own calendar."""
    zone = settings.wall.tzinfo if settings.wall else None
    return seen.before[""].seen_at.astimezone(zone).date().isoformat() if "" in seen.before else ""


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
        "bad": N_("Since %(since)s: rights added: %(added)s, removed: %(removed)s."),
        "grave": N_("Since %(since)s: rights added: %(added)s, removed: %(removed)s; full control is among the added."),
    },
    remedy=N_("Match every change with a ticket; what has none is reverted."),
    reads=N_("Who holds which right, in the ERP and on the server"),
    right=rights.DEFINITION,
    judge=judge,
)
