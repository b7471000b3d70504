"""What every connector over SQL Server tells: the server itself, whichever system keeps its data there.

A system on top of it adds its own statements, says which database plays which part, and finds its account sets.
"""

from connectors.sqlserver_access import Access
from connectors.sqlserver_backups import Backups
from connectors.sqlserver_core import (
    DRIVERS,
    FIELDS,
    FIXTURE,
    GAPS,
    SHARED,
    SqlServerCore,
    databases_of,
    fixture_steps,
    right_to_see,
)
from connectors.sqlserver_health import Health
from connectors.sqlserver_jobs import Jobs
from connectors.sqlserver_sessions import Sessions
from connectors.sqlserver_space import Space

__all__ = [
    "DRIVERS",
    "FIELDS",
    "FIXTURE",
    "GAPS",
    "SHARED",
    "OverSqlServer",
    "SqlServerCore",
    "databases_of",
    "fixture_steps",
    "right_to_see",
]


class OverSqlServer(Health, Sessions, Jobs, Backups, Space, Access):
    """A system whose data lies in SQL Server, read over ODBC."""
