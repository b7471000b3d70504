"""The words for roles and for what the audit holds."""

from typing import Any

from flask_babel import lazy_gettext as _l

from service_desk.lib.i18n import N_

ROLE_NAMES: dict[str, str] = {
    "owner": N_("Owner"),
    "engineer": N_("Engineer"),
    "assistant": N_("Assistant"),
    "boss": N_("Boss"),
    "finance": N_("Finance"),
    "it_contact": N_("IT contact"),
    "user": N_("User"),
    "successor": N_("Successor engineer"),
    "operator": N_("Operator"),
    "system": N_("System"),
    "none": N_("No role"),
}
ROLE_LABELS: dict[str, Any] = {role: _l(name) for role, name in ROLE_NAMES.items()}

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
