"""A U8 whose databases are files, connected to client A, with its checks accepted."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from service_desk.checks import operations
from service_desk.checks.models import CheckPlan, CheckState
from service_desk.checks.operations.states import whole
from service_desk.jobs import Job, perform
from service_desk.running.demo.u8_fixture import Faults, build
from service_desk.scope import SYSTEM, gate, session, tenant_scope
from service_desk.tenants.models import ErpConnection
from tests.world import Company, World

# A handful of checks whose story a fixture tells; tests of the whole catalogue ask for all of them.
FEW = ("acl.leaver", "bak.full.age", "db.latency", "db.up", "gl.unposted", "inv.negative", "lock.stuck")
SETS = [{"code": "001", "name": "示例五金有限公司"}]


class Engine:
    """The hands of a test on one client's connection: break the ERP, let the engine go round, look at the states."""

    def __init__(self, world: World, company: Company, folder: Path) -> None:
        self.world, self.company, self.folder = world, company, folder
        self.connection_id = 0
        self.fixture = {"host": "fixture", "user": "reader", "driver": "fixture", "folder": str(folder)}

    def erp(self, faults: Faults) -> None:
        """Build the ERP anew with these faults."""
        build(self.folder, faults)

    def connect(self, kind: str = "yonyou_u8", checks: Sequence[str] | None = FEW, **settings: Any) -> int:
        """Connect the client and accept these checks; None: all that are proposed to be."""
        with tenant_scope(self.company.id, self.world.ada_actor, practice_id=self.world.practice_id):
            connection = ErpConnection(
                kind=kind, name=f"U8 {kind} {len(settings)}", settings=settings or self.fixture, account_sets=SETS,
                created_at=datetime.now(UTC),
            )  # fmt: skip
            session().add(connection)
            session().flush()
            operations.propose_plans(connection)
            operations.accept_plans(connection, checks)
            self.connection_id = connection.id
        return self.connection_id

    def repoint(self, settings: dict[str, Any]) -> None:
        """Let the connection lead somewhere else."""
        with tenant_scope(self.company.id, SYSTEM):
            session().get_one(ErpConnection, (self.company.id, self.connection_id)).settings = settings

    def round(self, *, rewind: bool = True) -> list[int]:
        """Claim what is due (with `rewind`: all of it) and do what is this client's, as a worker does."""
        if rewind:
            with tenant_scope(self.company.id, SYSTEM):
                due = datetime.now(UTC) - timedelta(seconds=1)
                session().query(CheckPlan).update({"next_run_at": due})
        claimed = {row.job_id for row in gate("gate_due_plans", p_now=datetime.now(UTC), p_limit=500)}
        jobs = [job.id for job in self.rows(Job) if job.id in claimed]
        for job in jobs:
            perform(job)
        return jobs

    def states(self) -> dict[tuple[str, str], CheckState]:
        """The client's states by check and subject."""
        with tenant_scope(self.company.id, SYSTEM, read_only=True):
            return {(row.check, row.subject): row for row in session().scalars(whole())}

    def rows(self, model: Any) -> list[Any]:
        """All rows of a model that this client has."""
        with tenant_scope(self.company.id, SYSTEM, read_only=True):
            return list(session().query(model).order_by(model.id))


@pytest.fixture
def engine(world: World, tmp_path: Path) -> Engine:
    """Client A's engine over a healthy ERP."""
    made = Engine(world, world.a, tmp_path / "u8")
    made.erp(Faults())
    return made


@pytest.fixture
def make_engine(tmp_path: Path) -> Callable[[World, Company], Engine]:
    """Engines for several clients."""
    return lambda world, company: Engine(world, company, tmp_path / company.slug)
