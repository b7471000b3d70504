"""The least-privilege scripts give exactly what is declared, and their undo takes all of it away."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors import CONNECTORS, connector_class
from connectors.base import AccountSet
from connectors.scripts import bracketed, text
from connectors.sqlserver_base import OverSqlServer

SETS = [AccountSet(code="001", name="示例", database="DATA_1"), AccountSet(code="002", name="样例", database="DATA_2")]
OVER_SQL_SERVER = [kind for kind in CONNECTORS if issubclass(connector_class(kind), OverSqlServer)]
GRANT = re.compile(r"GRANT SELECT ON (\S+) \((.*)\) TO \[desk\];")


def granted(script: str) -> dict[tuple[str, str], set[str]]:
    """(database, table) -> columns, as the script grants them."""
    found: dict[tuple[str, str], set[str]] = {}
    database = ""
    for line in script.splitlines():
        used = re.match(r"USE \[(.+?)\];", line)
        database = used[1] if used else database
        given_here = GRANT.fullmatch(line)
        if given_here:
            found.setdefault((database, given_here[1]), set()).update(
                name.strip("[]") for name in given_here[2].split(", ")
            )
    return found


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\u2028"])
def test_a_database_whose_name_is_a_batch_of_its_own_is_left_out(ending: str) -> None:
    evil = AccountSet(code="9", name="x", database=f"x{ending}GO{ending}ALTER SERVER ROLE [sysadmin] ADD MEMBER [me]")
    script = connector_class("yonyou_u8").script("desk", [*SETS, evil])
    assert script is not None
    assert "sysadmin" not in script.run + script.undo
    assert "USE [DATA_2];" in script.run


@pytest.mark.parametrize("kind", OVER_SQL_SERVER)
def test_it_grants_what_is_read_and_nothing_else(kind: str) -> None:
    found = connector_class(kind)
    assert issubclass(found, OverSqlServer)
    parts = found.parts(SETS)
    wanted: dict[tuple[str, str], set[str]] = {}
    for statement in found.statements.values():
        for need in statement.needs:
            if not need.table.startswith(("sys.", "INFORMATION_SCHEMA.")):
                name = f"[dbo].[{need.table.removeprefix('dbo.')}]"
                for database in parts[statement.database]:
                    wanted.setdefault((database, name), set()).update(need.columns)
    script = found.script("desk", SETS)
    assert granted(script.run) == wanted
    assert not re.search(r"db_owner|datareader|sysadmin|ALTER|INSERT|UPDATE|DELETE|EXECUTE|CONTROL", script.run)


def test_a_column_that_an_older_build_lacks_fails_alone() -> None:
    script = connector_class("yonyou_u8").script("desk", SETS)
    assert script is not None
    lines = {line for line in script.run.splitlines() if "[iyear]" in line and "[GL_accvouch]" in line}
    assert lines == {"GRANT SELECT ON [dbo].[GL_accvouch] ([iyear]) TO [desk];"}
    # So does a table that not every installation has.
    assert any(line.startswith("GRANT SELECT ON [dbo].[UserHrPersonContro]") for line in script.run.splitlines())


@pytest.mark.parametrize("kind", OVER_SQL_SERVER)
def test_the_undo_drops_every_user_and_the_login(kind: str) -> None:
    found = connector_class(kind).script("desk", SETS)
    assert found is not None
    made = set(re.findall(r"USE (\[.+?\]);\nCREATE USER", found.run))
    gone = set(re.findall(r"USE (\[.+?\]); DROP USER", found.undo))
    assert made == gone != set()
    assert found.undo.endswith("DROP LOGIN [desk];")


def test_a_system_without_sql_has_no_script() -> None:
    assert connector_class("tryton").script("desk") is None


@given(st.text(min_size=1))
def test_no_name_or_text_gets_out_of_its_quotes(name: str) -> None:
    assert bracketed(name)[1:-1].replace("]]", "").count("]") == 0
    assert text(name)[2:-1].replace("''", "").count("'") == 0
