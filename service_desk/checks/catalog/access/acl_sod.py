"""Rights of the ERP that must not meet in one person, by a matrix of pairs that stands beside this file as data."""

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from fnmatch import fnmatchcase
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from connectors.facts import Grant
from service_desk.checks.catalog import rights
from service_desk.checks.finding import N_, Check, Finding, Level, Seen, Settings
from service_desk.checks.shapes import accepted, listed, plain

MATRIX = Path(__file__).with_name("sod.toml")


@cache
def matrix() -> tuple[Mapping[str, Any], ...]:
    """The pairs as they are shipped."""
    return tuple(tomllib.loads(MATRIX.read_text(encoding="utf-8"))["pair"])


def conflicts(
    grants: Iterable[Grant], pairs: Sequence[Mapping[str, Any]], system: str = ""
) -> list[tuple[Grant, Grant, str]]:
    """Who holds both sides of a pair: the two rights, and the key of the pair; each person once for each pair."""
    holders: dict[tuple[str, str], list[Grant]] = {}
    for grant in grants:
        if grant.system == "erp":
            holders.setdefault((grant.account_set or "", grant.holder), []).append(grant)
    found = []
    for pair in pairs:
        sides = pair.get(system) or pair.get("names") or pair
        for held in holders.values():
            one, other = _first(held, sides.get("one", ())), _first(held, sides.get("other", ()))
            if one is not None and other is not None and one is not other:
                found.append((one, other, str(pair.get("key", ""))))
    return found


def _first(held: Sequence[Grant], patterns: Sequence[str]) -> Grant | None:
    wanted = tuple(patterns)
    return next((one for one in held if _fits(one.right, wanted) or _fits(one.right_name or "", wanted)), None)


@lru_cache(maxsize=20_000)
def _fits(text: str, patterns: tuple[str, ...]) -> bool:
    """Whether a right is one of a side. Few rights are held by many people, so each is matched once."""
    return any(fnmatchcase(text, pattern) for pattern in patterns)


def judge(seen: Seen, settings: Settings, _now: datetime) -> list[Finding]:
    """One finding for each person with rights that must not meet; how many people there are decides how grave it is."""
    allowed = accepted(settings)
    people: dict[str, list[tuple[Grant, Grant, str]]] = {}
    for found in conflicts(seen.of(Grant), settings.options.get("pairs") or matrix(), settings.system):
        holder = found[0].holder
        if plain(holder) not in allowed:
            people.setdefault("/".join(part for part in (found[0].account_set, holder) if part), []).append(found)
    state = settings.level(len(people))
    return [_finding(subject, found, state) for subject, found in people.items()] or [Finding(state="ok", value=0)]


def _finding(subject: str, found: Sequence[tuple[Grant, Grant, str]], state: Level) -> Finding:
    one, other, key = found[0]
    params: dict[str, str | int | float | None] = {
        "name": one.holder_name or one.holder,
        "one": _said(one),
        "other": _said(other),
        "count": len(found),
        **listed([f"{_said(first)} + {_said(second)}" for first, second, _ in found]),
    }
    wording = "several" if len(found) > 1 else key if key in SAYS else "bad"
    return Finding(subject=subject, state=state, value=len(found), params=params, wording=wording)


def _said(grant: Grant) -> str:
    return grant.right_name or grant.right


SAYS = {
    "ok": N_("Nobody holds rights that must not meet."),
    "bad": N_("%(name)s holds both “%(one)s” and “%(other)s”."),
    "several": N_("%(name)s holds %(count)s pairs of rights that must not meet."),
    "voucher": N_("%(name)s can both enter and audit vouchers."),
    "posting": N_("%(name)s can both enter and post vouchers."),
    "cashier": N_("%(name)s can both sign as cashier and audit vouchers."),
    "payment": N_("%(name)s can both create and approve payments."),
    "vendor": N_("%(name)s can both maintain vendors and pay them."),
    "stock": N_("%(name)s can both enter and approve stock counts."),
}

CHECK = Check(
    key="acl.sod",
    group="access",
    kinds=("grants",),
    unit="",
    warn=1,
    crit=3,
    interval_s=86400,
    priority=80,
    title=N_("Conflicting duties"),
    says=SAYS,
    remedy=N_("Split the roles between two people, or write down who checks this person's work."),
    reads=N_("The rights of every user of the ERP"),
    right=rights.ERP,
    judge=judge,
)
