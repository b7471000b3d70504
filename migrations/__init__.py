"""Alembic migrations and the walls they build."""

from pathlib import Path


def sql(name: str) -> str:
    """The text of one of the SQL files beside this one."""
    return (Path(__file__).parent / name).read_text(encoding="utf-8")


def sql_texts() -> list[str]:
    """The texts of all of them."""
    return [sql(file.name) for file in sorted(Path(__file__).parent.glob("*.sql"))]
