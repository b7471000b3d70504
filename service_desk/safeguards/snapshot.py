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
from datetime import date
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
    return {"account_set": fact.account_set, **{name: _json(getattr(fact, name)) for name in _FIELDS[fact.kind]}}


def _json(value: Any) -> Any:
    """Lists in a steady order, days as text, all else as it is."""
    if isinstance(value, tuple):
        return sorted(value)
    return value.isoformat() if isinstance(value, date) else value


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
    return [
        Change(
            connection=place,
            system=system,
            kind=kind,
            key=key,
            what="added" if key not in was else "removed" if key not in now else "changed",
            row=now.get(key) or was[key],
            fields=_differing(was[key], now[key]) if key in was and key in now else {},
        )
        for key in sorted({*was, *now})
        if was.get(key) != now.get(key)
    ]


def _differing(was: Part, now: Part) -> dict[str, tuple[Any, Any]]:
    names = sorted(name for name in {*was, *now} if was.get(name) != now.get(name))
    return {name: (was.get(name), now.get(name)) for name in names}
