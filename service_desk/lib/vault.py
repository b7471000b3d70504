"""Envelope encryption: a key-encryption key wraps one data key per client; each secret is sealed to its place.

AES-256-GCM throughout. The associated data names tenant, table, row and column, so a sealed value that is copied to
another place does not open there.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from service_desk.lib.errors import DeskError

NONCE = 12
Keys = Sequence[tuple[str, bytes]]


class CannotOpen(DeskError):
    """A sealed value does not open: another key, another place, or damage. The value itself is never told."""

    status = 500


@dataclass(frozen=True)
class Place:
    """Where a secret stands; part of what is authenticated."""

    tenant_id: int
    table: str
    row: str
    column: str

    def bytes(self) -> bytes:
        return f"v1|{self.tenant_id}|{self.table}|{self.row}|{self.column}".encode()


def new_data_key(keys: Keys, owner: str) -> bytes:
    """A fresh data key, wrapped with the first key-encryption key: `id|nonce|sealed`. `owner` binds it."""
    return wrap(AESGCM.generate_key(256), keys, owner)


def wrap(data_key: bytes, keys: Keys, owner: str) -> bytes:
    """Wrap a data key with the first key-encryption key."""
    name, key = keys[0]
    return name.encode() + b"|" + _seal(key, data_key, f"key|{owner}".encode())


def unwrap(wrapped: bytes, keys: Keys, owner: str) -> bytes:
    """The data key again. Raises CannotOpen when its key-encryption key is not among `keys` or it was tampered with."""
    name, _, sealed = wrapped.partition(b"|")
    for known, key in keys:
        if known.encode() == name:
            return _open(key, sealed, f"key|{owner}".encode())
    raise CannotOpen("the key that sealed this is not configured")


def wrapped_by(wrapped: bytes) -> str:
    """The id of the key-encryption key that wrapped this data key."""
    return wrapped.partition(b"|")[0].decode()


def seal(data_key: bytes, secret: str, place: Place) -> bytes:
    """Seal a text to its place."""
    return _seal(data_key, secret.encode(), place.bytes())


def unseal(data_key: bytes, sealed: bytes, place: Place) -> str:
    """The text again. Raises CannotOpen when it was sealed elsewhere, with another key, or was tampered with."""
    return _open(data_key, sealed, place.bytes()).decode()


def _seal(key: bytes, plain: bytes, bound_to: bytes) -> bytes:
    nonce = os.urandom(NONCE)
    return nonce + AESGCM(key).encrypt(nonce, plain, bound_to)


def _open(key: bytes, sealed: bytes, bound_to: bytes) -> bytes:
    try:
        return AESGCM(key).decrypt(sealed[:NONCE], sealed[NONCE:], bound_to)
    except InvalidTag:
        raise CannotOpen("a sealed value does not open here") from None
