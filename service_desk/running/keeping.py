"""What whoever keeps an installation does now and then: practices, people, keys, a look at the audit."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from typing import Any

import psycopg
from psycopg.rows import class_row

from service_desk import create_app
from service_desk.accounts.operations import people, practices
from service_desk.audit.chain import first_break
from service_desk.config import Config, ConfigError
from service_desk.running.doctor import plain
from service_desk.running.installation import settings
from service_desk.tenants import secrets
from service_desk.web.shell import connect


def create_practice(name: str, email: str, owner_name: str) -> str:
    """Set up a practice and invite its owner by mail; returns the address of the invitation, for who has no mail yet.

    Raises Invalid when the address cannot be used.
    """
    config = settings()
    with create_app(config).app_context():
        made = practices.create_practice(email, owner_name, name, datetime.now(UTC))
    return f"{config.base_url}{made.invitation_path}"


def disable_person(email: str) -> None:
    """Close somebody's sign-in and end their sessions. Raises NotThere."""
    connect(settings())
    people.disable_person(email, datetime.now(UTC))


def set_operator(email: str, flag: bool) -> None:
    """Make somebody an operator of this installation, or no longer one. Raises NotThere."""
    connect(settings())
    people.set_operator(email, flag)


def reset_second_factor(email: str) -> None:
    """Let somebody who lost telephone and codes enrol again at the next sign-in. Raises NotThere."""
    connect(settings())
    people.reset_second_factor(email)


def rotate_keys() -> str:
    """Wrap every data key with the first key of the settings; returns how it ended."""
    connect(settings())
    done = secrets.rotate_keys()
    return (
        f"{done.wrapped} data keys wrapped anew, {done.left} left / 已重新加密 {done.wrapped} 个，剩余 {done.left} 个"
    )


def verify_audit() -> list[str]:
    """Walk every chain as the backup login, which sees past the walls; returns what does not fit."""
    return list(_broken_chains(settings()))


@dataclass
class Event:
    """A row of the audit, and whose chain it is part of."""

    owner: str
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


EVENTS = """
    SELECT coalesce('client ' || tenant_id, 'practice ' || practice_id, 'person ' || person_id) AS owner, chain, at,
           tenant_id, practice_id, person_id,
           actor_kind, actor_person, actor_name, act, subject, detail, address, previous_hash, hash
    FROM audit_event ORDER BY owner, chain
"""


def _broken_chains(config: Config) -> Iterator[str]:
    if not config.database_backup_url:
        raise ConfigError("DATABASE_BACKUP_URL is not set / 未设置 DATABASE_BACKUP_URL")
    with (
        psycopg.connect(plain(config.database_backup_url)) as connection,
        connection.cursor("chains", row_factory=class_row(Event)) as cursor,
    ):
        cursor.execute(EVENTS)
        for owner, events in groupby(cursor, key=lambda event: event.owner):
            if (broken := first_break(events)) is not None:
                yield f"{owner}: event {broken} does not fit / 第 {broken} 条不符"
