"""The handover page: what is missing and where to mend it, and building the pack from it."""

from flask import Flask

from service_desk.handover.completeness import completeness
from tests.counting import statements
from tests.papers import given
from tests.world import World, post


def test_it_finds_everything_missing_at_an_empty_client(world: World) -> None:
    with given.inside(world):
        judged = completeness(given.NOW)
    assert judged.percent < 25
    assert {one.item.key for one in judged.blockers} >= {"connection", "backup"}


def test_it_sees_what_is_there(world: World) -> None:
    with given.inside(world):
        before = {one.item.key for one in completeness(given.NOW).missing}
    given.furnished(world)
    with given.inside(world):
        after = {one.item.key for one in completeness(given.NOW).missing}
    mended = before - after
    assert mended >= {"connection", "tested", "backup", "servers", "licences", "interfaces", "people", "vendors"}
    assert mended >= {"contract", "work", "articles", "version", "watched"}
    assert "backup_ok" in after  # the planted backup is critical


def test_it_shows_the_score_and_where_to_mend(app: Flask, world: World) -> None:
    browser = world.sign_in(app, world.ada)
    with statements() as sent:
        page = browser.get(f"/t/{world.a.slug}/handover")
    text = page.get_data(as_text=True)
    assert page.status_code == 200
    assert len(sent) <= 10, sent
    assert "没有检查项在监控备份" in text
    assert f"/t/{world.a.slug}/money" in text


def test_it_builds_a_pack_that_ends_on_the_clients_page(app: Flask, world: World) -> None:
    given.furnished(world, articles=1)
    browser, bens = world.sign_in(app, world.ada), world.sign_in(app, world.ben)
    asked = post(browser, f"/t/{world.a.slug}/handover", {"language": "zh_Hans_CN"})
    assert asked.status_code == 303
    waiting = browser.get(asked.location)
    assert "data-progress" in waiting.get_data(as_text=True)
    state = browser.get(asked.location + ".json").get_json()
    assert (state["state"], state["url"]) == ("queued", None)
    assert post(browser, f"/t/{world.a.slug}/handover").status_code == 409
    paper_id = int(asked.location.rsplit("/", 1)[1])
    given.built(world, paper_id)
    state = browser.get(asked.location + ".json").get_json()
    assert (state["state"], state["percent"]) == ("done", 100)
    with statements() as sent:
        assert "SHA-256" in browser.get(asked.location).get_data(as_text=True)
    assert len(sent) <= 10, sent
    pdf = browser.get(asked.location + ".pdf")
    assert pdf.headers["Content-Disposition"].startswith("attachment")
    assert world.sign_in(app, world.somebody("assistant")).get(asked.location + ".pdf").status_code == 404
    shown = f"/portal/{world.a.slug}/papers/{paper_id}.pdf"
    assert bens.get(shown).status_code == 404
    assert post(browser, asked.location + "/release").status_code == 303
    assert "交接包" in bens.get(f"/portal/{world.a.slug}/papers").get_data(as_text=True)
    assert bens.get(shown).data == pdf.data
    assert world.sign_in(app, world.somebody("user")).get(shown).status_code == 404
    assert world.sign_in(app, world.somebody("finance")).get(shown).data == pdf.data
    assert post(browser, asked.location + "/release", {"withdraw": "1"}).status_code == 303
    assert bens.get(shown).status_code == 404


def test_it_is_not_there_for_a_stranger(app: Flask, world: World) -> None:
    paper = given.requested(world)
    for person in (world.ben, world.cai):
        browser = world.sign_in(app, person)
        for rest in ("handover", "papers", f"papers/{paper.id}", f"papers/{paper.id}.json", f"papers/{paper.id}.pdf"):
            assert browser.get(f"/t/{world.a.slug}/{rest}").status_code == 404, rest
    assert world.sign_in(app, world.cai).get(f"/portal/{world.a.slug}/papers").status_code == 404
    helper = world.sign_in(app, world.somebody("assistant"))
    assert helper.get(f"/t/{world.a.slug}/handover").status_code == 200
    assert post(helper, f"/t/{world.a.slug}/handover").status_code == 404
