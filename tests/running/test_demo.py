"""The demo: a year of history that holds every rule of the product, and no finding that is current."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest

from service_desk.config import Config
from service_desk.running import demo
from service_desk.web.shell import connect

Db = psycopg.Connection[tuple[object, ...]]


@pytest.fixture(scope="module")
def loaded(config: Config, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, demo.Logins]]:
    connect(config)
    folder = tmp_path_factory.mktemp("var")
    yield folder, demo.load(config, folder, now=datetime.now(UTC))


def test_it_loads(loaded):
    assert loaded[1].made
