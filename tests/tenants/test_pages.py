"""Every page of a client's people and connections opens to those who may, and to nobody else."""

import pytest
from flask import Flask

from service_desk.scope import session, tenant_scope
from service_desk.tenants.models import Tenant
from tests.world import World, post

DESK = ("people", "edit", "close", "audit", "people/contacts/new", "people/leavers", "connections",
        "connections/new?kind=yonyou_u8", "connections/new?kind=tryton")  # fmt: skip


@pytest.mark.parametrize("page", DESK)
def test_it_opens_to_the_engineer(app: Flask, world: World, page: str) -> None:
    answer = world.sign_in(app, world.ada).get(f"/t/{world.a.slug}/{page}")
    assert answer.status_code == 200
    assert world.a.name in answer.text


@pytest.mark.parametrize("page", DESK)
def test_it_is_not_there_for_the_client_and_the_stranger(app: Flask, world: World, page: str) -> None:
    missing = world.sign_in(app, world.cai).get(f"/t/no-such-client/{page}")
    for person in (world.ben, world.cai):
        answer = world.sign_in(app, person).get(f"/t/{world.a.slug}/{page}")
        assert answer.status_code == missing.status_code == 404


@pytest.mark.parametrize("path", ["/clients", "/clients/new", "/settings", "/settings/people", "/settings/audit"])
def test_it_opens_the_practices_pages_to_its_owner_alone(app: Flask, world: World, path: str) -> None:
    assert world.sign_in(app, world.ada).get(path).status_code == 200
    assert world.sign_in(app, world.ben).get(path).status_code == 404
    if path != "/clients":
        assert world.sign_in(app, world.somebody("engineer")).get(path).status_code == 404


def test_it_shows_the_portals_people_to_the_boss_alone(app: Flask, world: World) -> None:
    url = f"/portal/{world.a.slug}/people"
    assert world.sign_in(app, world.ben).get(url).status_code == 200
    assert world.sign_in(app, world.cai).get(url).status_code == 404
    assert world.sign_in(app, world.somebody("user")).get(url).status_code == 404


def test_it_sets_up_a_client_and_gives_a_taken_name_a_number(app: Flask, world: World) -> None:
    ada = world.sign_in(app, world.ada)
    form = {"name": "晨光塑胶有限公司", "slug": world.a.slug, "time_zone": "Asia/Shanghai", "language": "zh_Hans_CN",
            "currency": "CNY", "colour": "0"}  # fmt: skip
    answer = post(ada, "/clients/new", form)
    assert answer.headers["Location"] == f"/t/{world.a.slug}-2/connections"
    assert "晨光塑胶有限公司" in ada.get("/clients").text
    assert ada.get(answer.headers["Location"]).status_code == 200


def test_it_warns_of_a_doubtful_tax_number_and_keeps_it_when_told(app: Flask, world: World) -> None:
    ada, url = world.sign_in(app, world.ada), f"/t/{world.a.slug}/edit"
    form = {"name": world.a.name, "time_zone": "Asia/Shanghai", "language": "en", "currency": "CNY", "colour": "3",
            "tax_number": "91350100M000100Y44"}  # fmt: skip
    assert post(ada, url, form).status_code == 422
    assert post(ada, url, {**form, "tax_number_anyway": "y"}).status_code == 303
    with tenant_scope(world.a.id, world.ada_actor, practice_id=world.practice_id):
        assert session().get_one(Tenant, world.a.id).tax_number == "91350100M000100Y44"


def test_it_refuses_a_form_made_for_another_client(app: Flask, world: World) -> None:
    ada = world.sign_in(app, world.ada)
    form = {
        "made_for": world.b.slug,
        "name": "Wrong",
        "time_zone": "Asia/Shanghai",
        "language": "en",
        "currency": "CNY",
    }
    assert post(ada, f"/t/{world.a.slug}/edit", form).status_code == 409
    with tenant_scope(world.a.id, world.ada_actor, practice_id=world.practice_id):
        assert session().get_one(Tenant, world.a.id).name == world.a.name


def test_it_keeps_contacts(app: Flask, world: World) -> None:
    ada, people = world.sign_in(app, world.ada), f"/t/{world.a.slug}/people"
    post(ada, f"{people}/contacts/new", {"name": "Wang Gong", "duty": "Switches", "phone": "021 555"})
    page = ada.get(people).text
    assert "Wang Gong" in page
    number = page.split(f"{people}/contacts/")[2].split('"')[0]
    assert post(world.sign_in(app, world.cai), f"{people}/contacts/{number}", {"name": "x"}).status_code == 404
    assert post(ada, f"{people}/contacts/{number}", {"name": "Wang Gong", "phone": "022 555"}).status_code == 303
    assert "022 555" in ada.get(people).text
    assert post(ada, f"{people}/contacts/{number}/remove").status_code == 303
    assert "Wang Gong" not in ada.get(people).text


def test_it_takes_a_pasted_list_of_leavers_and_gives_back_what_it_did_not_understand(app: Flask, world: World) -> None:
    ada, url = world.sign_in(app, world.ada), f"/t/{world.a.slug}/people/leavers"
    pasted = "姓名\t登录名\t离职日期\n张三\tzhangsan\t2026-03-31\n李四，lisi，2026年4月1日\na,b,c,d,e\n王五"
    answer = post(ada, url, {"lines": pasted})
    assert answer.status_code == 200
    assert "a,b,c,d,e" in answer.text
    page = ada.get(url).text
    assert all(word in page for word in ("张三", "2026-03-31", "lisi", "2026-04-01", "王五"))
    assert post(ada, url, {"lines": "张三,zhangsan"}).status_code == 303
    assert ada.get(url).text.count("<b>张三</b>") == 1
