"""The pages of checks as Ada uses them, and as they say the truth."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from service_desk.checks.catalog import CATALOG
from service_desk.checks.models import CheckHour, CheckPlan, Heartbeat
from service_desk.running.demo.u8_fixture import Faults
from service_desk.scope import SYSTEM, session, tenant_scope
from tests.checks.conftest import Engine
from tests.counting import statements
from tests.world import post


@pytest.fixture
def ada(app: Flask, engine: Engine) -> FlaskClient:
    """Ada's browser, in Chinese."""
    return engine.world.sign_in(app, engine.world.ada)


def test_it_shows_what_needs_somebody_and_folds_the_rest(ada: FlaskClient, engine: Engine) -> None:
    engine.erp(Faults(negative_stock=20))
    engine.connect()
    engine.round()
    text = ada.get(f"/t/{engine.company.slug}/checks").text
    assert "20 个物料库存为负" in text
    assert "项正常" in text
    assert text.index("库存为负") < text.index("占用最久的是")


def test_it_says_that_the_first_look_is_to_come(ada: FlaskClient, engine: Engine) -> None:
    engine.connect()
    text = ada.get(f"/t/{engine.company.slug}/checks").text
    assert text.count("等待首次检查：") == 4
    assert "项正常" not in text


def test_it_accepts_the_proposed_checks_with_one_click(ada: FlaskClient, engine: Engine) -> None:
    connection = engine.connect()
    with tenant_scope(engine.company.id, SYSTEM):
        session().query(CheckPlan).filter_by(connection_id=connection).update({"proposed": True, "enabled": True})
    assert "全部启用" in ada.get(f"/t/{engine.company.slug}/checks").text
    done = post(ada, f"/t/{engine.company.slug}/checks/accept", {"connection_id": connection})
    assert done.status_code == 303
    left = {plan.check for plan in engine.rows(CheckPlan) if plan.proposed}
    assert left == {plan.check for plan in engine.rows(CheckPlan) if CATALOG[plan.check].quiet}
    assert {plan.enabled for plan in engine.rows(CheckPlan) if plan.proposed} <= {False}


def test_single_checks_can_be_left_out_and_come_back(ada: FlaskClient, engine: Engine) -> None:
    connection = engine.connect()
    url = f"/t/{engine.company.slug}/checks"
    with tenant_scope(engine.company.id, SYSTEM):
        session().query(CheckPlan).filter_by(connection_id=connection).update({"proposed": True})
    form = {"connection_id": connection, "ticked": "1", "check": "inv.negative"}
    assert post(ada, f"{url}/accept", form).status_code == 303
    on = {plan.check for plan in engine.rows(CheckPlan) if not plan.proposed}
    assert on == {"inv.negative"}
    assert re.search(r"已排除 U8 .* 的 \d+ 项检查", ada.get(url).text)
    assert post(ada, f"{url}/accept", form | {"check": "gl.unposted"}).status_code == 303
    assert {plan.check for plan in engine.rows(CheckPlan) if not plan.proposed} == on | {"gl.unposted"}
    engine.round()
    assert post(ada, page_of(engine, "gl.unposted", "001") + "/off").status_code == 303
    assert engine.states()["gl.unposted", "001"].gone_at is not None
    ada.get(url)  # it says once what was done
    assert "未记账凭证" not in ada.get(url).text.partition("已排除")[0]


def test_the_catalogue_is_a_page(ada: FlaskClient, engine: Engine) -> None:
    text = ada.get(f"/t/{engine.company.slug}/checks/catalogue").text
    assert all(f'id="{key}"' in text for key in CATALOG)
    assert "若此刻宕机，「…」将丢失约 …的录入数据。" in text


def page_of(engine: Engine, check: str, subject: str) -> str:
    return f"/t/{engine.company.slug}/checks/{engine.states()[check, subject].id}"


def test_it_shows_one_check_closely(ada: FlaskClient, engine: Engine) -> None:
    engine.erp(Faults(full_backup_hours=60))
    engine.connect()
    engine.round()
    text = ada.get(page_of(engine, "bak.full.age", "UFSystem")).text
    assert "「UFSystem」最近一次完整备份是 2 天 12 小时前。" in text
    assert "立即做一次完整备份" in text
    assert "<svg" in text
    assert "msdb.dbo.backupset" in text


@pytest.mark.parametrize("days", ["2", "7", "30", "365", "9", "x"])
def test_it_draws_every_span(ada: FlaskClient, engine: Engine, days: str) -> None:
    engine.connect()
    engine.round()
    assert ada.get(page_of(engine, "db.latency", "answer") + f"?days={days}").status_code == 200


def test_it_keeps_new_limits_and_judges_by_them(ada: FlaskClient, engine: Engine) -> None:
    engine.erp(Faults(negative_stock=3))
    engine.connect()
    engine.round()
    assert engine.states()["inv.negative", "001"].state == "warn"
    url = page_of(engine, "inv.negative", "001")
    assert post(ada, f"{url}/limits", {"warn": "１", "crit": "3"}).status_code == 303
    engine.round(rewind=False)
    assert engine.states()["inv.negative", "001"].state == "crit"
    (plan,) = [plan for plan in engine.rows(CheckPlan) if plan.check == "inv.negative"]
    assert (plan.warn, plan.crit, plan.clear_crit) == (1, 3, 2.7)


@pytest.mark.parametrize(("warn", "crit", "says"), [("abc", "2", "这不是数字。"), ("5", "2", "预警线必须先于严重线。")])
def test_it_refuses_limits_that_make_no_sense(
    ada: FlaskClient, engine: Engine, warn: str, crit: str, says: str
) -> None:
    engine.connect()
    engine.round()
    answer = post(ada, page_of(engine, "inv.negative", "001") + "/limits", {"warn": warn, "crit": crit})
    assert answer.status_code == 422
    assert says in answer.text
    assert f'value="{warn}"' in answer.text


@pytest.mark.parametrize(
    "number",
    ["9" * 400, "1" + "0" * 308, "-1" + "0" * 308, "nan", "inf", "1e308"],
    ids=["endless", "largest", "smallest", "nan", "inf", "power"],
)
def test_no_number_is_too_large_for_the_page(ada: FlaskClient, engine: Engine, number: str) -> None:
    engine.connect()
    engine.round()
    url = page_of(engine, "inv.negative", "001")
    assert ada.get(f"{url}?warn=1&crit={number}").status_code == 200
    assert ada.get(f"{url}?warn={number}").status_code == 200
    assert post(ada, f"{url}/limits", {"warn": "", "crit": number}).status_code == 422
    assert {plan.crit for plan in engine.rows(CheckPlan) if plan.check == "inv.negative"} == {
        CATALOG["inv.negative"].crit
    }


def test_it_says_what_other_limits_would_have_meant(ada: FlaskClient, engine: Engine) -> None:
    engine.connect()
    engine.round()
    state = engine.states()["inv.negative", "001"]
    hour = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    with tenant_scope(engine.company.id, SYSTEM):
        for back, value in ((200, 6.0), (199, 9.0), (150, 0.0), (100, 7.0), (50, 0.0)):
            numbers = {"n": 1, "n_warn": 0, "n_crit": 0, "n_unknown": 0, "total": value, "last": value}
            session().add(
                CheckHour(state_id=state.id, hour=hour - timedelta(hours=back), low=value, high=value, **numbers)
            )
    url = page_of(engine, "inv.negative", "001")
    assert "会报警 2 次" in ada.get(f"{url}?warn=5&crit=8").text
    assert "不会报警" in ada.get(f"{url}?warn=50&crit=").text
    (plan,) = [plan for plan in engine.rows(CheckPlan) if plan.check == "inv.negative"]
    assert plan.warn == 1


def test_it_runs_pauses_and_resumes(ada: FlaskClient, engine: Engine) -> None:
    engine.connect()
    engine.round()
    url = page_of(engine, "gl.unposted", "001")
    assert engine.round(rewind=False) == []
    assert post(ada, f"{url}/run").status_code == 303
    assert len(engine.round(rewind=False)) == 1
    assert post(ada, f"{url}/pause", {"hours": "8"}).status_code == 303
    assert post(ada, f"{url}/pause", {"hours": "9999"}).status_code == 400
    (plan,) = [plan for plan in engine.rows(CheckPlan) if plan.check == "gl.unposted"]
    assert plan.next_run_at == plan.paused_until
    assert "结束暂停" in ada.get(url).text
    assert post(ada, f"{url}/resume").status_code == 303
    assert len(engine.round(rewind=False)) == 1


def test_it_stays_within_its_statements(ada: FlaskClient, engine: Engine) -> None:
    engine.erp(Faults(negative_stock=5, full_backup_hours=60))
    engine.connect()
    engine.round()
    pages = (f"/t/{engine.company.slug}/checks", page_of(engine, "inv.negative", "001") + "?warn=1&crit=2",
             f"/t/{engine.company.slug}/heartbeats")  # fmt: skip
    for url in pages:
        ada.get(url)
        with statements() as said:
            ada.get(url)
        assert len(said) <= 11, "\n".join(said)


def test_it_makes_a_heartbeat_and_shows_its_address_once(ada: FlaskClient, engine: Engine) -> None:
    base = f"/t/{engine.company.slug}/heartbeats"
    made = post(ada, f"{base}/new", {"name": "夜间备份", "every": "1", "unit": "86400", "grace": "30"})
    assert made.status_code == 201
    found = re.search(r"http://desk\.test(/ping/[\w-]+)", made.text)
    assert found is not None
    assert "Invoke-RestMethod" in made.text
    (row,) = engine.rows(Heartbeat)
    again = ada.get(f"{base}/{row.id}").text
    assert found[1] not in again
    assert ada.get(found[1]).status_code == 200
    assert "准时" in ada.get(base).text
    fresh = post(ada, f"{base}/{row.id}/rotate")
    assert found[1] not in fresh.text
    assert ada.get(found[1]).status_code == 404


@pytest.mark.parametrize(
    ("form", "says"),
    [
        ({"name": "", "every": "1", "unit": "60", "grace": "5"}, "作业名称："),
        ({"name": "备份", "every": "", "unit": "60", "grace": "5"}, "请填写多久报到一次。"),
        ({"name": "备份", "every": "", "cron": "每晚", "unit": "60", "grace": "5"}, "这不是有效的五段 cron 表达式。"),
    ],
)
def test_it_gives_a_wrong_heartbeat_back(ada: FlaskClient, engine: Engine, form: dict[str, str], says: str) -> None:
    answer = post(ada, f"/t/{engine.company.slug}/heartbeats/new", form)
    assert answer.status_code == 422
    assert says in answer.text
    assert engine.rows(Heartbeat) == []


def test_it_changes_pauses_and_removes_a_heartbeat(ada: FlaskClient, engine: Engine) -> None:
    base = f"/t/{engine.company.slug}/heartbeats"
    post(ada, f"{base}/new", {"name": "备份", "every": "2", "unit": "3600", "grace": "30"})
    (row,) = engine.rows(Heartbeat)
    assert 'value="2"' in ada.get(f"{base}/{row.id}/edit").text
    change = {"name": "新备份", "every": "", "unit": "60", "cron": "0 2 * * *", "grace": "10"}
    assert post(ada, f"{base}/{row.id}/edit", change).status_code == 303
    (row,) = engine.rows(Heartbeat)
    assert (row.name, row.period_s, row.cron, row.grace_s) == ("新备份", None, "0 2 * * *", 600)
    assert post(ada, f"{base}/{row.id}/pause").status_code == 303
    assert engine.rows(Heartbeat)[0].status == "paused"
    assert post(ada, f"{base}/{row.id}/resume").status_code == 303
    assert engine.rows(Heartbeat)[0].status == "new"
    assert ada.get(f"{base}/{row.id}/remove").status_code == 200
    assert post(ada, f"{base}/{row.id}/remove").status_code == 303
    assert engine.rows(Heartbeat) == []


def test_it_speaks_english_to_those_who_chose_it(ada: FlaskClient, engine: Engine) -> None:
    engine.erp(Faults(negative_stock=20))
    engine.connect()
    engine.round()
    with ada.session_transaction() as cookie:
        cookie["language"] = "en"
    text = ada.get(f"/t/{engine.company.slug}/checks").text
    assert "20 items of 示例五金有限公司 show less than zero in stock" in text
