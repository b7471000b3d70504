"""A snapshot of who may do what: its plain form, its hash, and what changed between two of them. Pure.

    {"v": 1, "connections": {"3": {"name": "U8", "kind": "yonyou_u8", "seen": ["users", "grants"],
     "users": {"001/zhang": {"login": "zhang", "name": "张三", "enabled": true, "admin": false, "roles": ["仓管"]}},
     "principals": {...}, "grants": {"001/zhang/GL0201/": {"holder": "zhang", "right": "GL0201", ...}}}}}

What moves by itself (when somebody last signed in, what runs just now) is not part of it, so that two snapshots of the
same rights are the same bytes.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from connectors.facts import Grant, Look, Principal, User

VERSION = 1
KINDS = ("users", "principals", "grants")
_ABOUT_USER = ("login", "name", "enabled", "admin", "roles", "supervisor_of", "left_on")
_ABOUT_PRINCIPAL = ("login", "what", "enabled", "powers", "built_in")
_ABOUT_GRANT = ("system", "holder", "holder_name", "right", "right_name", "scope", "source")
_FIELDS: Mapping[str, tuple[str, ...]] = {
    "users": _ABOUT_USER, "principals": _ABOUT_PRINCIPAL, "grants": _ABOUT_GRANT,
}  # fmt: skip
Part = Mapping[str, Any]


def part(name: str, kind: str, looks: Sequence[Look]) -> dict[str, Any]:
    """One connection's part of a snapshot. `seen` lists the kinds that were looked at in every account set."""
    told = {look.kind for look in looks if look.unknown is None and not look.truncated}
    blind = {look.kind for look in looks if look.unknown is not None or look.truncated}
    facts = [fact for look in looks if look.unknown is None for fact in look.facts]
    return {
        "name": name,
        "kind": kind,
        "seen": sorted((told - blind) & set(KINDS)),
        "users": _rows(one for one in facts if isinstance(one, User)),
        "principals": _rows(one for one in facts if isinstance(one, Principal) and not one.ours),
        "grants": _rows(one for one in facts if isinstance(one, Grant)),
    }


def _rows(facts: Iterable[User | Principal | Grant]) -> dict[str, dict[str, Any]]:
    return {_key(one): _plain(one) for one in facts}


def _key(fact: User | Principal | Grant) -> str:
    return f"{fact.subject}/{fact.source}" if isinstance(fact, Grant) else fact.subject


def _plain(fact: User | Principal | Grant) -> dict[str, Any]:
    row = {"account_set": fact.account_set}
    for name in _FIELDS[fact.kind]:
        value = getattr(fact, name)
        row[name] = (
            sorted(value) if isinstance(value, tuple) else value.isoformat() if name == "left_on" and value else value
        )
    return row


def whole(parts: Mapping[int, Part]) -> dict[str, Any]:
    """The snapshot of all connections."""
    return {"v": VERSION, "connections": {str(place): dict(one) for place, one in sorted(parts.items())}}


def address(data: Mapping[str, Any]) -> bytes:
    """The SHA-256 of the plain form: keys in order, no blanks, Unicode as it is (as RFC 8785 orders it)."""
    plain = json.dumps(data, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(plain.encode()).digest()


def count(data: Mapping[str, Any], *kinds: str) -> int:
    """How many rows of these kinds a snapshot holds."""
    return sum(len(one[kind]) for one in data["connections"].values() for kind in kinds)


@dataclass(frozen=True, kw_only=True)
class Change:
    """One row that came, went or is different. `fields` holds what differs: name -> (was, is)."""

    connection: str
    system: str
    kind: str
    key: str
    what: str  # added, removed or changed
    row: Mapping[str, Any]
    fields: Mapping[str, tuple[Any, Any]] = field(default_factory=dict)


def difference(before: Mapping[str, Any] | None, after: Mapping[str, Any]) -> list[Change]:
    """What changed from one snapshot to the next, in a steady order.

    Only what both times were looked at is compared: a connection or kind that could not be seen once tells nothing of
    what came or went. Without a snapshot before there is nothing to compare.
    """
    if before is None:
        return []
    found: list[Change] = []
    for place, now in after["connections"].items():
        was = before["connections"].get(place)
        if was is not None:
            for kind in (kind for kind in KINDS if kind in was["seen"] and kind in now["seen"]):
                found += _changes(place, now["name"], kind, was[kind], now[kind])
    return found


def _changes(place: str, system: str, kind: str, was: Part, now: Part) -> list[Change]:
    found = []
    for key in sorted({*was, *now}):
        if key not in was:
            found.append(Change(connection=place, system=system, kind=kind, key=key, what="added", row=now[key]))
        elif key not in now:
            found.append(Change(connection=place, system=system, kind=kind, key=key, what="removed", row=was[key]))
        elif was[key] != now[key]:
            differs = {
                name: (was[key].get(name), now[key].get(name))
                for name in sorted({*was[key], *now[key]})
                if was[key].get(name) != now[key].get(name)
            }
            found.append(
                Change(
                    connection=place, system=system, kind=kind, key=key, what="changed", row=now[key], fields=differs
                )
            )
    return found
