"""The pages of papers: lists, asking, calling off, and a refusal in words."""

from flask import Flask

from tests.counting import statements
from tests.papers import given
from tests.world import World, post


def test_it_asks_for_a_paper_and_calls_it_off(app: Flask, world: World) -> None:
    browser = world.sign_in(app, world.ada)
    asked = post(browser, f"/t/{world.a.slug}/papers", {"language": "en"})
    assert asked.status_code == 303
    assert post(browser, asked.location + "/cancel").status_code == 303
    assert "已取消" in browser.get(asked.location).get_data(as_text=True)
    assert post(browser, asked.location + "/cancel").status_code == 409
    assert post(browser, asked.location + "/release").status_code == 409
    assert browser.get(asked.location + ".pdf").status_code == 404


def test_it_lists_papers_of_one_and_of_all_clients(app: Flask, world: World) -> None:
    given.requested(world)
    browser = world.sign_in(app, world.ada)
    for url in (f"/t/{world.a.slug}/papers", "/papers"):
        with statements() as sent:
            page = browser.get(url)
        assert "Company A 交接包" in page.get_data(as_text=True)
        assert len(sent) <= 10, sent
    assert world.sign_in(app, world.ben).get("/papers").status_code == 404


def test_it_says_which_secret_stands_where_and_never_the_secret(app: Flask, world: World) -> None:
    given.furnished(world, articles=1)
    given.sealed(world, "补记凭证后重新结账")
    paper = given.built(world, given.requested(world).id)
    text = world.sign_in(app, world.ada).get(f"/t/{world.a.slug}/papers/{paper.id}").get_data(as_text=True)
    assert "U8 生产 · password" in text
    assert "近 90 天工作记录" in text
    assert "补记凭证后重新结账" not in text


def test_it_shows_the_client_nothing_before_it_is_released(app: Flask, world: World) -> None:
    given.requested(world)
    text = world.sign_in(app, world.ben).get(f"/portal/{world.a.slug}/papers").get_data(as_text=True)
    assert "交接包</b>" not in text
    assert "这里还没有资料" in text
