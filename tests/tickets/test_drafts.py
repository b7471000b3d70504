"""What was typed and not sent is kept for whoever typed it, and ends when the form has done its work."""

import re
from html import unescape
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.tickets.test_pages import NEW_ON_THE_DESK, opened, url
from tests.world import World, post

ANSWER = {"body": "我再看看", "visibility": "internal"}


def _place(browser: FlaskClient, page: str) -> str:
    """Where the form of this page keeps what stands in it, and asks for it again."""
    found = re.search(r'data-draft="([^"]+)" data-refill', browser.get(page).get_data(as_text=True))
    assert found is not None
    return unescape(found[1])


def _kept(browser: FlaskClient, place: str) -> dict[str, Any]:
    answer = browser.get(place).get_json()
    assert isinstance(answer, dict)
    return dict(answer["fields"])


@pytest.mark.parametrize("form", ["answer", "new"])
def test_it_keeps_what_is_typed_until_the_form_is_sent(app: Flask, world: World, form: str) -> None:
    page, typed = (
        (url(world, opened(world).number), ANSWER)
        if form == "answer"
        else (f"/t/{world.a.slug}/tickets/new", NEW_ON_THE_DESK)
    )
    browser = world.sign_in(app, world.ada)
    place = _place(browser, page)
    assert post(browser, place, typed).get_json() == {"kept": True}
    assert _kept(browser, place) == typed
    assert post(browser, page, typed).status_code == 303
    assert _kept(browser, place) == {}


def test_a_refused_answer_keeps_its_draft(app: Flask, world: World) -> None:
    page = url(world, opened(world).number)
    browser = world.sign_in(app, world.ada)
    place = _place(browser, page)
    post(browser, place, ANSWER)
    assert post(browser, page, {"body": "", "visibility": "internal"}).status_code == 422
    assert _kept(browser, place) == ANSWER


def test_a_draft_is_nobody_elses(app: Flask, world: World) -> None:
    page = url(world, opened(world).number)
    browser = world.sign_in(app, world.ada)
    place = _place(browser, page)
    post(browser, place, ANSWER)
    assert _kept(world.sign_in(app, world.ben), place) == {}
