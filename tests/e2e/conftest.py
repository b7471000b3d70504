"""One desk and one browser for all walks; one process of the test run takes them all, in this order."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.e2e.browser import launch
from tests.e2e.installation import Desk, running_desk

HERE = Path(__file__).parent


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Walks share one desk, so they stay together; the start of it takes longer than a test may.

    First of all hooks, because the one that hands out the groups reads the marks when it is called.
    """
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.xdist_group("e2e"))
            item.add_marker(pytest.mark.timeout(400))


@pytest.fixture(scope="session")
def desk() -> Iterator[Desk]:
    """The demo, freshly loaded, with its web server, workers and clock."""
    with running_desk() as running:
        yield running


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """Chromium."""
    with sync_playwright() as playwright:
        started = launch(playwright, tmp_path_factory.mktemp("chromium"))
        yield started
        started.close()
