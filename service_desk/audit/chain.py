"""The hash chain of the audit: pure."""

import hashlib
import json
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, Protocol

START = b"\0" * 32


class Link(Protocol):
    """What of a row goes into its hash."""

    tenant_id: int | None
    practice_id: int | None
    person_id: int | None
    chain: int
    at: datetime
    actor_kind: str
    actor_person: int | None
    actor_name: str
    act: str
    subject: str
    detail: dict[str, Any]
    address: str
    previous_hash: bytes
    hash: bytes


def link_hash(link: Link) -> bytes:
    """SHA-256 over the hash before it, whose chain it is, and the row's content as canonical JSON."""
    content = [
        link.tenant_id,
        link.practice_id,
        link.person_id,
        link.chain,
        link.at.astimezone(UTC).isoformat(),
        link.actor_kind,
        link.actor_person,
        link.actor_name,
        link.act,
        link.subject,
        link.detail,
        link.address,
    ]
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(link.previous_hash + text.encode()).digest()


def first_break(links: Iterable[Link]) -> int | None:
    """The number of the first row that does not fit the chain, or None when all fit.

    A tail that was cut off leaves a chain that fits; compare its last number and hash with one kept elsewhere.
    """
    expected, previous = 1, START
    for link in links:
        if link.chain != expected or link.previous_hash != previous or link_hash(link) != link.hash:
            return expected
        expected, previous = expected + 1, link.hash
    return None
