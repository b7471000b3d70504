"""The portal: its first page says of the tickets what their list says, and every page who looks after the client."""

from datetime import UTC, datetime

import pytest
from flask import Flask

from service_desk.scope import tenant_scope
from service_desk.tenants.operations import change_tenant
from service_desk.tickets import operations
from tests.world import World


@pytest.mark.parametrize(("role", "sees"), [("boss", True), ("it_contact", True), ("finance", False), ("user", False)])
def test_it_names_the_tickets_of_others_to_whoever_may_open_them(
    app: Flask, world: World, role: str, sees: bool
) -> None:
    with tenant_scope(world.a.id, world.ada_actor, practice_id=world.practice_id):
        operations.open_ticket(title="工资表打不开", body="", source="phone", author_name="Ada", now=datetime.now(UTC))
    browser = world.sign_in(app, world.somebody(role))
    for page in ("", "tickets"):
        assert ("工资表打不开" in browser.get(f"/portal/{world.a.slug}/{page}").text) is sees


def test_it_says_on_every_page_who_looks_after_the_client(app: Flask, world: World) -> None:
    browser, pages = world.sign_in(app, world.ben), [f"/portal/{world.a.slug}/{page}" for page in ("", "tickets")]
    assert not any("维护</footer>" in browser.get(page).text for page in pages)
    with tenant_scope(world.a.id, world.ada_actor, practice_id=world.practice_id):
        change_tenant({"engineer_name": "Ada <&> Co"})
    assert all("由 Ada &lt;&amp;&gt; Co 维护</footer>" in browser.get(page).text for page in pages)
