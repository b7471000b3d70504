"""Connection strings cannot be injected, and driver errors become reasons without their texts."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors import odbc
from connectors.base import ConnectorError, Need
from connectors.driver_errors import login_error, mended, translated
from connectors.reach import Address

KEYS = ("DRIVER", "SERVER", "DATABASE", "UID", "PWD")


def parse(text: str) -> list[tuple[str, str]]:
    """Read a connection string by the rules of ODBC: a braced value ends at a brace that is not doubled."""
    found, at = [], 0
    while at < len(text):
        key, at = text[at : text.index("=", at)], text.index("=", at) + 1
        if text[at : at + 1] == "{":
            match = re.compile(r"\{((?:[^}]|\}\})*)\}", re.DOTALL).match(text, at)
            assert match
            value, at = match[1].replace("}}", "}"), match.end()
        else:
            end = text.find(";", at) if ";" in text[at:] else len(text)
            value, at = text[at:end], end
        assert text[at : at + 1] in ("", ";")
        found.append((key, value))
        at += 1
    return found


VALUES = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=40)
NASTY = st.sampled_from(["};UID=sa;{", "a;SERVER=evil", "}}", "{", "", " ", "=", "};DRIVER={x}", "[]{}(),;?*=!@"])


@given(st.lists(st.tuples(st.sampled_from(KEYS), VALUES | NASTY), max_size=6))
def test_it_reads_back_every_value(pairs: list[tuple[str, str]]) -> None:
    assert parse(odbc.build(pairs)) == pairs


def parse_freetds(text: str) -> list[tuple[str, str]]:
    """Read a connection string as FreeTDS 1.3 does: a braced value ends at the first `};`."""
    found = []
    while text:
        key, _, text = text.partition("=")
        value, _, text = text[1:].partition("};") if text.startswith("{") else text.partition(";")
        found.append((key, value))
    return found


@given(st.lists(st.tuples(st.sampled_from(KEYS), VALUES | NASTY), max_size=6))
def test_freetds_reads_back_every_value_that_it_is_given(pairs: list[tuple[str, str]]) -> None:
    if any("};" in value for _, value in pairs):
        with pytest.raises(ConnectorError):
            odbc.build(pairs, doubled=False)
    else:
        assert parse_freetds(odbc.build(pairs, doubled=False)) == pairs


def test_it_refuses_a_null_character() -> None:
    with pytest.raises(ConnectorError) as caught:
        odbc.build([("PWD", "a\x00;SERVER=evil")])
    assert caught.value.reason == "bad_settings"


def target(**change: Any) -> odbc.Target:
    settings = {"driver": odbc.MICROSOFT, "user": "reader", "password": "p};UID=sa", "encryption": "required"}
    return odbc.Target(address=Address("erp.example.com", "192.168.1.5", 1433), **(settings | change))


def test_it_gives_microsoft_the_address_that_was_judged_and_the_name_for_the_certificate() -> None:
    found = dict(parse(target(encryption="verified").connection_string()))
    assert found["SERVER"] == "tcp:192.168.1.5,1433"
    assert found["HostNameInCertificate"] == "erp.example.com"
    assert (found["Encrypt"], found["TrustServerCertificate"]) == ("yes", "no")
    assert found["PWD"] == "p};UID=sa"
    assert "PORT" not in found


def test_it_gives_freetds_address_and_port() -> None:
    change = {"driver": odbc.FREETDS, "encryption": "off", "password": "p;UID=sa"}
    found = dict(parse_freetds(target(**change).connection_string()))
    assert (found["UID"], found["PWD"]) == ("reader", "p;UID=sa")
    assert (found["SERVER"], found["PORT"], found["Encryption"]) == ("192.168.1.5", "1433", "off")


def test_it_does_not_promise_a_check_that_freetds_cannot_make() -> None:
    with pytest.raises(ConnectorError) as caught:
        target(driver=odbc.FREETDS, encryption="verified").connection_string()
    assert caught.value.field == "encryption"


def test_it_keeps_the_password_out_of_the_targets_text() -> None:
    assert "p};UID=sa" not in repr(target())


NEEDS = (Need(table="CurrentStock", columns=("cInvCode", "iQuantity"), database="account_set"),)
ERRORS = [
    ("28000", "[28000] [x][SQL Server]Login failed for user 'reader'. (18456) (SQLDriverConnect)", "wrong_password"),
    ("28000", "[28000] [x][SQL Server]用户 'reader' 登录失败。 (18456) (SQLDriverConnect)", "wrong_password"),
    ("42000", "[42000] [x]Login failed for user 'r'. Reason: The account is disabled. (18470)", "login_blocked"),
    ("42000", '[42000] Cannot open database "UFSystem" requested by the login. (4060)', "unknown_database"),
    ("42S02", "[42S02] [x][SQL Server]Invalid object name 'CurrentStock'. (208) (SQLExecDirectW)", "missing_table"),
    ("42S02", "[42S02] [x][SQL Server]对象名 'CurrentStock' 无效。 (208) (SQLExecDirectW)", "missing_table"),
    ("42S22", "[42S22] [x][SQL Server]列名 'iQuantity' 无效。 (207) (SQLExecDirectW)", "missing_column"),
    ("42000", "[42000] The SELECT permission was denied on the object 'CurrentStock', database 'D'. (229)",
     "missing_right"),
    ("40001", "[40001] Transaction (Process ID 52) was deadlocked on lock resources. (1205)", "deadlock"),
    ("42000", "[42000] Lock request time out period exceeded. (1222)", "lock_timeout"),
    ("HYT00", "[HYT00] [x]Query timeout expired (0) (SQLExecDirectW)", "statement_timeout"),
    ("08S01", "[08S01] Communication link failure (0) (SQLExecDirectW)", "connection_lost"),
    ("01000", "[01000] [unixODBC][Driver Manager]Can't open lib '/x/y.so' : file not found (0)", "driver_missing"),
    ("HY000", "[HY000] something with PWD=hunter2-hunter2 in it (0)", "driver_error"),
]  # fmt: skip


@pytest.mark.parametrize(("state", "text", "reason"), ERRORS)
def test_it_turns_driver_errors_into_reasons(state: str, text: str, reason: str) -> None:
    found = mended(translated(Exception(state, text), {}), NEEDS, "UFDATA_001_2026", "reader")
    assert found.reason == reason
    assert "hunter2" not in str(found) + repr(found.to_json())
    if reason in ("missing_table", "missing_right"):
        assert found.params["table"] == "CurrentStock"


def test_it_writes_the_exact_grant_for_the_columns_that_are_read() -> None:
    error = translated(Exception("42000", "SELECT permission was denied on the object 'CurrentStock' (229)"), {})
    found = mended(error, NEEDS, "UFDATA_001_2026", "rea]der")
    assert found.grant == (
        "USE [UFDATA_001_2026]; GRANT SELECT ON [dbo].[CurrentStock] ([cInvCode], [iQuantity]) TO [rea]]der];"
    )


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("[HYT00] [x]Login timeout expired (0)", "silent_server"),
        ("[08001] [x]SSL Provider: [error:0A000086:SSL routines::certificate verify failed]", "tls_refused"),
    ],
)
def test_it_reads_login_errors_as_what_they_mean_there(text: str, reason: str) -> None:
    assert login_error(Exception(text[1:6], text), {}).reason == reason
