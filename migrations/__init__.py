"""Alembic migrations and the walls they build."""

from pathlib import Path


def sql(name: str) -> str:
    """The text of one of the SQL files beside this one."""
    return (Path(__file__).parent / name).read_text(encoding="utf-8")
