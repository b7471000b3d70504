"""A page asks the database few questions, however many rows it shows."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask import Flask

from service_desk.scope import tenant_scope
from service_desk.tenants.operations import create_tenant
from service_desk.tenants.operations.contacts import save_contact
from service_desk.tenants.operations.leavers import LeaverLine, add_leavers
from tests.counting import statements
from tests.tenants.erp import connect
from tests.world import World

MOST = 10


@pytest.mark.parametrize(
    "path",
    ["/clients", "/settings", "/settings/people", "/settings/audit", "/me", "/t/{slug}/people", "/t/{slug}/edit",
     "/t/{slug}/people/leavers", "/t/{slug}/connections", "{connection}", "{connection}/edit", "/t/{slug}/audit"],
)  # fmt: skip
def test_it_asks_little(app: Flask, world: World, tmp_path: Path, path: str) -> None:
    ada = world.sign_in(app, world.ada)
    connection = connect(ada, world, tmp_path)
    for number in range(3):
        create_tenant(world.practice_id, world.ada_actor, f"Company {number}")
        with tenant_scope(world.a.id, world.ada_actor, practice_id=world.practice_id):
            save_contact(None, {"name": f"Contact {number}"})
            add_leavers([LeaverLine(f"Leaver {number}", "", None)], datetime.now(UTC))
    with statements() as sent:
        assert ada.get(path.format(slug=world.a.slug, connection=connection)).status_code == 200
    assert len(sent) <= MOST, "\n".join(sent)
