"""Signing in: one answer for every failure, one code once, sessions that end."""

import os
import statistics
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import psycopg
import pytest
from argon2 import PasswordHasher
from flask import Flask

from service_desk.accounts import passwords
from service_desk.accounts.models import Person, WebSession
from service_desk.accounts.operations import signing_in
from service_desk.accounts.operations.sessions import Browser
from service_desk.accounts.operations.signing_in import CodeNeeded
from service_desk.scope import person_scope, session
from tests.accounts.people import PASSWORD, fresh_browser, give_password, somebody
from tests.world import World, post

MARK = str(os.getpid())
HERE = Browser("192.0.2.1", "a test")


def test_it_signs_in_and_out(app: Flask) -> None:
    pat, browser = somebody(MARK), fresh_browser(app)
    assert give_password(browser, pat.email.upper()).status_code == 303
    assert browser.get("/me").status_code == 200
    with browser.session_transaction() as cookie:
        kept = dict(cookie)
    assert post(browser, "/sign-out").status_code == 303
    with browser.session_transaction() as cookie:
        cookie.update(kept)
    assert browser.get("/me").headers["Location"].startswith("/sign-in")


@pytest.mark.parametrize("password", ["wrong wrong wrong", "", "x" * 5000])
def test_it_refuses_a_wrong_password(app: Flask, password: str) -> None:
    pat, browser = somebody(MARK), fresh_browser(app)
    assert give_password(browser, pat.email, password).status_code == 422
    assert browser.get("/me").status_code == 302


def test_it_answers_the_same_for_an_unknown_address(app: Flask) -> None:
    pat = somebody(MARK)
    known = give_password(fresh_browser(app), pat.email, "wrong wrong wrong")
    unknown = give_password(fresh_browser(app), "nobody-" + pat.email, "wrong wrong wrong")
    hidden = [answer.text.replace("nobody-", "") for answer in (known, unknown)]
    assert known.status_code == unknown.status_code
    assert _without_token(hidden[0]) == _without_token(hidden[1])


def _without_token(page: str) -> str:
    return "\n".join(part.split('"', 1)[-1] for part in page.split('csrf_token" value="'))[-900:]


def test_it_takes_the_same_time_for_an_unknown_address(app: Flask, real_hashing: None) -> None:
    pat = somebody(MARK)

    def took(email: str) -> float:
        start = time.perf_counter()
        signing_in.give_password(email, "wrong wrong wrong", HERE, datetime.now(UTC))
        return time.perf_counter() - start

    pairs = [(took(pat.email), took("nobody-" + pat.email)) for _ in range(9)]
    known, unknown = (statistics.median(times) for times in zip(*pairs, strict=True))
    assert 0.6 < known / unknown < 1.67


def test_it_hashes_again_when_the_parameters_change(app: Flask, real_hashing: None) -> None:
    pat = somebody(MARK)
    weak = PasswordHasher(time_cost=1, memory_cost=8192, parallelism=1).hash(passwords.normal(PASSWORD))
    with person_scope(pat.id):
        session().get_one(Person, pat.id).password_hash = weak
    assert give_password(fresh_browser(app), pat.email).status_code == 303
    with person_scope(pat.id):
        stored = session().get_one(Person, pat.id).password_hash
    assert stored != weak
    assert stored is not None
    assert not passwords.outdated(stored)


def test_it_asks_for_the_code_before_there_is_a_session(app: Flask) -> None:
    pat, browser = somebody(MARK, with_factor=True), fresh_browser(app)
    assert give_password(browser, pat.email).headers["Location"] == "/sign-in/code"
    assert browser.get("/me").status_code == 302
    assert post(browser, "/sign-in/code", {"code": "000000"}).status_code == 422
    assert post(browser, "/sign-in/code", {"code": pat.code()}).status_code == 303
    assert browser.get("/me").status_code == 200


def test_it_takes_a_code_once(app: Flask) -> None:
    pat, first, second = somebody(MARK, with_factor=True), fresh_browser(app), fresh_browser(app)
    code = pat.code()
    for browser in (first, second):
        give_password(browser, pat.email)
    assert post(first, "/sign-in/code", {"code": code}).status_code == 303
    give_password(second, pat.email)
    assert post(second, "/sign-in/code", {"code": code}).status_code == 422


def test_it_takes_a_code_once_of_twenty_at_a_time(app: Flask) -> None:
    pat, now = somebody(MARK, with_factor=True), datetime.now(UTC)
    half = signing_in.give_password(pat.email, PASSWORD, HERE, now)
    assert isinstance(half, CodeNeeded)
    code = pat.code()
    with ThreadPoolExecutor(20) as many:
        found = list(many.map(lambda _: signing_in.give_code(half.token, code, HERE, now), range(20)))
    assert sum(one is not None for one in found) == 1
    with person_scope(pat.id):
        assert session().query(WebSession).count() == 1


def test_it_takes_a_recovery_code_once(app: Flask) -> None:
    from service_desk.accounts.operations.second_factor import renew_recovery_codes

    pat = somebody(MARK, with_factor=True)
    with person_scope(pat.id):
        code = renew_recovery_codes()[0]
    for expected in (303, 422):
        browser = fresh_browser(app)
        give_password(browser, pat.email)
        typed = code.lower().replace("-", " ")
        assert post(browser, "/sign-in/code", {"code": typed}).status_code == expected


def test_it_gives_a_fresh_token_at_sign_in(app: Flask) -> None:
    pat, browser = somebody(MARK), fresh_browser(app)
    with browser.session_transaction() as cookie:
        cookie["token"], cookie["planted"] = "chosen by an attacker", "yes"
    give_password(browser, pat.email)
    with browser.session_transaction() as cookie:
        assert cookie["token"] != "chosen by an attacker"
        assert "planted" not in cookie


def test_it_leads_a_desk_person_to_the_second_factor_first(app: Flask, world: World) -> None:
    from service_desk.accounts.operations.people import join
    from service_desk.scope import practice_scope

    pat, browser = somebody(MARK), fresh_browser(app)
    with practice_scope(world.practice_id, world.ada_actor, writing=True):
        join(pat.id, "engineer", "Pat", pat.email, datetime.now(UTC))
    give_password(browser, pat.email)
    for path in ("/me", "/settings", f"/t/{world.a.slug}/people"):
        assert browser.get(path).headers["Location"] == "/me/second-factor"
    assert browser.get("/me/second-factor").status_code == 200


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:x"])
def test_it_never_goes_on_to_another_place(app: Flask, target: str) -> None:
    pat = somebody(MARK)
    answer = post(
        fresh_browser(app), "/sign-in", {"email": pat.email, "password": PASSWORD}, query_string={"next": target}
    )
    assert answer.headers["Location"] == "/home"


def test_it_does_not_open_to_somebody_disabled(app: Flask, owner_db: "psycopg.Connection[tuple[object, ...]]") -> None:
    from service_desk.accounts.operations.people import disable_person

    pat, browser = somebody(MARK), fresh_browser(app)
    give_password(browser, pat.email)
    disable_person(pat.email, datetime.now(UTC))
    assert browser.get("/me").status_code == 302
    assert give_password(fresh_browser(app), pat.email).status_code == 422
    left = owner_db.execute("SELECT count(*) FROM web_session WHERE person_id = %s", [pat.id]).fetchone()
    assert left == (0,)


def test_it_ends_every_session_of_a_changed_role(app: Flask, world: World) -> None:
    from service_desk.accounts.operations.people import change_role, join
    from service_desk.scope import practice_scope

    pat, browser = somebody(MARK), fresh_browser(app)
    with practice_scope(world.practice_id, world.ada_actor, writing=True):
        member = join(pat.id, "engineer", "Pat", pat.email, datetime.now(UTC))
    give_password(browser, pat.email)
    assert browser.get("/me/second-factor").status_code == 200
    with practice_scope(world.practice_id, world.ada_actor, writing=True):
        change_role(member.id, "assistant")
    assert browser.get("/me/second-factor").headers["Location"].startswith("/sign-in")
