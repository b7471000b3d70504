"""Passwords: what may be one, how it is kept, how it is compared. Argon2id (RFC 9106) with the library's parameters."""

import unicodedata
from functools import cache
from pathlib import Path

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

SHORTEST, LONGEST = 12, 128
_hasher = PasswordHasher()

# Long enough to pass the length rule and still among the first that are tried. Compared in small letters.
COMMON = frozenset((Path(__file__).parent / "common_passwords.txt").read_text(encoding="utf-8").split())


@cache
def _nobodys() -> str:
    """Somebody unknown is compared with this, so that they wait as long as somebody known."""
    return _hasher.hash("a password that opens nothing")


def normal(password: str) -> str:
    """One form for what looks the same (NFC); nothing else is changed and nothing is cut off."""
    return unicodedata.normalize("NFC", password)


def fault(password: str, email: str = "") -> str | None:
    """Why this cannot be a password: `short`, `long`, `simple` (too few different characters), `common`, or None."""
    typed = normal(password)
    if len(typed) < SHORTEST:
        return "short"
    if len(typed) > LONGEST:
        return "long"
    if len(set(typed)) < 5:
        return "simple"
    known = {email.lower(), email.partition("@")[0].lower()} if email else set()
    return "common" if typed.lower() in COMMON | known else None


def hashed(password: str) -> str:
    """What is stored."""
    return _hasher.hash(normal(password))


def fits(stored: str | None, password: str) -> bool:
    """True when the password belongs to the stored hash; without a hash it takes as long and is False."""
    if len(password) > 4 * LONGEST:
        return False
    try:
        return _hasher.verify(stored or _nobodys(), normal(password)) and stored is not None
    except (VerificationError, InvalidHashError):
        return False


def outdated(stored: str) -> bool:
    """True when the parameters have moved on and the password should be hashed again at this sign-in."""
    return _hasher.check_needs_rehash(stored)
