"""Prices and debts stay with those who see money, on every page that is composed of several features."""

import pytest
from flask import Flask

from service_desk.billing import operations as billing
from tests.billing import given
from tests.world import World


@pytest.mark.parametrize(
    ("role", "sees"), [("owner", True), ("engineer", True), ("assistant", False), ("successor", False)]
)
def test_it_tells_the_rate_of_a_client_only_to_whoever_sees_money(
    app: Flask, world: World, role: str, sees: bool
) -> None:
    given.contract(world)
    answer = world.sign_in(app, world.somebody(role)).get(f"/t/{world.a.slug}/")
    assert answer.status_code == 200
    assert ("¥400.00" in answer.text) is sees


@pytest.mark.parametrize(("role", "sees"), [("owner", True), ("engineer", True), ("assistant", False)])
def test_it_names_what_a_client_owes_only_to_whoever_sees_money(
    app: Flask, world: World, role: str, sees: bool
) -> None:
    given.rates(world)
    invoice = given.drafted(world, 1)
    with given.inside(world):
        billing.issue(invoice.id, given.NOW.replace(month=3))
    browser = world.sign_in(app, world.somebody(role))
    for page in ("/", "/today/rows"):
        assert ("¥600.00" in browser.get(page).text) is sees
