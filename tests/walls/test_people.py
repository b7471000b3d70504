"""The people of the tests reach what their role says, and post forms as a browser does."""

from flask import Flask

from tests.walls.matrix import CLIENT, DESK
from tests.world import World, post


def test_it_gives_every_role_a_person(app: Flask, world: World) -> None:
    people = [world.somebody(role) for role in (*DESK, *CLIENT, "successor")]
    assert len({person.id for person in people}) == len(people)
    assert world.somebody("owner") == world.ada
    assert world.somebody("boss", world.b) == world.cai


def test_it_refuses_a_form_without_the_token_and_takes_one_with_it(app: Flask, world: World) -> None:
    browser = world.sign_in(app, world.ada)
    assert browser.post("/nowhere").status_code in (400, 404)
    assert post(browser, "/nowhere").status_code == 404
