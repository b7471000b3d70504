"""What a worker does for a permission review: ask every connection who may do what, compare, keep."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select

from connectors import connector_class
from connectors.ask import Request, ask
from connectors.base import ConnectorError, unseen
from connectors.facts import Look
from service_desk.checks.finding import LeaverRecord
from service_desk.jobs import Claim
from service_desk.lib.clock import local_day
from service_desk.safeguards import finding, snapshot
from service_desk.safeguards.models import AccessReview
from service_desk.safeguards.operations import reviews
from service_desk.scope import load, session
from service_desk.tenants.jobs import Reach
from service_desk.tenants.models import ErpConnection, Leaver, Tenant
from service_desk.tenants.secrets import open_secrets

BUDGET_SECONDS = 60


@dataclass(frozen=True, kw_only=True)
class Way:
    """One connection to ask, as plain values: no row is touched while the ERP is asked. `ours`: by our own workers."""

    id: int
    name: str
    kinds: tuple[str, ...]
    ours: bool
    request: Request


@dataclass(frozen=True, kw_only=True)
class Before:
    """What the review is compared with, read before anything is asked."""

    ways: tuple[Way, ...]
    leavers: tuple[LeaverRecord, ...]
    last: dict[str, Any] | None
    zone: str


def look(claim: Claim) -> None:
    """Take the snapshot of one review and keep what is to be decided. Called off, it ends without a trace."""
    claim.report(2, "reading")
    before = _before(claim)
    if before is None:
        return
    seen: dict[int, Sequence[Look]] = {}
    for place, way in enumerate(before.ways):
        claim.report(5 + 85 * place // len(before.ways), way.name)
        seen[way.id] = ask(way.request).looks if way.ours else _elsewhere(way)
        if claim.cancelled():
            return
    claim.report(92, "comparing")
    _keep(claim, before, seen)


def _elsewhere(way: Way) -> Sequence[Look]:
    """What an agent reads is not asked from here: a login without its secrets is refused, and locks the account."""
    return [unseen(kind, ConnectorError("agent_only")) for kind in way.kinds]


def _before(claim: Claim) -> Before | None:
    with claim.scope(read_only=True):
        review = load(AccessReview, claim.subject_id)
        if review.state != "looking":
            return None
        rows = session().scalars(select(ErpConnection).where(ErpConnection.enabled).order_by(ErpConnection.id)).all()
        return Before(
            ways=tuple(way for row in rows if (way := _way(row)).kinds),
            leavers=tuple(LeaverRecord(name=one.name, login=one.login) for one in session().scalars(select(Leaver))),
            last=reviews.snapshot_of(review.before_id),
            zone=Tenant.here().time_zone,
        )


def _way(row: ErpConnection) -> Way:
    told = connector_class(row.kind).readers()
    kinds = tuple(kind for kind in snapshot.KINDS if kind in told)
    request = Request(
        op="collect",
        kind=row.kind,
        settings=row.settings,
        secrets=open_secrets(row) if kinds else {},
        kinds=kinds,
        budget_seconds=BUDGET_SECONDS,
        allow_loopback=Reach.allow_loopback,
    )
    return Way(id=row.id, name=row.name, kinds=kinds, ours=row.road == "server", request=request)


def _keep(claim: Claim, before: Before, seen: dict[int, Sequence[Look]]) -> None:
    now = datetime.now(UTC)
    data = snapshot.whole({way.id: snapshot.part(way.name, way.request.kind, seen[way.id]) for way in before.ways})
    missed = [one for way in before.ways for one in _unseen(way, seen[way.id])]
    with claim.finishing():
        if not any(one["seen"] for one in data["connections"].values()):
            reviews.fail_review(claim.subject_id, missed, now)
            return
        places = [_place(way, seen[way.id]) for way in before.ways]
        changes = snapshot.difference(before.last, data)
        found = finding.findings(places, before.leavers, changes, today=local_day(now, before.zone), now=now)
        reviews.keep_review(claim.subject_id, data, found, missed, now)


def _place(way: Way, looks: Sequence[Look]) -> finding.Place:
    return finding.Place(
        connection=str(way.id),
        system=way.name,
        kind=way.request.kind,
        facts=[fact for look in looks if look.unknown is None for fact in look.facts],
        kinds=frozenset(look.kind for look in looks if look.unknown is None),
    )


def _unseen(way: Way, looks: Sequence[Look]) -> list[dict[str, Any]]:
    """What could not be looked at here, with the reason as the connector told it; a cut list counts as that, too."""
    told = [
        _reason(way.name, look, why.reason, params=dict(why.params), right=why.right or "", grant=why.grant or "")
        for look in looks
        if (why := look.unknown) is not None and look.kind in way.kinds
    ]
    return [*told, *(_reason(way.name, look, "truncated") for look in looks if look.truncated)]


def _reason(name: str, look: Look | None, reason: str, **more: Any) -> dict[str, Any]:
    """Why something was not seen, as the review keeps it; without a look it is about the whole review."""
    kind, account_set = (look.kind, look.account_set or "") if look else ("", "")
    empty = {"params": {}, "right": "", "grant": ""}
    return {"connection": name, "kind": kind, "set": account_set, "reason": reason, **empty, **more}


def given_up(claim: Claim) -> None:
    """Every attempt broke off: the review says that nothing could be seen."""
    reviews.fail_review(claim.subject_id, [_reason("", None, "child_died")], datetime.now(UTC))
