"""Who tries too often waits; nobody can make somebody else wait; Redis may be away."""

import os
from collections.abc import Iterator
from dataclasses import replace

import pytest
from flask import Flask

from service_desk.accounts.limits import limiter
from service_desk.config import Config
from service_desk.jobs import Bell
from service_desk.scope import Walls
from tests.accounts.people import fresh_browser, give_password, somebody
from tests.world import post

MARK = f"limits-{os.getpid()}"
WRONG = "wrong wrong wrong"


def test_it_stops_one_address_and_not_the_victim(app: Flask) -> None:
    pat, attacker = somebody(MARK), fresh_browser(app)
    answers = [give_password(attacker, pat.email, WRONG).status_code for _ in range(12)]
    assert answers == [422] * 10 + [429] * 2
    stopped = give_password(attacker, pat.email)
    assert stopped.status_code == 429
    assert "<h1" in stopped.text
    assert 14 * 60 <= int(stopped.headers["Retry-After"]) <= 15 * 60 + 1
    assert "14 分钟" in stopped.text or "15 分钟" in stopped.text
    assert give_password(fresh_browser(app), pat.email).status_code == 303


def test_it_does_not_count_what_succeeds(app: Flask) -> None:
    pat, browser = somebody(MARK), fresh_browser(app)
    assert {give_password(browser, pat.email).status_code for _ in range(12)} == {303}


def test_it_holds_many_addresses_back_and_lets_a_known_browser_in(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    from service_desk.accounts import passwords

    pat, known = somebody(MARK), fresh_browser(app)
    assert give_password(known, pat.email).status_code == 303
    monkeypatch.setattr(passwords, "fits", lambda _stored, password: password != WRONG)  # hashing is tried elsewhere
    for _ in range(20):
        botnet = fresh_browser(app)
        for _ in range(5):
            assert give_password(botnet, pat.email, WRONG).status_code == 422
    assert give_password(fresh_browser(app), pat.email, WRONG).status_code == 429
    assert give_password(known, pat.email).status_code == 303


def test_it_takes_a_visitors_address_from_nobody_but_the_proxies_named(app: Flask) -> None:
    pat, attacker = somebody(MARK), fresh_browser(app)
    answers = [
        give_password(attacker, pat.email, WRONG, headers={"X-Forwarded-For": f"198.51.100.{n}"}).status_code
        for n in range(12)
    ]
    assert 429 in answers


def test_it_does_not_let_a_form_choose_whose_codes_are_counted(app: Flask) -> None:
    pat, attacker = somebody(MARK, with_factor=True), fresh_browser(app)
    give_password(attacker, pat.email)
    answers = [
        post(attacker, "/sign-in/code", {"code": "000000", "email": f"x{n}@example.test"}).status_code
        for n in range(12)
    ]
    assert answers[-1] == 429


@pytest.fixture
def without_redis(app: Flask, config: Config) -> Iterator[Flask]:
    """The same application, whose Redis does not answer."""
    from service_desk import create_app

    kept, engine, bell = dict(vars(limiter)), Walls.engine, Bell.redis
    yield create_app(replace(config, redis_url="redis://127.0.0.1:9/0"), TESTING=True, SERVER_NAME="desk.test")
    Walls.engine.dispose()
    Walls.install(engine, config.scope_key)
    Bell.redis = bell
    vars(limiter).update(kept)


def test_it_signs_in_when_redis_is_away(without_redis: Flask) -> None:
    pat = somebody(MARK)
    assert give_password(fresh_browser(without_redis), pat.email).status_code == 303
    attacker = fresh_browser(without_redis)
    assert 429 in [give_password(attacker, pat.email, WRONG).status_code for _ in range(12)]
