"""The demo practice: a plainly made-up engineer, five made-up clients and a year of history behind them.

`load` writes history only. Whatever is wrong now stands in the fixture ERPs under `<folder>/demo`, and is found, told
and turned into tickets by the workers' first round like at any other client. `load_history` fills a practice of any
size for measuring.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from service_desk.config import Config

if TYPE_CHECKING:
    from service_desk.scope import Actor

SEED = 2026


@dataclass(frozen=True)
class Login:
    """One account of the demo: `role` is a key of accounts.roles, `client` the short name of the client, or empty."""

    email: str
    password: str
    name: str
    role: str
    client: str = ""


@dataclass(frozen=True)
class Logins:
    """The demo's accounts, the engineer's first; `made` says whether this call wrote the practice."""

    accounts: tuple[Login, ...]
    made: bool


@dataclass(frozen=True)
class BenchClients:
    """What a synthetic practice consists of: its ids, its clients' ids and slugs, and an actor who may see them all."""

    practice_id: int
    owner: "Actor"
    tenant_ids: tuple[int, ...]
    slugs: tuple[str, ...]


def passwords_of(folder: Path) -> Path:
    """Where the passwords of the accounts are kept, readable by the owner of the installation only."""
    return folder / "secrets" / "demo.json"


def kept(folder: Path) -> tuple[Login, ...]:
    """The accounts of a demo that is there."""
    return tuple(Login(**one) for one in json.loads(passwords_of(folder).read_text(encoding="utf-8")))


def load(config: Config, folder: Path, *, seed: int = SEED, now: datetime, tryton_url: str | None = None) -> Logins:
    """Write the demo practice once, and build its fixture ERPs anew so that their ages count from `now`.

    `folder`: where the installation keeps its files (usually `var`); passwords stand in `<folder>/secrets/demo.json`
    and heartbeat keys in `<folder>/secrets/demo-heartbeats.json`, readable by their owner only. `now`: an aware moment.
    `tryton_url`: where a running Tryton answers (`http://host:port`), None when there is none. The process must be
    connected (`web.shell.connect`). When the practice is there, only fixtures are built and heartbeats beat.
    Raises RuntimeError when an earlier start was cut off while it was writing.
    """
    from service_desk.running.demo.practice import load_practice  # noqa: PLC0415 - the bench needs none of it

    return load_practice(config, folder, seed=seed, now=now, tryton_url=tryton_url)


def load_history(
    clients: int,
    *,
    now: datetime,
    seed: int = SEED,
    tickets: int = 100,
    entries: int = 400,
    invoices: int = 40,
    states: int = 80,
    days: int = 30,
    languages: Sequence[str] = ("zh_Hans_CN", "en"),
) -> BenchClients:
    """Write a synthetic practice of so many clients, each with so many rows, through the walls, for measuring.

    `days`: how many days of roll-ups every fourth check state has. The process must be connected. The owner's password
    is not set: whoever measures signs in by a session of their own.
    """
    from service_desk.running.demo.volume import write_volume  # noqa: PLC0415 - the demo needs none of it

    return write_volume(
        clients,
        now=now,
        seed=seed,
        per_client={"tickets": tickets, "entries": entries, "invoices": invoices, "states": states},
        languages=tuple(languages),
        days=days,
    )
