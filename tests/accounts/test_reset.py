"""A forgotten password: one link, once, for an hour, and never past the second factor."""

import os
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from service_desk.accounts.operations import resetting
from service_desk.accounts.operations.sessions import Browser
from service_desk.lib.errors import NotThere
from service_desk.mail import Mail
from service_desk.scope import person_scope, session
from tests.accounts.people import Member, fresh_browser, give_password, somebody
from tests.world import post

MARK = f"reset-{os.getpid()}"
HERE = Browser("192.0.2.1", "a test")
OTHER = "seven brown hens in the barn"


def _links(pat: Member) -> list[str]:
    with person_scope(pat.id, read_only=True):
        bodies = session().scalars(select(Mail.body).order_by(Mail.id)).all()
    return [link for body in bodies for link in re.findall(r"http://desk\.test(/reset/\S+)", body)]


def test_it_sets_a_new_password_once_and_ends_every_session(app: Flask) -> None:
    pat, browser, signed_in = somebody(MARK), fresh_browser(app), fresh_browser(app)
    give_password(signed_in, pat.email)
    assert post(browser, "/forgotten", {"email": pat.email}).status_code == 200
    (link,) = _links(pat)
    assert browser.get(link).status_code == 200
    assert post(browser, link, {"password": "short"}).status_code == 422
    assert post(browser, link, {"password": OTHER}).headers["Location"] == "/sign-in"
    assert browser.get(link).status_code == 404
    assert signed_in.get("/me").status_code == 302
    assert give_password(fresh_browser(app), pat.email, OTHER).status_code == 303


def test_it_answers_the_same_for_an_unknown_address(app: Flask) -> None:
    pat = somebody(MARK)
    known = post(fresh_browser(app), "/forgotten", {"email": pat.email})
    unknown = post(fresh_browser(app), "/forgotten", {"email": f"nobody-{pat.email}"})
    strip = re.compile(r'(csrf-token" content|csrf_token" value)="[^"]+"')
    assert known.status_code == unknown.status_code
    assert strip.sub("", known.text) == strip.sub("", unknown.text)


def test_it_ends_a_link_when_a_newer_one_is_sent_or_the_password_changes(app: Flask) -> None:
    pat, browser = somebody(MARK), fresh_browser(app)
    for _ in range(2):
        post(browser, "/forgotten", {"email": pat.email})
    older, newer = _links(pat)
    assert browser.get(older).status_code == 404
    assert browser.get(newer).status_code == 200
    signed_in = fresh_browser(app)
    give_password(signed_in, pat.email)
    from tests.accounts.people import PASSWORD

    assert post(signed_in, "/me/password", {"current": PASSWORD, "password": OTHER}).status_code == 303
    assert browser.get(newer).status_code == 404


def test_it_ends_after_an_hour(app: Flask) -> None:
    pat, now = somebody(MARK), datetime.now(UTC)
    with app.app_context():
        resetting.request_reset(pat.email, HERE, now)
    token = _links(pat)[0].rpartition("/")[2]
    assert resetting.reset_is_open(token, now + timedelta(minutes=59))
    assert not resetting.reset_is_open(token, now + timedelta(minutes=61))


def test_it_takes_a_link_once_of_twenty_at_a_time(app: Flask) -> None:
    pat, now = somebody(MARK), datetime.now(UTC)
    with app.app_context():
        resetting.request_reset(pat.email, HERE, now)
    token = _links(pat)[0].rpartition("/")[2]

    def redeem(number: int) -> bool:
        try:
            resetting.reset_password(token, f"{OTHER} {number}", HERE, now)
        except NotThere:
            return False
        return True

    with ThreadPoolExecutor(8) as many:
        assert sum(many.map(redeem, range(20))) == 1


def test_it_does_not_go_past_the_second_factor(app: Flask) -> None:
    pat, browser = somebody(MARK, with_factor=True), fresh_browser(app)
    post(browser, "/forgotten", {"email": pat.email})
    post(browser, _links(pat)[0], {"password": OTHER})
    assert browser.get("/me").status_code == 302
    assert give_password(browser, pat.email, OTHER).headers["Location"] == "/sign-in/code"


@pytest.mark.parametrize("host", ["evil.example", "desk.test.evil.example"])
def test_it_never_takes_an_address_from_the_request(app: Flask, host: str) -> None:
    pat, browser = somebody(MARK), fresh_browser(app)
    refused = browser.get("/forgotten", headers={"Host": host})
    assert refused.status_code == 400
    post(browser, "/forgotten", {"email": pat.email}, headers={"X-Forwarded-Host": host})
    with person_scope(pat.id, read_only=True):
        assert all(host not in body for body in session().scalars(select(Mail.body)))
    assert len(_links(pat)) == 1
