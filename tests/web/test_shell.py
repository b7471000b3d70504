"""What every answer carries, and what people are told when something is not there or went wrong."""

from dataclasses import replace

import pytest
from flask import Flask, url_for
from flask.testing import FlaskClient
from flask_babel import force_locale, gettext

from tests.world import World


def test_it_sends_a_policy_that_runs_nothing_from_elsewhere(app: Flask, world: World) -> None:
    answer = world.sign_in(app, world.ada).get("/")
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "no-store"


def test_it_puts_no_style_and_no_script_into_a_page(app: Flask, world: World) -> None:
    page = world.sign_in(app, world.ada).get("/").text
    assert "<style" not in page
    assert " style=" not in page
    assert "<script>" not in page
    assert "onclick" not in page


def test_it_brings_a_stranger_to_the_sign_in_page_and_back(client: FlaskClient) -> None:
    answer = client.get("/clients?state=crit")
    assert answer.status_code == 302
    assert "next=/clients?state%3Dcrit" in answer.headers["Location"]


def test_it_answers_an_unknown_host_with_400(client: FlaskClient) -> None:
    assert client.get("/", headers={"Host": "evil.example"}).status_code == 400


def test_it_does_not_tell_a_foreign_page_from_a_missing_one(app: Flask, world: World) -> None:
    cai = world.sign_in(app, world.cai)
    foreign, missing = cai.get(f"/portal/{world.a.slug}/"), cai.get("/portal/no-such-client/")
    assert foreign.status_code == missing.status_code == 404
    assert foreign.data == missing.data


@pytest.mark.parametrize(
    ("wish", "lang"),
    [("en-GB,en;q=0.9", "en"), ("zh-CN,zh;q=0.9", "zh-Hans"), ("de,fr;q=0.5", "zh-Hans"), ("", "zh-Hans")],
)
def test_it_speaks_chinese_unless_english_is_asked_for(client: FlaskClient, wish: str, lang: str) -> None:
    page = client.get("/no-such-page", headers={"Accept-Language": wish}).text
    assert f'<html lang="{lang}"' in page


def test_it_keeps_the_session_cookie_from_scripts(client: FlaskClient) -> None:
    cookie = client.get("/sign-in").headers.get("Set-Cookie", "")
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie


@pytest.mark.parametrize(("address", "kept"), [("https://desk.test", "max-age=31536000"), ("http://desk.test", None)])
def test_it_keeps_browsers_on_tls_where_people_reach_it_over_tls(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch, address: str, kept: str | None
) -> None:
    monkeypatch.setitem(app.config, "DESK", replace(app.config["DESK"], base_url=address))
    for page in ("/healthz", "/no-such-page", "/"):
        assert client.get(page).headers.get("Strict-Transport-Security") == kept


def test_it_lets_browsers_keep_what_carries_its_content_in_its_address(app: Flask, client: FlaskClient) -> None:
    with app.test_request_context():
        address = url_for("static", filename="desk.js")
    with client.get(address) as answer:
        assert answer.status_code == 200
        assert "immutable" in answer.headers["Cache-Control"]
    missing = client.get(address.replace("desk.js", "no-such-file.js"))
    assert (missing.status_code, missing.headers["Cache-Control"]) == (404, "no-store")


def test_it_changes_the_language_of_its_words_within_a_request(app: Flask) -> None:
    with app.test_request_context(headers={"Accept-Language": "en"}):
        assert gettext("Please sign in first.") == "Please sign in first."
        with force_locale("zh_Hans_CN"):
            assert gettext("Please sign in first.") != "Please sign in first."
        assert gettext("Please sign in first.") == "Please sign in first."
