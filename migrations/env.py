"""Runs the migrations as the owner login; a new table is written together with its wall."""

import os
import re
from typing import Any

from alembic import context
from alembic.autogenerate import rewriter
from alembic.operations import ops
from sqlalchemy import create_engine, pool

import service_desk.models as every_model
from migrations.walls import wall
from service_desk.config import _database
from service_desk.db import Base

UNMODELLED = frozenset({"scope_key"})
PARTITION = re.compile(r"_p\d{6,8}$")
writer = rewriter.Rewriter()


@writer.rewrites(ops.CreateTableOp)
def with_wall(_context: Any, _revision: Any, op: ops.CreateTableOp) -> list[Any]:
    """A table never exists without its wall."""
    return [op, *(ops.ExecuteSQLOp(line) for line in wall(op.table_name, op.info.get("kind", "system")))]


def _include(_object: Any, name: str | None, kind: str, _reflected: bool, _compare: Any) -> bool:
    """Partitions come and go by their own function and the key of the scopes has no model: neither is compared."""
    return not (kind == "table" and name is not None and (name in UNMODELLED or PARTITION.search(name)))


def run() -> None:
    """Migrate in one transaction, giving up rather than queueing behind a lock that people wait on."""
    engine = create_engine(_database(os.environ["DATABASE_OWNER_URL"]), poolclass=pool.NullPool)
    with engine.connect() as connection:
        context.configure(
            connection=connection,
            target_metadata=Base.metadata,
            process_revision_directives=writer,
            include_object=_include,
            compare_server_default=False,
        )
        with context.begin_transaction():
            connection.exec_driver_sql("SET lock_timeout = '4s'")
            context.run_migrations()


assert every_model.MODULES  # imported so that every table is known
run()
