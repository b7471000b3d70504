"""Proofs from the database's own catalogue that the walls stand, as the runtime login sees them.

Each proof is a question to the catalogue and yields a sentence (English, Chinese) for everything that is not as it
must be. Nothing here changes anything.
"""

import re
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import psycopg

from migrations import sql_texts
from migrations.walls import APPEND_ONLY, OWN_ID
from service_desk import models as every_model
from service_desk.db import Base
from service_desk.running.migrate import heads
from service_desk.scope import GATES

Row = tuple[Any, ...]
Sentence = tuple[str, str]
Ask = Callable[..., list[Row]]
Proof = Callable[[Ask], Iterator[Sentence]]

OWNERS = {"tenant": "tenant_id", "practice": "practice_id", "person": "person_id"}
# Tables that are no model: the version of the schema, and the key of the scopes.
UNMODELLED = frozenset({"alembic_version", "scope_key"})
# Functions that see past the walls and are no gates: the verifier of scopes, and triggers, which nobody can call.
DEFINERS = GATES | {"scope_part", "end_sessions_of_member", "end_sessions_of_person", "carry_name_to_members"}
OWNED_BY_OWNER = frozenset({"scope_part", "gate_rotate_partitions"})
# Keys that are unique over the whole installation, because they are looked up before an owner is known.
GLOBAL_KEYS = frozenset(
    {
        "pk_audit_event",
        "pk_job",
        "pk_mail",
        "pk_invitation",
        "uq_job_slot",
        "uq_mail_message_id",
        "uq_agent_code_code_hash",
        "uq_heartbeat_key_hash",
        "uq_invitation_token_hash",
        "uq_person_email",
        "uq_person_token_token_hash",
        "uq_push_key_key_hash",
        "uq_site_agent_token_hash",
        "uq_tenant_slug",
        "uq_web_session_token_hash",
    }
)


def kinds() -> dict[str, str]:
    """Table -> its kind, of every model."""
    assert every_model.MODULES
    return {table.name: str(table.info["kind"]) for table in Base.metadata.tables.values()}


def policy_form(table: str, kind: str) -> str:
    """The one policy of a table as the catalogue shows it, without blanks and brackets."""
    if kind == "ledger":
        tenant, practice, person = (_reaches(OWNERS[owner], owner) for owner in ("tenant", "practice", "person"))
        return f"CASEWHENtenant_idISNOTNULLTHEN{tenant}WHENpractice_idISNOTNULLTHEN{practice}ELSE{person}END"
    return _reaches("id" if OWN_ID.get(kind) == table else OWNERS[kind], kind)


def _reaches(column: str, owner: str) -> str:
    return f"{column}=ANYSELECTscope_{owner}sASscope_{owner}s::integer[]"


def _plain(expression: str | None) -> str:
    return re.sub(r"[\s()]", "", expression or "")


def tables_are_known(ask: Ask) -> Iterator[Sentence]:
    """Every table is a model of a declared kind; partitions belong to one that is."""
    known = kinds()
    rows = ask(
        """SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace
           AND relkind IN ('r', 'p') AND NOT relispartition"""
    )
    there = {name for (name,) in rows}
    for name in sorted(there - known.keys() - UNMODELLED):
        yield f"table {name} has no declared kind", f"表 {name} 没有声明类别"
    for name in sorted(known.keys() - there):
        yield f"table {name} is missing", f"缺少表 {name}"


def rows_are_walled(ask: Ask) -> Iterator[Sentence]:
    """Row-level security is on and forced, and the one policy reads exactly as it must, for every command."""
    rows = ask(
        """SELECT c.relname, c.relrowsecurity, c.relforcerowsecurity,
                  coalesce(array_agg(concat_ws('|', p.policyname, p.permissive, p.cmd, p.roles::text))
                           FILTER (WHERE p.policyname IS NOT NULL), '{}'), max(p.qual), max(p.with_check)
           FROM pg_class c LEFT JOIN pg_policies p ON p.tablename = c.relname AND p.schemaname = 'public'
           WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
           GROUP BY 1, 2, 3"""
    )
    known = kinds()
    for name, enabled, forced, policies, using, check in rows:
        kind = known.get(name, "system")
        if kind in ("system", "reference"):
            continue
        if not enabled or not forced:
            yield f"table {name}: row-level security is off or not forced", f"表 {name}：行级安全未开启或未强制"
        form = policy_form(name, kind)
        if policies != ["wall|PERMISSIVE|ALL|{public}"] or {_plain(using), _plain(check)} != {form}:
            yield f"table {name}: its policy is not the wall", f"表 {name}：策略与规定形式不符"


ALLOWED = {"reference": {"SELECT"}, "system": set[str]()}
WALLED = {"SELECT", "INSERT", "UPDATE", "DELETE"}


def grants_are_no_wider(ask: Ask) -> Iterator[Sentence]:
    """The runtime login has on each table what its kind allows, and nothing on partitions or on the scopes' key."""
    rows = ask(
        """SELECT c.relname, c.relispartition, acl.privilege_type
           FROM pg_class c, LATERAL (
               SELECT * FROM aclexplode(c.relacl)
               UNION ALL SELECT x.* FROM pg_attribute a, aclexplode(a.attacl) x WHERE a.attrelid = c.oid) acl
           WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v')
             AND acl.grantee IN (0, current_user::regrole)"""
    )
    known = kinds()
    for name, is_partition, right in rows:
        kind = known.get(name, "system")
        allowed = ALLOWED.get(kind, {"SELECT", "INSERT"} if name in APPEND_ONLY else WALLED)
        allowed = {"SELECT"} if name == "alembic_version" else allowed
        if is_partition or right not in allowed:
            yield f"the runtime login may {right} {name}", f"运行账号对 {name} 拥有不该有的 {right} 权限"


def login_is_plain(ask: Ask) -> Iterator[Sentence]:
    """The runtime login owns nothing, creates nothing, is a member of nothing and is bound by the walls."""
    (row,) = ask(
        "SELECT rolname, rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolreplication "
        "FROM pg_roles WHERE rolname = current_user"
    )
    for name, has in zip(("SUPERUSER", "BYPASSRLS", "CREATEROLE", "CREATEDB", "REPLICATION"), row[1:], strict=True):
        if has:
            yield f"the login {row[0]} has {name}", f"账号 {row[0]} 拥有 {name}"
    for (role,) in ask("SELECT roleid::regrole::text FROM pg_auth_members WHERE member = current_user::regrole"):
        yield f"the login {row[0]} is a member of {role}", f"账号 {row[0]} 是 {role} 的成员"
    owned = ask(
        "SELECT relname FROM pg_class WHERE relowner = current_user::regrole UNION ALL SELECT proname FROM pg_proc "
        "WHERE proowner = current_user::regrole UNION ALL SELECT nspname FROM pg_namespace WHERE nspowner = "
        "current_user::regrole UNION ALL SELECT datname FROM pg_database WHERE datdba = current_user::regrole"
    )
    for (name,) in owned:
        yield f"the login {row[0]} owns {name}", f"账号 {row[0]} 是 {name} 的属主"
    (may,) = ask(
        "SELECT has_schema_privilege('public', 'CREATE'), has_database_privilege(current_database(), 'CREATE'), "
        "has_database_privilege(current_database(), 'TEMP')"
    )
    if any(may):
        yield f"the login {row[0]} may create things in the database", f"账号 {row[0]} 可以在库中建对象"


def scope_cannot_be_set(ask: Ask) -> Iterator[Sentence]:
    """No query can change the scope it runs in."""
    if ask("SELECT has_function_privilege('pg_catalog.set_config(text,text,boolean)', 'EXECUTE')") == [(True,)]:
        yield (
            "set_config may be called; only a superuser can revoke it (service-desk bootstrap)",
            "set_config 未收回，须由超级用户执行（service-desk bootstrap）",
        )


def scopes_cannot_be_read(ask: Ask) -> Iterator[Sentence]:
    """No query can read the signed scope of another connection of the same login."""
    if ask("SELECT has_function_privilege('pg_catalog.pg_stat_get_activity(integer)', 'EXECUTE')") == [(True,)]:
        yield (
            "the statements of other connections may be read; only a superuser can revoke it (service-desk bootstrap)",
            "可以读到其他连接的语句，须由超级用户收回（service-desk bootstrap）",
        )


def gates_are_the_list(ask: Ask) -> Iterator[Sentence]:
    """Functions that see past the walls are exactly the listed ones, each with its owner and a fixed search path."""
    rows = ask(
        "SELECT p.proname, p.proowner::regrole::text, coalesce(p.proconfig, '{}'), p.prorettype = 'trigger'::regtype, "
        "EXISTS (SELECT 1 FROM aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a WHERE a.grantee = 0) "
        "FROM pg_proc p WHERE p.prosecdef AND p.pronamespace NOT IN ('pg_catalog'::regnamespace)"
    )
    there = {name for name, *_ in rows}
    for name in sorted(there ^ DEFINERS):
        yield (
            f"gate {name} is {'not listed' if name in there else 'missing'}",
            f"函数 {name} {'不在清单内' if name in there else '缺失'}",
        )
    for name, owner, settings, is_trigger, everybody in rows:
        if owner != ("desk_owner" if name in OWNED_BY_OWNER else "desk_gate"):
            yield f"gate {name} belongs to {owner}", f"函数 {name} 的属主是 {owner}"
        if "search_path=pg_catalog, public" not in settings:
            yield f"gate {name} has no fixed search path", f"函数 {name} 没有固定 search_path"
        if everybody and not is_trigger:
            yield f"gate {name} may be called by everybody", f"函数 {name} 对所有账号开放"


FUNCTION = re.compile(r"CREATE (?:OR REPLACE )?FUNCTION (\w+)\(.*?\bAS\s+(\$\$|')(.*?)\2", re.DOTALL)
TRIGGER = re.compile(r"CREATE TRIGGER (\w+) .*?\bON (\w+)", re.DOTALL)


@cache
def written() -> tuple[dict[str, set[str]], set[tuple[str, str]]]:
    """What the migrations' SQL files say: function -> the bodies it may have; the triggers as (table, name)."""
    whole = "\n".join(sql_texts())
    bodies: dict[str, set[str]] = {}
    for name, _, body in FUNCTION.findall(whole):
        bodies.setdefault(name, set()).add(body)
    return bodies, {(table, name) for name, table in TRIGGER.findall(whole)}


def functions_read_as_written(ask: Ask) -> Iterator[Sentence]:
    """No function was exchanged for one that does something else under its name."""
    bodies, _ = written()
    for name, source in ask("SELECT proname, prosrc FROM pg_proc WHERE pronamespace = 'public'::regnamespace"):
        if source not in bodies.get(name, ()):
            yield f"function {name} does not read as it was written", f"函数 {name} 的内容与程序自带的不一致"


def triggers_watch(ask: Ask) -> Iterator[Sentence]:
    """What holds issued papers still and ends sessions is there and switched on."""
    there = ask(
        "SELECT tgrelid::regclass::text, tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled IN ('O', 'A')"
    )
    for table, name in sorted(written()[1] - {(table, name) for table, name in there}):
        yield f"table {table}: its trigger {name} is missing or off", f"表 {table}：触发器 {name} 缺失或被停用"


def gatekeeper_is_locked_out(ask: Ask) -> Iterator[Sentence]:
    """The role that owns the gates cannot sign in and has no more than it needs."""
    rows = ask(
        "SELECT rolname, rolcanlogin, rolsuper, rolbypassrls FROM pg_roles WHERE rolname IN ('desk_gate', 'desk_owner')"
    )
    for name, can_login, is_super, sees_past in rows:
        if is_super or (name == "desk_gate" and can_login) or (name == "desk_owner" and sees_past):
            yield f"the role {name} has rights it must not have", f"角色 {name} 拥有不该有的权限"


def views_ask_as_the_reader(ask: Ask) -> Iterator[Sentence]:
    """A view runs with the rights of whoever asks; there is no materialised view and no foreign table."""
    rows = ask(
        """SELECT relname, relkind, coalesce(reloptions, '{}') FROM pg_class
           WHERE relnamespace = 'public'::regnamespace AND relkind IN ('v', 'm', 'f')"""
    )
    for name, kind, options in rows:
        if kind != "v" or not {"security_invoker=true", "security_invoker=on", "security_invoker=1"} & set(options):
            yield f"view {name} sees past the walls", f"视图 {name} 会绕过行级安全"


def keys_stay_with_their_owner(ask: Ask) -> Iterator[Sentence]:
    """A key between two walled tables carries the owner on both sides."""
    rows = ask(
        """SELECT k.conname, t.relname, (
               SELECT array_agg(a.attname || '>' || b.attname)
               FROM unnest(k.conkey, k.confkey) AS pair(x, y)
               JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = pair.x
               JOIN pg_attribute b ON b.attrelid = k.confrelid AND b.attnum = pair.y)
           FROM pg_constraint k JOIN pg_class s ON s.oid = k.conrelid JOIN pg_class t ON t.oid = k.confrelid
           WHERE k.contype = 'f' AND NOT s.relispartition AND k.connamespace = 'public'::regnamespace"""
    )
    known = kinds()
    for name, target, pairs in rows:
        kind = known.get(target, "system")
        if kind in OWNERS and target != kind and f"{OWNERS[kind]}>{OWNERS[kind]}" not in pairs:
            yield f"key {name} can point at another owner's row", f"外键 {name} 可能指向别家的行"


def unique_keys_lead_with_the_owner(ask: Ask) -> Iterator[Sentence]:
    """Two owners never meet in one unique key, except in the listed ones."""
    rows = ask(
        """SELECT i.relname, c.relname, a.attname
           FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_class c ON c.oid = x.indrelid
           LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = x.indkey[0]
           WHERE x.indisunique AND NOT c.relispartition AND c.relnamespace = 'public'::regnamespace"""
    )
    known = kinds()
    for name, table, first in rows:
        kind = known.get(table, "system")
        walled = kind not in ("system", "reference")
        is_own_id = OWN_ID.get(kind) == table and name == f"pk_{table}"
        if walled and not is_own_id and first not in OWNERS.values() and name not in GLOBAL_KEYS:
            yield f"unique key {name} does not start with the owner", f"唯一键 {name} 未以所属方开头"


def schema_is_this_version(ask: Ask) -> Iterator[Sentence]:
    """The database is at the one head of the migrations beside the code."""
    found = heads()
    there = [version for (version,) in ask("SELECT version_num FROM alembic_version")]
    if len(found) != 1 or there != found:
        yield (
            f"the database is at {there or 'no version'}, the code at {found}: run service-desk migrate",
            f"数据库版本 {there or '无'}，程序版本 {found}：请执行 service-desk migrate",
        )


PROOFS: tuple[Proof, ...] = (
    schema_is_this_version,
    tables_are_known,
    rows_are_walled,
    grants_are_no_wider,
    login_is_plain,
    scope_cannot_be_set,
    scopes_cannot_be_read,
    gates_are_the_list,
    functions_read_as_written,
    triggers_watch,
    gatekeeper_is_locked_out,
    views_ask_as_the_reader,
    keys_stay_with_their_owner,
    unique_keys_lead_with_the_owner,
)


def prove(connection: "psycopg.Connection[Row]") -> Iterator[Sentence]:
    """Every sentence of every proof; none when the walls stand."""

    def ask(question: str) -> list[Row]:
        return connection.execute(question.encode()).fetchall()

    for proof in PROOFS:
        yield from proof(ask)
