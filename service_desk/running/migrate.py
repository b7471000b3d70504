"""Bring the database to this version of the program, as the owner login."""

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg

if TYPE_CHECKING:
    from alembic.config import Config as Alembic

ROOT = Path(__file__).resolve().parents[2]


def alembic_config() -> "Alembic":
    """Alembic's settings; they need no file."""
    from alembic.config import Config as Alembic  # noqa: PLC0415 - only who migrates waits for it

    settings = Alembic()
    settings.set_main_option("script_location", str(ROOT / "migrations"))
    settings.set_main_option("path_separator", "os")
    settings.set_main_option("prepend_sys_path", str(ROOT))
    settings.set_main_option(
        "file_template", "%%(year)d%%(month).2d%%(day).2d_%%(hour).2d%%(minute).2d_%%(rev)s_%%(slug)s"
    )
    return settings


def migrate(owner_url: str, scope_key: bytes) -> None:
    """Run what is missing, then lay down the key that verifies scopes."""
    from alembic import command  # noqa: PLC0415

    os.environ["DATABASE_OWNER_URL"] = owner_url
    command.upgrade(alembic_config(), "head")
    lay_key(owner_url, scope_key)


def lay_key(owner_url: str, scope_key: bytes) -> None:
    """Keep the padded halves of the HMAC key (RFC 2104) where only the owner login can read them."""
    padded = scope_key.ljust(64, b"\0")
    inner, outer = bytes(b ^ 0x36 for b in padded), bytes(b ^ 0x5C for b in padded)
    with psycopg.connect(owner_url.replace("postgresql+psycopg://", "postgresql://")) as connection:
        connection.execute(
            "INSERT INTO scope_key (id, inner_pad, outer_pad) VALUES ('current', %s, %s) "
            "ON CONFLICT (id) DO UPDATE SET inner_pad = excluded.inner_pad, outer_pad = excluded.outer_pad",
            [inner, outer],
        )


def heads() -> list[str]:
    """The revisions no other one follows, read from the files: importing Alembic costs more than a whole start."""
    revisions, followed = set(), set()
    for file in (ROOT / "migrations" / "versions").glob("*.py"):
        text = file.read_text(encoding="utf-8")
        revisions.update(re.findall(r'^revision(?:: str)? = "(\w+)"', text, re.MULTILINE))
        followed.update(re.findall(r'^down_revision(?:: [^=]+)? = "(\w+)"', text, re.MULTILINE))
    return sorted(revisions - followed)


def at_head(owner_url: str) -> bool:
    """True when the database is at the version beside the code; False also when it is empty."""
    with psycopg.connect(owner_url.replace("postgresql+psycopg://", "postgresql://")) as connection:
        if connection.execute("SELECT to_regclass('alembic_version')").fetchone() == (None,):
            return False
        found = connection.execute("SELECT version_num FROM alembic_version").fetchall()
    return [version for (version,) in found] == heads()
