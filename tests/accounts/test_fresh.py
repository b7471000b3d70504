"""A grave step asks for the password again and loses nothing that was typed."""

import os
from pathlib import Path

import psycopg
from flask import Flask

from tests.accounts.people import PASSWORD, give_password_to_ada
from tests.tenants.erp import SECRET, form
from tests.world import World, post

MARK = f"fresh-{os.getpid()}"


def _grown_old(world: World, db: "psycopg.Connection[tuple[object, ...]]") -> None:
    db.execute("UPDATE web_session SET created_at = created_at - interval '6 minutes' WHERE person_id = %s",
               [world.ada.id])  # fmt: skip


def test_it_asks_again_and_carries_the_form_without_its_secrets(
    app: Flask, world: World, tmp_path: Path, owner_db: "psycopg.Connection[tuple[object, ...]]"
) -> None:
    give_password_to_ada(world)
    _grown_old(world, owner_db)
    ada, url = world.sign_in(app, world.ada), f"/t/{world.a.slug}/connections/new?kind=yonyou_u8"
    assert ada.get(url).headers["Location"].startswith("/confirm?next=")
    asked = post(ada, url, form(tmp_path))
    assert asked.status_code == 403
    assert 'name="set_user"' in asked.text
    assert SECRET not in asked.text
    carried = {**form(tmp_path), "confirm_for": url, "confirm_sends": "yes"}
    carried.pop("secret_password")
    assert post(ada, "/confirm", {**carried, "proof": "wrong"}).status_code == 422
    answer = post(ada, "/confirm", {**carried, "proof": PASSWORD})
    assert answer.status_code == 307
    assert answer.headers["Location"] == url
    assert ada.get(url).status_code == 200


def test_it_goes_on_to_this_place_alone(app: Flask, world: World) -> None:
    give_password_to_ada(world)
    ada = world.sign_in(app, world.ada)
    answer = post(ada, "/confirm", {"proof": PASSWORD, "confirm_for": "//evil.example/x"})
    assert answer.headers["Location"] == "/"
