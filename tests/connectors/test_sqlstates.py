"""Errors of a real server over ODBC: PostgreSQL's SQLSTATEs arrive as the same reasons."""

from collections.abc import Iterator
from typing import Any

import pytest

from connectors import odbc
from connectors.driver_errors import login_error, translated
from service_desk.running import postgres

LOGIN = "odbc_reader"
PASSWORD = "p;wd={x}"


@pytest.fixture(scope="module")
def login(cluster: postgres.Cluster) -> Iterator[str]:
    """A login that may enter one database and read one table of it; the address as ODBC writes it."""
    with cluster.admin() as admin:
        admin.autocommit = True
        admin.execute(f"DROP ROLE IF EXISTS {LOGIN}")
        admin.execute(f"CREATE ROLE {LOGIN} LOGIN PASSWORD '{PASSWORD}'")
        admin.execute("CREATE TABLE IF NOT EXISTS kept_from_odbc (a int)")
        admin.execute("REVOKE ALL ON kept_from_odbc FROM PUBLIC")
        yield str(cluster.socket)
        admin.execute("DROP TABLE kept_from_odbc")
        admin.execute(f"DROP ROLE {LOGIN}")


def connect(socket: str, password: str = PASSWORD, database: str = "postgres") -> Any:
    """A connection through the PostgreSQL driver, its string built by our one builder."""
    pairs = [("DRIVER", "PostgreSQL Unicode"), ("SERVER", socket), ("DATABASE", database), ("UID", LOGIN)]
    pairs += [("PWD", password), ("ConnSettings", "SET statement_timeout=300")]
    return odbc.driver_manager().connect(odbc.build(pairs), timeout=5, autocommit=True)


@pytest.mark.parametrize(
    ("sql", "reason", "told"),
    [
        ("SELECT a FROM nothing_there", "missing_table", "nothing_there"),
        ("SELECT b FROM pg_class", "missing_column", "b"),
        ("SELECT a FROM kept_from_odbc", "missing_right", None),
        ("SELECT pg_sleep(30)", "statement_timeout", None),
    ],
)
def test_a_real_servers_errors_are_typed(login: str, sql: str, reason: str, told: str | None) -> None:
    connection = connect(login)
    try:
        with pytest.raises(odbc.driver_manager().Error) as caught:
            connection.execute(sql)
    finally:
        connection.close()
    found = translated(caught.value, {})
    assert found.reason == reason
    if told:
        assert told in (found.params.get("table"), found.params.get("column"))


@pytest.mark.parametrize("change", [{"password": "wrong-one"}, {"database": "nowhere"}])
def test_a_real_servers_refusal_is_an_error_of_ours_without_its_text(login: str, change: dict[str, str]) -> None:
    with pytest.raises(odbc.driver_manager().Error) as caught:
        connect(login, **change)
    found = login_error(caught.value, {})
    assert found.unknown().reason == found.reason
    assert not [word for word in ("wrong-one", PASSWORD, "FATAL") if word in str(found) + repr(found.to_json())]
