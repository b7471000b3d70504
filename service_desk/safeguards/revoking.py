"""Whether a right that was to be taken away is gone, by the next snapshot. Pure.

A decision speaks of an account, of rights, or of something that is wrong as long as a rule finds it. What was not
looked at this time is neither gone nor still there.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from service_desk.checks.catalog import CATALOG
from service_desk.safeguards.finding import Finding
from service_desk.safeguards.snapshot import KINDS, Part, difference

GONE, STILL, UNSEEN = "gone", "still", "unseen"
ACCOUNTS = ("users", "principals")


class Revoked(Protocol):
    """A finding that was to be taken away, as models.AccessFinding has it."""

    @property
    def rule(self) -> str: ...
    @property
    def system(self) -> str: ...
    @property
    def subject(self) -> str: ...
    @property
    def params(self) -> Mapping[str, Any]: ...


@dataclass(frozen=True)
class Seen:
    """What is compared: the snapshot before the one decided on (if any), that one, the next one and what it found."""

    before: Mapping[str, Any] | None
    then: Mapping[str, Any]
    now: Mapping[str, Any]
    found: Sequence[Finding]


def outcome(one: Revoked, seen: Seen) -> str:
    """GONE, STILL or UNSEEN. Of several connections with the same name the worst counts."""
    places = [place for place, part in seen.then["connections"].items() if part["name"] == one.system]
    told = [_at(place, one, seen) for place in places]
    return next((word for word in (STILL, UNSEEN) if word in told), GONE) if told else UNSEEN


def _at(place: str, one: Revoked, seen: Seen) -> str:
    then, now = seen.then["connections"][place], seen.now["connections"].get(place)
    if now is None or not set(_kinds(one, then)) <= set(now["seen"]):
        return UNSEEN
    return STILL if _still(place, one, seen, then, now) else GONE


def _kinds(one: Revoked, then: Part) -> Sequence[str]:
    """What must have been looked at before anything can be said."""
    if one.rule.startswith("check:"):
        check = CATALOG.get(one.rule.removeprefix("check:"))
        return tuple(kind for kind in (check.kinds if check else ()) if kind in KINDS)
    if one.rule.startswith("rights_"):
        return ("grants",)
    if one.rule == "direct":
        return ("users", "grants")
    return tuple(kind for kind in ACCOUNTS if one.subject in then[kind]) or ACCOUNTS[:1]


def _still(place: str, one: Revoked, seen: Seen, then: Part, now: Part) -> bool:
    if one.rule in ("account_removed", "rights_removed"):
        return False
    if one.rule == "account_changed":
        return any(_row(one, now).get(name) == is_ for name, (_was, is_) in one.params["fields"].items())
    if one.rule == "rights_added":
        return any(key in now["grants"] for key in _added(place, one, seen))
    if one.rule in ("account_added", "dormant"):
        return bool(_row(one, now).get("enabled"))
    if one.rule == "check:acl.leaver" and _signs_in(one, now):
        return True
    known = {(found.rule, found.connection, found.subject) for found in seen.found}
    return (one.rule, place, one.subject) in known


def _row(one: Revoked, now: Part) -> Mapping[str, Any]:
    """The account of the finding as it is now; empty when it is not there any more."""
    rows = (now[kind].get(one.subject) for kind in ACCOUNTS)
    return next((row for row in rows if row is not None), {})


def _signs_in(one: Revoked, now: Part) -> bool:
    """Whether one of the leaver's accounts is still enabled, whatever became of the list of leavers."""
    logins = set(str(one.params.get("login", "")).split("、")) - {""}
    return any(row["login"] in logins and row["enabled"] for row in now["users"].values())


def _added(place: str, one: Revoked, seen: Seen) -> list[str]:
    """The keys of the rights that this holder had got when it was decided."""
    return [
        change.key
        for change in difference(seen.before, seen.then)
        if (change.kind, change.what, change.connection) == ("grants", "added", place)
        and str(change.row["holder"]) == one.subject
    ]
