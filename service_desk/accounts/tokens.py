"""Tokens that people carry: 256 random bits, stored only as their hash."""

import hashlib
import secrets


def new_token() -> str:
    """A fresh token, safe in an address."""
    return secrets.token_urlsafe(32)


def token_hash(token: str) -> bytes:
    """What is stored of a token: nobody who reads the table can use it."""
    return hashlib.sha256(token.encode()).digest()
