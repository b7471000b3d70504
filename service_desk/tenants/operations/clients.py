"""Set up a client, change what is known of it, close it."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy.exc import IntegrityError

from service_desk.accounts.keyring import new_data_key
from service_desk.audit.operations import record
from service_desk.lib.errors import Refused
from service_desk.scope import Actor, gate, session, tenant_scope
from service_desk.tenants.models import Tenant
from service_desk.tenants.names import free_colour, initial_of, numbered, slug_of

CHANGEABLE = (
    "name",
    "short_name",
    "initial",
    "colour",
    "time_zone",
    "language",
    "currency",
    "engineer_name",
    "pinned_note",
    "legal_name",
    "tax_number",
    "address",
    "phone",
    "bank_name",
    "bank_account",
)
TRIES = 60


def create_tenant(
    practice_id: int,
    actor: Actor,
    name: str,
    *,
    slug: str = "",
    short_name: str = "",
    colour: int | None = None,
    taken_colours: Sequence[int] = (),
    now: datetime | None = None,
    **facts: Any,
) -> Tenant:
    """Set up a client with a data key of its own. Enters its scope itself, so it runs outside any.

    `slug` is what was typed or, without it, what the name gives; a taken one gets a number. `facts` may name the
    fields of CHANGEABLE.
    """
    tenant_id = int(gate("gate_new_ids", p_kind="tenant")[0].id)
    short = short_name or name
    values = {
        "name": name,
        "short_name": short,
        "initial": initial_of(short),
        "colour": free_colour(list(taken_colours), tenant_id) if colour is None else colour,
        "engineer_name": actor.name if actor.kind == "person" else "",
        **{field: value for field, value in facts.items() if field in CHANGEABLE and value is not None},
    }
    wanted = slug_of(slug or short)
    for number in range(1, TRIES):
        try:
            return _created(tenant_id, practice_id, actor, numbered(wanted, number), values, now or datetime.now(UTC))
        except IntegrityError as error:
            if "uq_tenant_slug" not in str(error.orig):
                raise
    raise Refused("too many clients of this name")


def _created(
    tenant_id: int, practice_id: int, actor: Actor, slug: str, values: dict[str, Any], now: datetime
) -> Tenant:
    with tenant_scope(tenant_id, actor, practice_id=practice_id):
        row = Tenant(
            id=tenant_id,
            practice_id=practice_id,
            slug=slug,
            wrapped_key=new_data_key("tenant", tenant_id),
            created_at=now,
            **values,
        )
        session().add(row)
        session().flush()  # The record's owner must be there; a taken slug shows here.
        record("tenant.created", subject=f"tenant:{tenant_id}", name=row.name, slug=slug)
        return row


def change_tenant(values: dict[str, Any]) -> Tenant:
    """Change what is known of the client in scope; `values` may name the fields of CHANGEABLE and nothing else."""
    row = Tenant.here()
    changed = sorted(name for name in CHANGEABLE if name in values and getattr(row, name) != values[name])
    for name in changed:
        setattr(row, name, values[name])
    if changed:
        record("tenant.changed", subject=f"tenant:{row.id}", fields=changed)
    return row


def close_tenant(reason: str, now: datetime) -> Tenant:
    """The work for this client has ended: nobody enters it any more, its jobs stop, its rows stay."""
    row = Tenant.here()
    row.closed_at = now
    record("tenant.closed", subject=f"tenant:{row.id}", reason=reason)
    return row
