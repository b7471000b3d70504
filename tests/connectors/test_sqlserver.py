"""A plain SQL Server over fixtures: its logins, its jobs, and what it hides from a login without the right."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from connectors.ask import Answer, ask
from connectors.facts import Backup, Look, Task, User
from connectors.sqlserver import OWN, SqlServer
from service_desk.running.demo import k3_fixture
from tests.connectors.conftest import PASSWORD, over_tds_request
from tests.connectors.tds_server import Error, TdsServer

SETTINGS = {"host": "127.0.0.1", "user": "reader", "driver": "fixture"}


def asked(folder: Path, **change: Any) -> Answer:
    """The answer of the fixture server."""
    settings = {**SETTINGS, "folder": str(folder)}
    return ask(over_tds_request("sqlserver", 1433, settings=settings, password=PASSWORD, **change))


def look(folder: Path, kind: str) -> Look:
    """The one look for a kind."""
    (found,) = asked(folder, kinds=[kind]).looks
    return found


def change(folder: Path, database: str, sql: str) -> None:
    """Run statements in one of the fixture's databases."""
    with closing(sqlite3.connect(folder / f"{database}.sqlite")) as connection, connection:
        connection.executescript(sql)


def test_it_tells_logins_roles_and_who_is_an_administrator(k3_folder: Path) -> None:
    change(k3_folder, "master", "INSERT INTO sys_server_permissions (grantee_principal_id, permission_name, state) "
           "VALUES (266, 'CONTROL SERVER', 'G'), (265, 'CONTROL SERVER', 'D'), (265, 'CONNECT SQL', 'G')")  # fmt: skip
    users = {fact.login: fact for fact in look(k3_folder, "users").facts if isinstance(fact, User)}
    assert set(users) == {"sa", "reader", "erp", "erp_old", "BUILTIN\\Administrators"}
    assert {name for name, user in users.items() if user.admin} == {"sa", "erp_old"}
    assert (users["sa"].roles, users["reader"].roles) == (("sysadmin",), ())
    assert not users["erp_old"].enabled


def test_a_login_that_sees_only_itself_gets_no_short_list_but_the_grant(tmp_path: Path) -> None:
    k3_fixture.build(tmp_path, k3_fixture.Faults(hidden=True))
    for kind, right in (("users", "VIEW ANY DEFINITION"), ("backups", "VIEW ANY DATABASE")):
        found = look(tmp_path, kind)
        assert found.facts == ()
        assert found.unknown is not None
        assert (found.unknown.right, found.unknown.grant) == (right, f"USE [master]; GRANT {right} TO [reader];")
    grants = {step.grant for step in asked(tmp_path, op="probe").steps if step.name == "rights"}
    rights = ("VIEW ANY DATABASE", "VIEW ANY DEFINITION", "VIEW SERVER STATE")
    assert grants == {f"USE [master]; GRANT {right} TO [reader];" for right in rights}


def test_it_tells_which_jobs_run_are_overdue_or_failed(k3_folder: Path) -> None:
    jobs = {  # start, stop, next run in seconds from now; outcome
        "运行中": ("-600", None, "-60", 1),
        "逾期": (None, None, "-7200", 1),
        "失败": ("-900", "-300", "+80000", 0),
        "正常": ("-900", "-300", "+80000", 1),
        "停用": (None, None, "-7200", 0),
    }
    for name, (start, stop, due, outcome) in jobs.items():
        moments = ", ".join(f"datetime('now', '{part} seconds')" if part else "NULL" for part in (start, stop, due))
        change(
            k3_folder,
            "msdb",
            f"""
            INSERT INTO sysjobs (job_id, name, enabled) VALUES ('{name}', '{name}', {int(name != "停用")});
            INSERT INTO sysjobservers (job_id, server_id, last_run_outcome) VALUES ('{name}', 0, {outcome});
            INSERT INTO sysjobactivity (session_id, job_id, start_execution_date, stop_execution_date,
                                        next_scheduled_run_date) VALUES (2, '{name}', {moments}),
                                        (1, '{name}', datetime('now', '-9 days'), NULL, datetime('now', '-8 days'));
        """,
        )
    tasks = {fact.name: fact for fact in look(k3_folder, "tasks").facts if isinstance(fact, Task)}
    assert {name: task.state for name, task in tasks.items()} == {
        "运行中": "running",
        "逾期": "overdue",
        "失败": "failed",
    }
    assert tasks["逾期"].age_s == pytest.approx(7200, abs=60)


def test_its_databases_are_its_account_sets(k3_folder: Path) -> None:
    names = [one.code for one in asked(k3_folder, op="account_sets").account_sets]
    assert names == [k3_fixture.Company().database, "KDAcctDB"]
    backups = {fact.database: fact for fact in look(k3_folder, "backups").facts if isinstance(fact, Backup)}
    assert (backups["KDAcctDB"].account_set, backups["master"].account_set) == ("KDAcctDB", None)


def test_a_missing_right_on_the_jobs_comes_with_its_grant(k3_folder: Path, socket_enabled: None) -> None:
    from tests.connectors.over_tds import FixtureServer

    answers = FixtureServer(k3_folder, SqlServer.statements)
    answers.instead["jobs"] = Error(229, "The SELECT permission was denied on the object 'sysjobs', database 'msdb'.")
    with TdsServer(answer=answers) as server:
        (found,) = ask(over_tds_request("sqlserver", server.port, kinds=["tasks"])).looks
    assert found.unknown is not None
    assert (
        found.unknown.grant == "USE [msdb]; GRANT SELECT ON [dbo].[sysjobs] ([job_id], [name], [enabled]) TO [reader];"
    )


def test_it_reads_no_table_of_a_clients_database() -> None:
    assert {statement.database for statement in OWN.values()} == {"master", "msdb"}
