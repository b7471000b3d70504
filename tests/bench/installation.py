"""A desk of its own for the bench: cluster, Valkey and practices of a given size under `var/bench`, kept between runs.

Filling a practice of five hundred clients takes longer than measuring it, so a database stays until the schema, the
generator or the day changes.
"""

import hashlib
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from service_desk.accounts.access import token_hash
from service_desk.accounts.models import Person, WebSession
from service_desk.config import Config, load_config
from service_desk.running import bootstrap, postgres, valkey
from service_desk.running.demo import BenchClients, load_history
from service_desk.running.demo import volume as generator
from service_desk.running.migrate import migrate
from service_desk.scope import Actor, Walls, gate, person_scope, session, tenant_scope
from service_desk.tenants.models import TenantMember
from service_desk.web.shell import connect

ROOT = Path(__file__).resolve().parents[2]
PLACE = ROOT / "var" / "bench"
PASSWORD = "only-for-the-bench-of-this-checkout"
SCOPE_KEY = "22" * 32
HOST = "desk.bench"
TOKENS = {"desk": "bench-token-of-the-engineer", "portal": "bench-token-of-the-boss"}


@dataclass(frozen=True)
class Servers:
    """What runs while the bench runs."""

    cluster: postgres.Cluster
    valkey_folder: Path
    redis_url: str


@contextmanager
def servers() -> Iterator[Servers]:
    """Start both servers as children, and end exactly those at the end."""
    cluster = postgres.prepare(PLACE / "cluster")
    folder = PLACE / "valkey"
    folder.mkdir(parents=True, exist_ok=True)
    postgres.stop_stray(cluster)
    valkey.stop_stray(folder)
    database, queue = postgres.start(cluster), valkey.start(folder)
    try:
        with cluster.admin() as admin:
            bootstrap.make_roles(admin, dict.fromkeys(postgres.LOGINS, PASSWORD))
        yield Servers(cluster, folder, valkey.url(folder))
    finally:
        if queue is not None:
            valkey.stop(queue)
        if database is not None:
            postgres.stop(database)


@dataclass(frozen=True)
class Known:
    """What a bench needs to know of a filled desk: its history, the client in the middle, ids of things of that one."""

    history: BenchClients
    tenant_id: int
    slug: str
    ids: dict[str, int]


def environment(
    cluster: postgres.Cluster, database: str, redis_url: str, password: str, scope_key: str
) -> dict[str, str]:
    """The settings of a desk on this database, as the environment gives them."""
    return {
        "DATABASE_URL": cluster.url("desk_runtime", database, password),
        "REDIS_URL": redis_url,
        "SERVICE_DESK_SECRET_KEY": secrets.token_hex(32),
        "SERVICE_DESK_SCOPE_KEY": scope_key,
        "SERVICE_DESK_CREDENTIAL_KEYS": f"bench:{secrets.token_hex(32)}",
        "SERVICE_DESK_BASE_URL": f"http://{HOST}",
        "SERVICE_DESK_MAIL_FOLDER": str(PLACE / "mail"),
        "SERVICE_DESK_ALLOW_LOOPBACK_TARGETS": "true",
    }


def filled(servers: Servers, clients: int, name: str = "", **volume: Any) -> Config:
    """The settings of a desk with so many clients; its database is filled unless today's is there already."""
    now, name = datetime.now(UTC), name or f"bench_{clients}"
    stamp = f"{_stamp()} {volume} {now:%Y-%m-%d}"
    config = load_config(environment(servers.cluster, name, servers.redis_url, PASSWORD, SCOPE_KEY))
    with servers.cluster.admin() as admin:
        found = admin.execute(
            "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = %s", [name]
        ).fetchone()
        if found == (stamp,):
            return config
        admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
        bootstrap.make_database(admin, name)
    with servers.cluster.admin(name) as inside:
        bootstrap.close_doors(inside)
    migrate(servers.cluster.url("desk_owner", name, PASSWORD), bytes.fromhex(SCOPE_KEY))
    connect(config)
    fill(clients, now, **volume)
    Walls.engine.dispose()
    with servers.cluster.admin(name) as inside:
        inside.execute("VACUUM ANALYZE")
        inside.execute(sql.SQL("COMMENT ON DATABASE {} IS {}").format(sql.Identifier(name), sql.Literal(stamp)))
    return config


def fill(clients: int, now: datetime, **volume: Any) -> None:
    """Write the history into the connected, empty database, and let two browsers in."""
    let_in(load_history(clients, now=now, **volume), now)


def known(admin: "psycopg.Connection[tuple[object, ...]]") -> Known:
    """Read from a filled database what it consists of."""
    rows = _ask(admin, "SELECT id, slug FROM tenant WHERE slug LIKE 'volume-%' ORDER BY id")
    practice, person = _ask(admin, "SELECT practice_id, person_id FROM practice_member ORDER BY id LIMIT 1")[0]
    owner = Actor("person", "Volume", "owner", person, practice)
    history = BenchClients(practice, owner, tuple(row[0] for row in rows), tuple(row[1] for row in rows))
    middle, slug = rows[len(rows) // 2]
    ids = {
        f"{table}_id": found[0][0]
        for table in ("check_state", "invoice")
        if (found := _ask(admin, f"SELECT id FROM {table} WHERE tenant_id = {middle} ORDER BY id LIMIT 1"))
    }
    return Known(history, middle, slug, ids)


def _ask(admin: "psycopg.Connection[Any]", statement: str) -> list[Any]:
    return admin.execute(statement).fetchall()


def let_in(history: BenchClients, now: datetime) -> None:
    """A browser for the engineer, and one for a boss of the client in the middle."""
    middle = sorted(history.tenant_ids)[len(history.tenant_ids) // 2]
    assert history.owner.person_id is not None
    _browser(history.owner.person_id, TOKENS["desk"], now)
    boss = int(gate("gate_new_ids", p_kind="person")[0].id)
    with person_scope(boss):
        session().add(Person(id=boss, email=f"boss-{boss}@example.test", name="Boss", created_at=now))
    _browser(boss, TOKENS["portal"], now)
    with tenant_scope(middle, history.owner, practice_id=history.practice_id):
        session().add(
            TenantMember(person_id=boss, role="boss", name="Boss", email=f"boss-{boss}@example.test", created_at=now)
        )


def _browser(person_id: int, token: str, now: datetime) -> None:
    with person_scope(person_id):
        session().add(
            WebSession(
                token_hash=token_hash(token), created_at=now, seen_at=now, second_factor_at=now,
                expires_at=now + timedelta(days=30),
            )
        )  # fmt: skip


def _stamp() -> str:
    """Changes with the schema and with whatever fills it."""
    digest = hashlib.sha256()
    for path in (*sorted((ROOT / "migrations").rglob("*.*")), Path(str(generator.__file__)), Path(__file__)):
        if path.suffix in (".py", ".sql"):
            digest.update(path.read_bytes())
    return digest.hexdigest()[:16]
