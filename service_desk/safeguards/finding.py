"""What a permission review asks about: changes, leavers, sleeping and mighty accounts, duties that must not meet. Pure.

The catalogue's own rules say who left and which duties conflict, so that a review and a check never disagree.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from connectors.facts import Fact, Grant, Principal, User
from service_desk.checks.catalog import CATALOG
from service_desk.checks.finding import Finding as Judged
from service_desk.checks.finding import LeaverRecord, Seen, Settings
from service_desk.safeguards.snapshot import Change

DORMANT = timedelta(days=90)
NAMED = 8  # rights named in one sentence; the export names them all


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing to decide. `rule` names the sentence (words.RULES, or a check of the catalogue after `check:`)."""

    rule: str
    grave: str
    connection: str
    system: str
    subject: str
    params: Mapping[str, Any]

    @property
    def mark(self) -> str:
        """The same while rule, place, subject and facts are: a decision holds until one of them changes."""
        plain = json.dumps([self.rule, self.connection, self.subject, dict(self.params)], sort_keys=True, default=str)
        return hashlib.sha256(plain.encode()).hexdigest()


@dataclass(frozen=True, kw_only=True)
class Place:
    """One connection with what was seen of it, for the rules. `kinds`: what could be looked at."""

    connection: str
    system: str
    kind: str
    facts: Sequence[Fact]
    kinds: frozenset[str]

    def of(self, kind: type[Any]) -> list[Any]:
        """The facts of this class."""
        return [one for one in self.facts if isinstance(one, kind)]

    def found(self, rule: str, grave: str, subject: str, **params: Any) -> Finding:
        """A finding about something here."""
        return Finding(
            rule=rule, grave=grave, connection=self.connection, system=self.system, subject=subject, params=params
        )


def findings(
    places: Sequence[Place],
    leavers: Sequence[LeaverRecord],
    changes: Sequence[Change],
    *,
    today: date,
    now: datetime,
) -> list[Finding]:
    """Everything to decide, the gravest first; each once."""
    found = [
        one
        for place in places
        for one in (
            *_catalogue("acl.leaver", place, leavers, today, now),
            *_catalogue("acl.sod", place, (), today, now),
            *_dormant(place, now),
            *_mighty(place),
            *_direct(place),
        )
    ]
    found += _changed(changes)
    order = {"crit": 0, "warn": 1, "info": 2}
    once = {one.mark: one for one in found}
    return sorted(once.values(), key=lambda one: (order[one.grave], one.rule, one.system, one.subject))


def _catalogue(key: str, place: Place, own: Sequence[LeaverRecord], today: date, now: datetime) -> Iterable[Finding]:
    """What a check of the catalogue finds in this place; nothing where its facts could not be looked at."""
    check = CATALOG.get(key)
    if check is None or not set(check.kinds) <= place.kinds:
        return
    facts = tuple(one for one in place.facts if one.kind in check.kinds)
    settings = Settings(warn=check.warn, crit=check.crit, bad=check.bad, today=today)
    for one in check.judge(Seen(facts=facts, own=tuple(own)), settings, now):
        if one.state in ("warn", "crit"):
            yield place.found(f"check:{key}", one.state, one.subject, **_said(one))


def _said(one: Judged) -> dict[str, Any]:
    return {**one.params, "wording": one.wording or "bad"}


def _dormant(place: Place, now: datetime) -> Iterable[Finding]:
    """Enabled accounts that nobody has signed in with for 90 days; where the ERP does not tell, nothing is said."""
    accounts = [*place.of(User), *(one for one in place.of(Principal) if not one.built_in and not one.ours)]
    for one in accounts:
        if one.enabled and one.last_seen_at is not None and now - one.last_seen_at > DORMANT:
            name = getattr(one, "name", None) or one.login
            yield place.found(
                "dormant", "warn", one.subject, name=name, login=one.login, last=one.last_seen_at.date().isoformat()
            )


def _mighty(place: Place) -> Iterable[Finding]:
    """Accounts with every right: each must be known to somebody."""
    for user in place.of(User):
        if user.enabled and (user.admin or user.supervisor_of):
            yield place.found(
                "mighty", "warn", user.subject, name=user.name or user.login, login=user.login,
                powers=", ".join(user.supervisor_of) or "admin",
            )  # fmt: skip
    for one in place.of(Principal):
        if one.enabled and one.powers and not one.built_in and not one.ours:
            yield place.found(
                "mighty_login",
                "warn",
                one.subject,
                name=one.login,
                login=one.login,
                powers=", ".join(sorted(one.powers)),
            )


def _direct(place: Place) -> Iterable[Finding]:
    """Rights given to a person past their role: nobody sees them when the role is looked at."""
    through_roles = {user.login for user in place.of(User) if user.roles}
    past: dict[tuple[str, str], list[Grant]] = defaultdict(list)
    for grant in place.of(Grant):
        if grant.system == "erp" and not grant.source and grant.holder in through_roles:
            past[grant.account_set or "", grant.holder].append(grant)
    for (place_set, holder), grants in sorted(past.items()):
        rights = sorted({one.right_name or one.right for one in grants})
        yield place.found(
            "direct", "info", f"{place_set}/{holder}", name=grants[0].holder_name or holder, login=holder,
            n=len(rights), rights="、".join(rights[:NAMED]),
        )  # fmt: skip


def _changed(changes: Sequence[Change]) -> list[Finding]:
    """Changes as things to decide: accounts one by one, rights together for each holder."""
    found = [_account(one) for one in changes if one.kind != "grants"]
    together: dict[tuple[str, str, str, str], list[Change]] = defaultdict(list)
    for one in changes:
        if one.kind == "grants":
            together[one.connection, one.system, str(one.row["holder"]), one.what].append(one)
    return found + [_rights(*key, rows) for key, rows in sorted(together.items())]


def _account(one: Change) -> Finding:
    row, changed = one.row, sorted(set(one.fields) - {"name"})
    rose = one.what == "added" or any(
        is_ and is_ != was for name, (was, is_) in one.fields.items() if name in ("admin", "powers", "supervisor_of")
    )
    grave = "warn" if rose or "enabled" in changed or "roles" in changed else "info"
    return Finding(
        rule=f"account_{one.what}", grave=grave, connection=one.connection, system=one.system, subject=one.key,
        params={
            "name": row.get("name") or row["login"],
            "login": row["login"],
            "fields": {name: [was, is_] for name, (was, is_) in one.fields.items()},
        },
    )  # fmt: skip


def _rights(connection: str, system: str, holder: str, what: str, rows: Sequence[Change]) -> Finding:
    rights = sorted({str(one.row.get("right_name") or one.row["right"]) for one in rows})
    return Finding(
        rule=f"rights_{what}", grave="info" if what == "removed" else "warn", connection=connection, system=system,
        subject=holder,
        params={
            "name": rows[0].row.get("holder_name") or holder,
            "login": holder,
            "n": len(rights),
            "rights": "、".join(rights[:NAMED]),
            # All of them decide whether this is the same finding as last time.
            "all": hashlib.sha256("\n".join(sorted(one.key for one in rows)).encode()).hexdigest()[:16],
        },
    )  # fmt: skip
