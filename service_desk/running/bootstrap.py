"""Run once as a superuser: the logins, the database and the revokes that only a superuser can make.

`REVOKE EXECUTE ON set_config` silently does nothing when a database's owner runs it, so it stands here.
"""

from typing import Any

import psycopg
from psycopg import sql

ROLES = {
    "desk_owner": "LOGIN",
    "desk_runtime": "LOGIN",
    "desk_backup": "LOGIN BYPASSRLS",
    "desk_gate": "NOLOGIN BYPASSRLS",
}


def make_roles(admin: "psycopg.Connection[Any]", passwords: dict[str, str]) -> None:
    """The three logins (owner, runtime, backup) and the gate that owns the definer functions. Safe to run twice."""
    for role, rights in ROLES.items():
        known = admin.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone()
        verb = "ALTER" if known else "CREATE"
        secret = sql.SQL(" PASSWORD {}").format(sql.Literal(passwords[role])) if role in passwords else sql.SQL("")
        admin.execute(
            sql.SQL("{} ROLE {} {} NOSUPERUSER NOCREATEDB NOCREATEROLE NOINHERIT").format(
                sql.SQL(verb), sql.Identifier(role), sql.SQL(rights)
            )
            + secret
        )
    admin.execute("GRANT desk_gate TO desk_owner WITH SET TRUE, INHERIT FALSE")
    admin.execute("GRANT pg_read_all_data TO desk_backup WITH INHERIT TRUE")


def make_database(admin: "psycopg.Connection[Any]", name: str) -> None:
    """An empty database that belongs to the owner login. Safe to run twice.

    A desk's data lies in memory or on a disk without heads, so the planner is told that a page by way of an index
    costs about as much as the next one; else it reads small tables from end to end, at every check of a key.
    """
    if not admin.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
        admin.execute(
            sql.SQL("CREATE DATABASE {} OWNER desk_owner TEMPLATE template0 ENCODING 'UTF8'").format(
                sql.Identifier(name)
            )
        )
    admin.execute(sql.SQL("ALTER DATABASE {} SET random_page_cost = 1.1").format(sql.Identifier(name)))
    admin.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(sql.Identifier(name)))
    admin.execute(sql.SQL("GRANT CONNECT ON DATABASE {} TO desk_runtime, desk_backup").format(sql.Identifier(name)))


def close_doors(admin: "psycopg.Connection[Any]") -> None:
    """Inside the database: who may create, and who may set a setting from within a query. Safe to run twice."""
    admin.execute("REVOKE ALL ON SCHEMA public FROM PUBLIC")
    admin.execute("GRANT USAGE, CREATE ON SCHEMA public TO desk_owner, desk_gate")
    admin.execute("GRANT USAGE ON SCHEMA public TO desk_runtime, desk_backup")
    admin.execute("REVOKE EXECUTE ON FUNCTION pg_catalog.set_config(text, text, boolean) FROM PUBLIC")
    admin.execute("GRANT EXECUTE ON FUNCTION pg_catalog.set_config(text, text, boolean) TO desk_owner, desk_backup")
    # A login may read the statements of its own other backends there, and a signed scope is one of them.
    admin.execute("REVOKE EXECUTE ON FUNCTION pg_catalog.pg_stat_get_activity(integer) FROM PUBLIC")
