"""The engine of a client, as the tests of checks build it."""

from tests.checks.conftest import engine, make_engine

__all__ = ["engine", "make_engine"]
