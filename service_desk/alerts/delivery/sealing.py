"""The secret fields of a destination: sealed in pages with the practice's data key, opened by workers alone."""

import json

from service_desk.accounts.keyring import data_key, new_data_key
from service_desk.accounts.models import Practice
from service_desk.alerts.delivery.models import Destination
from service_desk.lib import vault
from service_desk.lib.errors import ScopeError
from service_desk.scope import current, session


def _place(row: Destination) -> vault.Place:
    # A practice is no client: tenant 0 is nobody's number.
    return vault.Place(0, "alert_destination", f"{row.practice_id}/{row.id}", "sealed")


def _key(practice_id: int, *, make: bool = False) -> bytes:
    practice = session().get_one(Practice, practice_id)
    if practice.wrapped_key is None and make:
        practice.wrapped_key = new_data_key("practice", practice.id)
    return data_key(practice.wrapped_key, "practice", practice.id)


def seal(row: Destination, secrets: dict[str, str]) -> None:
    """Seal all secret fields of a stored destination as one text."""
    row.sealed = vault.seal(_key(row.practice_id, make=True), json.dumps(secrets), _place(row))


def open_sealed(row: Destination) -> dict[str, str]:
    """Field -> secret, for the worker that dials it and for nobody else. Raises ScopeError, CannotOpen."""
    if current().actor.kind != "system":
        raise ScopeError("only a worker opens secrets")
    if row.sealed is None:
        return {}
    found: dict[str, str] = json.loads(vault.unseal(_key(row.practice_id), row.sealed, _place(row)))
    return found
