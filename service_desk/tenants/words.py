"""The words for what a connection is, what a probe walks through, and what is read and why."""

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from connectors import connector_class
from connectors.base import Field
from connectors.reasons import REASONS

STEP_LABELS: dict[str, Any] = {
    "name": _l("Name resolution"),
    "tcp": _l("TCP connection"),
    "tls": _l("Encryption"),
    "login": _l("Signing in"),
    "database": _l("Database"),
    "rights": _l("Rights to read"),
    "read_only": _l("Read-only"),
    "version": _l("Version"),
    "account_sets": _l("Account sets"),
}
STATE_LABELS: dict[str, Any] = {
    "ok": _l("ok"),
    "failed": _l("failed"),
    "unknown": _l("unknown"),
    "coming": _l("to come"),
}
ENVIRONMENTS: dict[str, Any] = {"production": _l("Production"), "test": _l("Test")}

# Fact kind -> what it is, and what it is read for.
FACT_WORDS: dict[str, tuple[Any, Any]] = {
    "reachable": (_l("Reachability"), _l("to know that the database answers, and how fast")),
    "backup": (_l("Backups"), _l("to know how old the last good backup is")),
    "backups": (_l("Backups"), _l("to know how old the last good backup is")),
    "stock": (_l("Stock quantities"), _l("to find stock below zero before the month's cost is calculated")),
    "vouchers": (_l("Voucher states"), _l("to find vouchers that were never posted 记账")),
    "users": (_l("Users of the ERP"), _l("to find people who have left and can still log in")),
    "tasks": (_l("Locks and tasks"), _l("to find a lock or task that hangs and keeps others out")),
    "periods": (_l("Accounting periods"), _l("to know which month is closed 结账")),
}


class _Blanks(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return "?"


def reason_sentence(reason: str, params: Mapping[str, Any]) -> str:
    """The sentence of a connector's reason in the language of the page."""
    entry = REASONS.get(reason)
    return str(_(entry.sentence) % _Blanks(params)) if entry else reason


def step_label(name: str) -> Any:
    """The word for a step of a probe."""
    return STEP_LABELS.get(name, name)


def step_state(state: str) -> Any:
    """The word for how a step ended."""
    return STATE_LABELS.get(state, _l("not reached"))


def _field(kind: str, name: str) -> Field | None:
    return next((field for field in connector_class(kind).fields if field.name == name), None)


def field_label(kind: str, name: str) -> str:
    """The label of a connector's field, as its form shows it."""
    found = _field(kind, name)
    return str(_(found.label)) if found else name


def field_anchor(kind: str, name: str) -> str:
    """Where on the form this field stands."""
    found = _field(kind, name)
    return f"{'secret' if found is not None and found.secret else 'set'}_{name}"


def connector_words(kind: str) -> tuple[str, str]:
    """What a connector reads and leaves alone, and what it was verified against."""
    found = connector_class(kind)
    return str(_(found.about)), str(_(found.verified))


def field_value(field: Field, value: Any) -> str:
    """A setting as a page shows it: the label of a choice, yes or no for a flag."""
    if field.type == "flag":
        return str(_("yes") if value else _("no"))
    return str(_(field.choices[value]) if value in field.choices else value)
