"""The second factor: time-based codes (RFC 6238, 30 s, 6 digits) and the recovery codes that stand in for them."""

import hashlib
import secrets
from datetime import datetime

import pyotp
import segno

from service_desk.lib.text import clean_id

STEP_SECONDS = 30
RECOVERY_CODES = 10
# No 0, O, 1, I, L: the codes are copied from paper.
_LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"


def new_secret() -> str:
    """A fresh secret of 160 bits, as authenticator programs take it."""
    return pyotp.random_base32()


def step_of(secret: str, typed: str, now: datetime) -> int | None:
    """Which 30-second step the typed code belongs to, or None. A clock may be one step off either way.

    The caller stores the step and takes only a later one, so that a code works once (RFC 6238 section 5.2).
    """
    code = clean_id(typed)
    if len(code) != 6 or not code.isascii() or not code.isdigit():
        return None
    generator = pyotp.TOTP(secret)
    present = int(now.timestamp()) // STEP_SECONDS
    for step in (present, present - 1, present + 1):
        if secrets.compare_digest(generator.at(step * STEP_SECONDS), code):
            return step
    return None


def address(secret: str, email: str, issuer: str) -> str:
    """What the QR code says: the otpauth address of this secret."""
    return pyotp.TOTP(secret).provisioning_uri(name=email, issuer_name=issuer)


def picture(uri: str) -> str:
    """The QR code as an SVG element without colours of its own: the page's style gives them."""
    drawn = segno.make(uri, error="m").svg_inline(
        scale=4, border=2, svgclass="qr", lineclass=None, omitsize=True, dark="#000", light="#fff"
    )
    return str(drawn)


def in_groups(secret: str) -> str:
    """The secret in groups of four, for typing."""
    return " ".join(secret[place : place + 4] for place in range(0, len(secret), 4))


def new_recovery_codes() -> list[str]:
    """Fresh codes of 59 bits each, written `ABCD-EFGH-JKMN`."""
    return [
        "-".join("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(3)) for _ in range(RECOVERY_CODES)
    ]


def recovery_hash(typed: str) -> str:
    """What is stored of a recovery code: SHA-256 of its letters, however they were grouped."""
    return hashlib.sha256(clean_id(typed).replace("-", "").encode()).hexdigest()
