"""Hashing is cheap in these tests, except where its cost is what is tried."""

import pytest
from argon2 import PasswordHasher

from service_desk.accounts import passwords


@pytest.fixture
def real_hashing() -> None:
    """For a test that is about the cost of hashing."""


@pytest.fixture(autouse=True)
def _cheap_hashing(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if "real_hashing" not in request.fixturenames:
        cheap = PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1)
        monkeypatch.setattr(passwords, "_hasher", cheap)
        nobodys = cheap.hash("a password that opens nothing")
        monkeypatch.setattr(passwords, "_nobodys", lambda: nobodys)
