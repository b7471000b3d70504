"""Driver errors as reasons: by SQL Server's number, then by SQLSTATE, with the name and the grant that would mend them.

A driver's own text is read for names of tables and columns and never passed on: drivers echo connection strings.
"""

import re
from collections.abc import Sequence

from connectors.base import ConnectorError, Need
from connectors.facts import Params

# The error numbers of SQL Server, which say more than the SQLSTATE.
_BY_NUMBER = {
    18456: "wrong_password",
    18452: "wrong_password",
    18470: "login_blocked",
    18486: "login_blocked",
    18487: "login_blocked",
    18488: "login_blocked",
    4060: "unknown_database",
    911: "unknown_database",
    916: "unknown_database",
    **dict.fromkeys((904, 921, 922, 924, 927, 942, 945, 952), "database_offline"),
    208: "missing_table",
    207: "missing_column",
    **dict.fromkeys((229, 230, 297, 300, 371), "missing_right"),
    1205: "deadlock",
    1222: "lock_timeout",
    **dict.fromkeys((10928, 10929, 17809), "too_many_connections"),
    # FreeTDS's own numbers.
    20003: "statement_timeout",
    20009: "no_answer",
    **dict.fromkeys((20004, 20006, 20017, 20047), "connection_lost"),
}
_BY_STATE = {
    "28000": "wrong_password",
    "28P01": "wrong_password",
    "3D000": "unknown_database",
    "42S02": "missing_table",
    "42P01": "missing_table",
    "42S22": "missing_column",
    "42703": "missing_column",
    "42501": "missing_right",
    "57014": "statement_timeout",
    "HYT00": "statement_timeout",
    "HYT01": "connection_lost",
    "S1T00": "statement_timeout",
    "HY008": "statement_timeout",
    "53300": "too_many_connections",
    "08S01": "connection_lost",
    "08003": "connection_lost",
    "08007": "connection_lost",
    "01002": "connection_lost",
    "IM002": "driver_missing",
    "IM003": "driver_missing",
}
_NUMBER = re.compile(r"\((\d{2,5})\)")
_QUOTED = re.compile(r"['\"“‘]([\w.$# \[\]]{1,128})['\"”’]")
_TLS = re.compile(r"SSL|TLS|certificate|encrypt|证书|加密", re.IGNORECASE)


def translated(error: Exception, params: Params) -> ConnectorError:
    """A driver error as a reason, by SQL Server's number and then by SQLSTATE. The driver's text is never passed on."""
    state, text = _parts(error)
    numbers = [int(number) for number in _NUMBER.findall(text)]
    known = [number for number in numbers if number in _BY_NUMBER]
    reason = _BY_NUMBER[known[0]] if known else _BY_STATE.get(state, "driver_error")
    if "Can't open lib" in text:
        reason = "driver_missing"
    told: dict[str, str | int | None] = {"sqlstate": state, "native": next(iter([*known, *numbers]), None)}
    names = _QUOTED.findall(text)
    # A right that is missing on one column names the column first and then its table.
    name = next(iter(names[1:] if 230 in numbers else names), None)
    if reason in ("missing_table", "missing_right"):
        told["table"] = name
    if reason == "missing_column":
        told["column"] = name
    return ConnectorError(reason, {**params, **told})


def login_error(error: Exception, params: Params) -> ConnectorError:
    """A driver error during login: there the same codes mean that the server fell silent or refused encryption."""
    found = translated(error, params)
    if found.reason in ("statement_timeout", "connection_lost", "driver_error") and _TLS.search(_parts(error)[1]):
        return ConnectorError("tls_refused", params)
    if found.reason == "statement_timeout":
        return ConnectorError("silent_server", params)
    return found


def _parts(error: Exception) -> tuple[str, str]:
    """SQLSTATE and text of a pyodbc error."""
    state = str(error.args[0]) if error.args else ""
    text = str(error.args[1]) if len(error.args) > 1 else ""
    return state[:5], text


def mended(error: ConnectorError, needs: Sequence[Need], database: str, user: str) -> ConnectorError:
    """The error with the table's declared name and, for a missing right, the exact grant."""
    named = str(error.params.get("table") or "").split(".")[-1].lower()
    need = next((one for one in needs if one.table.split(".")[-1].lower() == named), None)
    if error.reason == "missing_right" and need:
        columns = ", ".join(f"[{column}]" for column in need.columns)
        right = f"SELECT ON {table_name(need.table)} ({columns})"
        grant = f"USE [{database}]; GRANT {right} TO {quoted(user)};"
        return ConnectorError(error.reason, {"table": need.table}, right=right, grant=grant)
    if error.reason == "missing_table":
        return ConnectorError(error.reason, {"table": need.table if need else named or None, "database": database})
    if error.reason == "missing_column":
        tables = ", ".join(one.table for one in needs)
        return ConnectorError(error.reason, {"column": error.params.get("column"), "table": tables})
    return error


def table_name(table: str) -> str:
    """A declared table name in brackets, with its schema (dbo unless it says so)."""
    schema, _, name = table.rpartition(".")
    return f"[{schema or 'dbo'}].[{name}]"


def quoted(name: str) -> str:
    """A login's name in brackets."""
    return "[" + name.replace("]", "]]") + "]"
