"""The words for roles and for what the audit holds."""

from typing import Any

from flask_babel import lazy_gettext as _l

ROLE_LABELS: dict[str, Any] = {
    "owner": _l("Owner"),
    "engineer": _l("Engineer"),
    "assistant": _l("Assistant"),
    "boss": _l("Boss"),
    "finance": _l("Finance"),
    "it_contact": _l("IT contact"),
    "user": _l("User"),
    "successor": _l("Successor engineer"),
    "operator": _l("Operator"),
    "system": _l("System"),
    "none": _l("No role"),
}

ROLE_HINTS: dict[str, Any] = {
    "owner": _l("Everything, money and people included"),
    "engineer": _l("The clients assigned to them, with connections and handover; reads money"),
    "assistant": _l("Tickets and work log of the clients assigned to them"),
    "boss": _l("Everything the company sees, approves changes and hours"),
    "finance": _l("Invoices and tickets"),
    "it_contact": _l("Tickets, and invites colleagues"),
    "user": _l("Opens and follows tickets"),
    "successor": _l("The engineer who takes over: reads and works, until the day that is set"),
}


def role_label(role: str) -> Any:
    """The word for a role."""
    return ROLE_LABELS.get(role, role)


def role_hint(role: str) -> Any:
    """One sentence on what a role may do."""
    return ROLE_HINTS.get(role, "")
