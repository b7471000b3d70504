"""The key-encryption keys of this process, and the data keys they wrap.

Each client, practice and person has a data key of its own, made when the first secret needs it (a client's at its
creation) and kept wrapped beside the row. A client's seals its ERP credentials, a practice's the addresses of its alarm
channels, a person's the secret of the second factor. A rotation therefore wraps data keys anew and touches no sealed
value.
"""

from typing import ClassVar

from service_desk.lib import vault
from service_desk.lib.errors import Refused


class Keyring:
    """The keys from the settings; `Keyring.install` is called once at the start. The first one wraps."""

    keys: ClassVar[vault.Keys] = ()

    @classmethod
    def install(cls, keys: vault.Keys) -> None:
        cls.keys = keys


def new_data_key(owner: str, owner_id: int) -> bytes:
    """A fresh data key for `tenant`, `practice` or `person` number `owner_id`, wrapped."""
    return vault.new_data_key(Keyring.keys, f"{owner}|{owner_id}")


def data_key(wrapped: bytes | None, owner: str, owner_id: int) -> bytes:
    """The data key of this owner. Raises Refused when there is none, CannotOpen when no configured key opens it."""
    if wrapped is None:
        raise Refused("there is no data key")
    return vault.unwrap(wrapped, Keyring.keys, f"{owner}|{owner_id}")


def wrapped_anew(wrapped: bytes, owner: str, owner_id: int) -> bytes:
    """The same data key, wrapped with the first key of the settings. Raises CannotOpen."""
    return vault.wrap(data_key(wrapped, owner, owner_id), Keyring.keys, f"{owner}|{owner_id}")
