"""The one table of roles: what each may do. A page names the right it needs, never a role."""

from typing import Literal

Right = Literal[
    "practice.read",  # the overview, the queue, one's own time
    "practice.manage",  # letterhead, people, number series, new clients
    "client.read",  # the desk's pages of one client
    "client.write",  # tickets, entries, knowledge, checks of one client
    "client.manage",  # connections and their credentials, members, contract
    "money.read",
    "money.write",
    "handover.write",
    "portal.read",  # the client's own pages
    "portal.ticket",  # open and answer tickets
    "portal.money",  # see invoices
    "portal.decide",  # approve changes and hours
    "portal.people",  # invite colleagues
    "install.operate",  # run the installation; sees no client data
]

_DESK: tuple[Right, ...] = ("practice.read", "client.read", "client.write")
_PORTAL: tuple[Right, ...] = ("portal.read", "portal.ticket")

RIGHTS: dict[str, frozenset[Right]] = {
    "owner": frozenset((*_DESK, "practice.manage", "client.manage", "money.read", "money.write", "handover.write")),
    "engineer": frozenset((*_DESK, "client.manage", "money.read", "handover.write")),
    "assistant": frozenset(_DESK),
    "boss": frozenset((*_PORTAL, "portal.money", "portal.decide", "portal.people")),
    "finance": frozenset((*_PORTAL, "portal.money")),
    "it_contact": frozenset((*_PORTAL, "portal.people")),
    "user": frozenset(_PORTAL),
    "successor": frozenset(("client.read", "client.write")),
    "operator": frozenset(("install.operate",)),
    "system": frozenset(("client.read", "client.write")),
    "none": frozenset(),
}

DESK_ROLES = ("owner", "engineer", "assistant")
CLIENT_ROLES = ("boss", "finance", "it_contact", "user", "successor")


def allows(role: str, right: Right) -> bool:
    """True when this role carries the right; an unknown role carries none."""
    return right in RIGHTS.get(role, frozenset())


def may_grant(giver: str, role: str, *, client: bool) -> bool:
    """True when `giver` may give, change or end this role: in a client (`client`) or in the practice.

    The desk gives every client role. A client's own people give only what they may do themselves, and never access
    for a successor, so that nobody rises by inviting.
    """
    if giver == "system":
        return True
    if not client:
        return role in DESK_ROLES and allows(giver, "practice.manage")
    if role not in CLIENT_ROLES or allows(giver, "client.manage"):
        return role in CLIENT_ROLES
    return role != "successor" and allows(giver, "portal.people") and RIGHTS[role] <= RIGHTS[giver]
