"""THE place that knows who may touch which rows.

A scope is one database transaction that carries a signed, transaction-local statement of what it may see. The
database verifies the signature (function `scope_claim`, key table readable by its owner only) and every walled table
has row-level security forced on it: without a scope there are no rows. The ways in:

- `tenant_scope(tenant, actor)`     one client's rows, and its practice's when the actor belongs to the practice
- `practice_scope(practice, actor)` the overview: read-only over the clients this person may see;
                                    `writing=True` gives the practice's own rows and no client at all
- `person_scope(person)`            a person's own rows
- `gate(function, …)`               what must work before any of these is known: short, listed functions that return ids
"""

import hashlib
import hmac
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, TypeVar

import structlog
from sqlalchemy import Connection, Engine, Row, event, text
from sqlalchemy.orm import ORMExecuteState, Session

from service_desk.db import Base, owner_defaults
from service_desk.lib.errors import NotThere, ScopeError

log = structlog.get_logger(__name__)
Model = TypeVar("Model", bound=Base)
LIFETIME = 900  # seconds a signed scope stays good; no transaction of ours lives longer

# Everything that may run before a scope is known. The list is a test: a function that is not here cannot be called,
# and one that is here must return ids (and plain role or state words) only.
GATES = frozenset(
    {
        "gate_open_request",
        "gate_person_by_email",
        "gate_person_by_token",
        "gate_invitation",
        "gate_keys_in_use",
        "gate_keys_to_rotate",
        "gate_tenant",
        "gate_new_ids",
        "gate_claim_job",
        "gate_jobs_to_ring",
        "gate_beat",
        "gate_prune_series",
        "gate_due_plans",
        "gate_agent",
        "gate_agent_code",
        "gate_push_key",
        "gate_silent_agents",
        "gate_heartbeat",
        "gate_silent_heartbeats",
        "gate_silent_plans",
        "gate_rotate_partitions",
    }
)


@dataclass(frozen=True)
class Actor:
    """Who acts. `role` is a key of accounts.roles; the system itself has no person."""

    kind: str
    name: str
    role: str
    person_id: int | None = None
    practice_id: int | None = None


SYSTEM = Actor(kind="system", name="Service Desk", role="system")


@dataclass
class Scope:
    """What the running transaction may see, and what is to happen once it is committed."""

    actor: Actor
    practice_id: int | None
    tenant_ids: tuple[int, ...]
    person_id: int | None
    session: Session
    read_only: bool = False
    after_commit: list[Callable[[], None]] = field(default_factory=list)

    @property
    def tenant_id(self) -> int:
        if len(self.tenant_ids) != 1:
            raise ScopeError("this needs the scope of one client")
        return self.tenant_ids[0]

    @property
    def owner(self) -> dict[str, int]:
        """Whose a row of the ledger, the outbox or the audit is that is written now, by the column that says so.

        The client's where there is one, else the practice's, else the person's.
        """
        if len(self.tenant_ids) == 1:
            return {"tenant_id": self.tenant_id}
        if self.practice_id is not None:
            return {"practice_id": self.practice_id}
        assert self.person_id is not None
        return {"person_id": self.person_id}


_current: ContextVar[Scope | None] = ContextVar("scope", default=None)


class Walls:
    """The engine and the signing key of this process; `Walls.install` is called once at the start."""

    engine: Engine
    single: Engine  # the same connections, each statement a transaction of its own
    key: bytes

    @classmethod
    def install(cls, engine: Engine, key: bytes) -> None:
        cls.engine, cls.key = engine, key
        cls.single = engine.execution_options(isolation_level="AUTOCOMMIT")


def current() -> Scope:
    """The scope in force. Raises ScopeError outside any: walled rows cannot be reached without one."""
    if (scope := _current.get()) is None:
        raise ScopeError("no scope is in force: enter tenant_scope, practice_scope or person_scope first")
    return scope


def in_scope() -> bool:
    """True inside a scope."""
    return _current.get() is not None


def session() -> Session:
    """The database session of the scope in force."""
    return current().session


owner_defaults(
    tenant=lambda: current().tenant_id,
    practice=lambda: current().practice_id,
    person=lambda: current().person_id,
)


def load(model: type[Model], row_id: int, *, lock: bool = False) -> Model:
    """One row of the scope in force by its id; `lock` holds it until the commit.

    Raises NotThere both when it does not exist and when it is not in scope.
    """
    owner = {"tenant": "tenant_id", "practice": "practice_id", "person": "person_id"}.get(model.__kind__)
    key: dict[str, int] = {"id": row_id}
    if owner:
        key[owner] = getattr(current(), owner)
    row = session().get(model, key, with_for_update=lock or None)
    if row is None:
        raise NotThere()
    return row


def after_commit(act: Callable[[], None]) -> None:
    """Do this once the scope's transaction is committed; never when it is rolled back."""
    current().after_commit.append(act)


def sign(
    key: bytes, practices: Sequence[int], person: int | None, tenants: Sequence[int], expiry: int, pid: int
) -> str:
    """The text of `app.scope`: practices|person|tenants|expiry|signature, bound to one database backend.

    The signature is HMAC-SHA256 over the first four parts and the backend's process id (RFC 2104).
    """
    lists = (",".join(map(str, practices)), str(person or ""), ",".join(map(str, tenants)))
    message = "|".join((*lists, str(expiry)))
    digest = hmac.new(key, f"{message}|{pid}".encode(), hashlib.sha256).hexdigest()
    return f"{message}|{digest}"


def _enter(connection: Connection, scope: Scope) -> None:
    """Put the signed scope into the transaction. Its text is digits, commas, bars and hex: nothing to escape."""
    pid = connection.connection.dbapi_connection.info.backend_pid  # type: ignore[union-attr]
    practices = () if scope.practice_id is None else (scope.practice_id,)
    signed = sign(Walls.key, practices, scope.person_id, scope.tenant_ids, int(time.time()) + LIFETIME, pid)
    connection.exec_driver_sql(f"SET LOCAL app.scope = '{signed}'")


@contextmanager
def _open(scope_of: Callable[[Session], Scope]) -> Iterator[Scope]:
    """One scope, one session, one transaction: committed on a clean exit, rolled back on an exception."""
    if _current.get() is not None:
        raise ScopeError("a scope is already in force; leave it before entering another")
    with Session(Walls.engine, expire_on_commit=False, autoflush=True) as db:
        scope = scope_of(db)
        db.info["scope"] = scope
        connection = db.connection(execution_options={"postgresql_readonly": True} if scope.read_only else None)
        _enter(connection, scope)
        token = _current.set(scope)
        try:
            yield scope
            db.commit()
        finally:
            _current.reset(token)
    _run_after_commit(scope)


def _run_after_commit(scope: Scope) -> None:
    """What is committed stands, so a doorbell that fails is only logged; the clock rings again."""
    for act in scope.after_commit:
        try:
            act()
        except Exception as error:
            log.warning("after_commit_failed", error=repr(error))


@contextmanager
def tenant_scope(
    tenant_id: int, actor: Actor, *, practice_id: int | None = None, read_only: bool = False
) -> Iterator[Scope]:
    """One client's rows. `practice_id` is passed for the practice's own people and the system, never for a client's."""
    with _open(lambda db: Scope(actor, practice_id, (tenant_id,), actor.person_id, db, read_only)) as scope:
        yield scope


@contextmanager
def practice_scope(
    practice_id: int, actor: Actor, *, tenants: Sequence[int] = (), writing: bool = False
) -> Iterator[Scope]:
    """The overview over several clients, read-only; or, with `writing`, the practice's own rows and no client's."""
    if writing and tenants:
        raise ScopeError("a practice scope that writes sees no client")
    with _open(
        lambda db: Scope(actor, practice_id, tuple(tenants), actor.person_id, db, read_only=not writing)
    ) as scope:
        yield scope


@contextmanager
def person_scope(person_id: int, actor: Actor | None = None, *, read_only: bool = False) -> Iterator[Scope]:
    """A person's own rows: sign-in, second factor, web sessions, running timer, drafts."""
    by = actor or Actor(kind="person", name="", role="none", person_id=person_id)
    with _open(lambda db: Scope(by, None, (), person_id, db, read_only)) as scope:
        yield scope


def gate(function: str, **arguments: Any) -> Sequence[Row[Any]]:
    """Call one of the listed functions that work before a scope is known; it runs in a transaction of its own.

    The one statement is the transaction, which spares every request two trips to the database.
    """
    if function not in GATES:
        raise ScopeError(f"{function} is not one of the listed gates")
    names = ", ".join(f"{name} => :{name}" for name in arguments)
    with Walls.single.connect() as connection:
        return connection.execute(text(f"SELECT * FROM {function}({names})"), arguments).all()  # noqa: S608


@event.listens_for(Session, "do_orm_execute")
def _refuse_outside(state: ORMExecuteState) -> None:
    """A statement on a walled table through a session that no scope opened is a defect; say so instead of 0 rows."""
    if "scope" in state.session.info:
        return
    kinds = {mapper.class_.__kind__ for mapper in state.all_mappers if hasattr(mapper.class_, "__kind__")}
    if kinds - {"reference"}:
        raise ScopeError("a walled table was asked outside any scope")


@event.listens_for(Session, "before_flush")
def _refuse_switch(db: Session, *_: object) -> None:
    """Rows of two clients never meet in one session: the wall in the database would refuse, this says it clearly."""
    scope: Scope | None = db.info.get("scope")
    if scope is None or (db.new and scope.read_only):
        raise ScopeError("nothing is written outside a writing scope")
    for row in db.new:
        owner = getattr(row, "tenant_id", None)
        if owner is not None and owner not in scope.tenant_ids:
            raise ScopeError("a row of another client cannot be written in this scope")
