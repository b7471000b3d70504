"""A connection of client A to a fixture U8, made through the pages."""

from pathlib import Path
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import select

from service_desk.jobs import Job, perform
from service_desk.running.demo.u8_fixture import Faults, build
from service_desk.scope import session, tenant_scope
from tests.world import World, post

SECRET = "canary-Zq7vk-密码;PWD={x}"


def form(folder: Path, **changes: Any) -> dict[str, Any]:
    """The filled form of a connection to the fixture in this folder."""
    filled = {
        "name": "U8",
        "environment": "production",
        "set_host": "127.0.0.1",
        "set_port": "１４３３",  # full-width, as an input method leaves it
        "set_user": "reader",
        "secret_password": SECRET,
        "set_encryption": "off",
        "set_driver": "fixture",
        "set_folder": str(folder),
    }
    return {**filled, **changes}


def connect(ada: FlaskClient, world: World, folder: Path, faults: Faults | None = None, **changes: Any) -> str:
    """Build the fixture, add the connection; returns the address of its page."""
    build(folder, faults or Faults())
    answer = post(ada, f"/t/{world.a.slug}/connections/new?kind=yonyou_u8", form(folder, **changes))
    assert answer.status_code == 303, answer.text
    return answer.headers["Location"].removesuffix("/probe")


def run_probes(world: World) -> None:
    """Do the probes that wait, as a worker does."""
    with tenant_scope(world.a.id, world.ada_actor):
        waiting = list(session().scalars(select(Job.id).where(Job.kind == "probe", Job.state == "queued")))
    for job in waiting:
        perform(job)
