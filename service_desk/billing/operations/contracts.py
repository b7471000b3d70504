"""Agree with a client, and change what was agreed for what is billed from now on."""

from datetime import datetime
from typing import Any

from flask_babel import lazy_gettext as _l

from service_desk.audit.operations import record
from service_desk.billing.models import Contract
from service_desk.lib.errors import Invalid
from service_desk.scope import load, session
from service_desk.worklog.operations import agree_terms

FIELDS = (
    "title",
    "number",
    "kind",
    "rate_minor",
    "currency",
    "rounding_mode",
    "rounding_step",
    "rounding_scope",
    "minimum_minutes",
    "group_by",
    "tax_code",
    "tax_included",
    "payment_days",
    "purchase_order",
    "starts_on",
    "ends_on",
    "scope_in",
    "scope_out",
)


def write_contract(now: datetime, **agreed: Any) -> Contract:
    """Write down a contract with the client in scope. `agreed` holds FIELDS. Raises Invalid."""
    _check(agreed)
    contract = Contract(created_at=now, **{name: agreed[name] for name in FIELDS if name in agreed})
    session().add(contract)
    session().flush()
    record("contract.write", f"contract:{contract.id}", rate_minor=contract.rate_minor, currency=contract.currency)
    _tell_worklog(contract, now)
    return contract


def change_contract(contract_id: int, now: datetime, **agreed: Any) -> Contract:
    """Change a contract. Drafts and entries that carry their own rate stay as they are; issued invoices always do."""
    contract = load(Contract, contract_id, lock=True)
    changed = {name: agreed[name] for name in FIELDS if name in agreed and agreed[name] != getattr(contract, name)}
    _check({name: getattr(contract, name) for name in FIELDS} | changed)
    if changed:
        before = {name: str(getattr(contract, name)) for name in changed}
        record(
            "contract.change", f"contract:{contract.id}", before=before, after={k: str(v) for k, v in changed.items()}
        )
    for name, value in changed.items():
        setattr(contract, name, value)
    session().flush()
    _tell_worklog(contract, now)
    return contract


def _tell_worklog(contract: Contract, now: datetime) -> None:
    """Work written down from now on is rounded and priced by the contract in force."""
    if not contract.starts_on <= now.date() <= (contract.ends_on or now.date()):
        return
    agree_terms(
        mode=contract.rounding_mode,
        step=contract.rounding_step,
        minimum=contract.minimum_minutes,
        scope=contract.rounding_scope,
        rate_minor=contract.rate_minor,
        currency=contract.currency,
        rate_source=f"contract:{contract.id}",
        now=now,
    )


def _check(agreed: dict[str, Any]) -> None:
    ends = agreed.get("ends_on")
    if ends is not None and ends < agreed["starts_on"]:
        raise Invalid(_l("The contract cannot end before it starts."), field="ends_on")
