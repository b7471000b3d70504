"""The secrets of clients: sealed in pages, opened by workers alone, found by the type of their column.

A client's data key seals; the key-encryption keys of the settings wrap data keys (accounts.keyring). A sealed value is
bound to client, table, row and column, so a copy of it elsewhere does not open. Persons' second factors and the alarm
channels of a practice are sealed in the same way with a data key of the person or the practice. Turning the
key-encryption key over touches data keys alone, which is why `rotate_keys` can prove that nothing was left behind: it
counts owners, not columns.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, select

from service_desk.accounts.keyring import Keyring, data_key, new_data_key, wrapped_anew
from service_desk.accounts.models import Person, Practice
from service_desk.audit.operations import record
from service_desk.config import Config
from service_desk.db import Base
from service_desk.lib import vault
from service_desk.lib.errors import DeskError, ScopeError
from service_desk.scope import SYSTEM, Scope, current, gate, person_scope, practice_scope, session, tenant_scope
from service_desk.tenants.models import ErpConnection, SealedSecret, Tenant

BATCH = 100
# Whoever has a data key of their own, in `wrapped_key`.
_OWNERS: dict[str, Any] = {"tenant": Tenant, "practice": Practice, "person": Person}


def sealed_columns() -> list[Column[bytes]]:
    """Every column of the product that holds a sealed secret, read off its type."""
    tables = Base.metadata.sorted_tables
    return [column for table in tables for column in table.columns if column.info.get("sealed")]


def _place(row: SealedSecret) -> vault.Place:
    # The field is part of the row's name: two secrets of one connection cannot change places.
    return vault.Place(row.tenant_id, "sealed_secret", f"{row.connection_id}/{row.field}", "sealed")


def _key(*, make: bool = False) -> bytes:
    tenant = Tenant.here()
    if tenant.wrapped_key is None and make:
        tenant.wrapped_key = new_data_key("tenant", tenant.id)
    return data_key(tenant.wrapped_key, "tenant", tenant.id)


def seal(row: SealedSecret, secret: str) -> None:
    """Seal a secret into its row with the data key of the client in scope."""
    row.sealed = vault.seal(_key(make=True), secret, _place(row))


def open_secrets(connection: ErpConnection) -> dict[str, str]:
    """Field -> secret of a connection, for the worker that dials it and for nobody else.

    Raises ScopeError when a person acts: no page has a reason to open one. Raises CannotOpen.
    """
    if current().actor.kind != "system":
        raise ScopeError("only a worker opens secrets")
    rows = session().scalars(select(SealedSecret).where(SealedSecret.connection_id == connection.id)).all()
    if not rows:
        return {}
    key = _key()
    return {row.field: vault.unseal(key, row.sealed, _place(row)) for row in rows}


@dataclass(frozen=True)
class Rotation:
    """How a rotation ended: data keys wrapped anew, and how many are still wrapped by another key (0 is the proof)."""

    wrapped: int
    left: int


def rotate_keys() -> Rotation:
    """Wrap every data key with the first key of the settings. Can be stopped and started again at any point."""
    name, wrapped = Keyring.keys[0][0], 0
    for owner, owner_id in _to_rotate(name):
        wrapped += _rotate(owner, owner_id)
    return Rotation(wrapped, len(gate("gate_keys_to_rotate", p_key=name, p_limit=BATCH)))


def _to_rotate(name: str) -> Iterator[tuple[str, int]]:
    seen: set[tuple[str, int]] = set()
    while batch := [
        (row.owner, int(row.id)) for row in gate("gate_keys_to_rotate", p_key=name, p_limit=BATCH + len(seen))
    ]:
        fresh = [one for one in batch if one not in seen]
        if not fresh:
            return
        seen.update(fresh)
        yield from fresh


def _rotate(owner: str, owner_id: int) -> bool:
    """Wrap one owner's data key anew; False where there is none any more."""
    with _scope_of(owner, owner_id):
        row = session().get(_OWNERS[owner], owner_id, with_for_update=True)
        if row is None or row.wrapped_key is None:
            return False
        row.wrapped_key = wrapped_anew(row.wrapped_key, owner, owner_id)
        record("keys.rotated", key=Keyring.keys[0][0])
        return True


def _scope_of(owner: str, owner_id: int, *, read_only: bool = False) -> AbstractContextManager[Scope]:
    """The scope in which the data key of a tenant, practice or person lies, as the system."""
    if owner == "tenant":
        return tenant_scope(owner_id, SYSTEM, read_only=read_only)
    if owner == "practice":
        return practice_scope(owner_id, SYSTEM, writing=not read_only)
    return person_scope(owner_id, SYSTEM, read_only=read_only)


def keys_open(config: Config) -> bool:
    """True when the keys of the settings open what is stored: for each key in use, one data key of each kind of owner.

    Run at every start: an installation whose keys do not fit must not begin to seal with other ones.
    """
    try:
        return all(_opens(config, row.owner, int(row.id)) for row in gate("gate_keys_in_use"))
    except DeskError:
        return False


def _opens(config: Config, owner: str, owner_id: int) -> bool:
    with _scope_of(owner, owner_id, read_only=True):
        wrapped = session().get_one(_OWNERS[owner], owner_id).wrapped_key
    return wrapped is None or bool(vault.unwrap(wrapped, config.credential_keys, f"{owner}|{owner_id}"))
