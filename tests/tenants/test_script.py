"""A connection's page says what is read, what it was tried on, and how a login gets exactly these rights."""

import html
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from connectors import connector_class
from connectors.base import AccountSet
from service_desk.scope import SYSTEM, session, tenant_scope
from service_desk.tenants.models import ErpConnection
from service_desk.tenants.operations.connections import add_connection
from tests.tenants.erp import connect, run_probes
from tests.world import World


def _page(browser: FlaskClient, page: str, language: str = "en") -> str:
    return browser.get(page, headers={"Accept-Language": language}).text


def _scripts(text: str) -> list[str]:
    """The texts to copy, as a browser hands them to the clipboard."""
    return [
        html.unescape(found)
        for found in re.findall(r"<pre class=\"user-select-all\".*?><code>(.*?)</code>", text, re.S)
    ]


def test_it_shows_the_script_and_its_undo_over_the_databases_found(app: Flask, world: World, tmp_path: Path) -> None:
    ada = world.sign_in(app, world.ada)
    page = connect(ada, world, tmp_path, set_user="odd]'<reader>")
    before = _scripts(_page(ada, page))
    assert "[<database of the account set>]" in before[0]
    run_probes(world)
    with tenant_scope(world.a.id, SYSTEM, read_only=True):
        found = session().scalars(select(ErpConnection)).one().account_sets
    sets = [AccountSet(**one) for one in found]
    assert all(one.database for one in sets)
    script = connector_class("yonyou_u8").script("odd]'<reader>", sets)
    assert script is not None
    assert _scripts(_page(ada, page)) == [script.run, script.undo]
    assert f"[{sets[0].database}]" in script.run


@pytest.mark.parametrize("kind", ["yonyou_u8", "kingdee_k3", "sqlserver", "postgresql", "tryton"])
def test_it_says_in_both_languages_what_is_read_and_what_it_was_verified_against(
    app: Flask, world: World, kind: str
) -> None:
    ada = world.sign_in(app, world.ada)
    settings = {"host": "192.0.2.7", "user": "reader", "database": "erp"}
    names = {field.name for field in connector_class(kind).fields}
    with tenant_scope(world.a.id, world.ada_actor, practice_id=world.practice_id):
        given = {name: value for name, value in settings.items() if name in names}
        row = add_connection(kind, kind, "test", given, {"password": "x"}, now=datetime.now(UTC)).id
    page = f"/t/{world.a.slug}/connections/{row}"
    english, chinese = html.unescape(_page(ada, page)), html.unescape(_page(ada, page, "zh-CN"))
    for text in (connector_class(kind).about, connector_class(kind).verified):
        assert text in english
        assert text not in chinese
    assert len(_scripts(english)) == (0 if kind == "tryton" else 2)


def test_a_stranger_sees_no_script(app: Flask, world: World, tmp_path: Path) -> None:
    page = connect(world.sign_in(app, world.ada), world, tmp_path)
    assert world.sign_in(app, world.cai).get(page).status_code == 404


@pytest.mark.parametrize("kind", ["odoo", "erpnext", "yonsuite", "chanjet_tplus", "tryton"])
def test_it_shows_every_question_and_the_vendors_own_role_in_both_languages(
    app: Flask, world: World, kind: str
) -> None:
    ada = world.sign_in(app, world.ada)
    found = connector_class(kind)
    settings = {field.name: field.default or "x" for field in found.fields if not field.secret and not field.long}
    secrets = {field.name: "x" for field in found.fields if field.secret}
    with tenant_scope(world.a.id, world.ada_actor, practice_id=world.practice_id):
        row = add_connection(kind, kind, "test", settings, secrets, now=datetime.now(UTC)).id
    page = f"/t/{world.a.slug}/connections/{row}"
    english, chinese = html.unescape(_page(ada, page)), html.unescape(_page(ada, page, "zh-CN"))
    assert found.role is not None
    for step in (*found.role.give, *found.role.take):
        assert f"<li>{step}</li>" in english
        assert f"<li>{step}</li>" not in chinese
    for one in found.asks():
        assert one.title in english
        assert one.zh in chinese
        assert one.of in chinese
    unverified = sum(one.certainty == "unverified" for one in found.asks())
    assert chinese.count("名称未经验证") == english.count("names unverified") == unverified
    # The form shows the same before anything is typed.
    form = _page(ada, f"/t/{world.a.slug}/connections/new?kind={kind}", "zh-CN")
    assert form.count("名称未经验证") == unverified


def test_it_names_every_column_that_a_statement_reads(app: Flask, world: World, tmp_path: Path) -> None:
    ada = world.sign_in(app, world.ada)
    text = html.unescape(_page(ada, connect(ada, world, tmp_path)))
    read = connector_class("yonyou_u8").columns_read()
    assert {"UA_Log", "UserHrPersonContro", "dbo.backupset"} <= set(read)
    for table, columns in read.items():
        assert f"<code>{table}</code>" in text
        assert ", ".join(columns) in text
    assert not [column for columns in read.values() for column in columns if "passw" in column.lower()]
