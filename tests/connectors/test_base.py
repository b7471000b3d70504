"""What the base gives every connector: one failing kind never darkens another, and time is bounded."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from connectors.base import (
    AccountSet,
    Connector,
    ConnectorError,
    Deadline,
    Field,
    Need,
    Seen,
    Spot,
    Step,
    checked_settings,
    fact,
    walked,
)
from connectors.facts import User


class Toy(Connector[str]):
    """A connector whose tasks are always broken and whose stock is refused."""

    kind = "toy"
    label = "Toy"
    fields = (Field(name="host", label="Host", required=True), Field(name="password", label="Password", type="secret"))
    cannot = {"backups": "toys are not backed up"}  # noqa: RUF012 - as the connectors write it

    @contextmanager
    def open(self, deadline: Deadline) -> Iterator[str]:
        if self.settings["host"] == "away":
            raise ConnectorError("closed_port", {"host": "away", "port": 1})
        yield "session"

    def probe(self, deadline: Deadline) -> Iterator[Step]:
        return walked([])

    def list_account_sets(self, session: str) -> list[AccountSet]:
        return [AccountSet(code="1", name="One"), AccountSet(code="2", name="Two")]

    def check_need(self, session: str, need: Need, account_set: AccountSet | None) -> None:
        raise ConnectorError("lock_timeout")

    @fact("users", per="connection")
    def users(self, session: str, spot: Spot) -> Seen:
        return Seen(facts=[User(seen_at=spot.seen_at, login="ada", enabled=True)])

    @fact("tasks", per="connection", needs=[Need(table="t", columns=())])
    def tasks(self, session: str, spot: Spot) -> Seen:
        raise TypeError("hunter2-hunter2")

    @fact("stock", per="account_set")
    def stock(self, session: str, spot: Spot) -> Seen:
        if spot.code == "2":
            raise ConnectorError("missing_right", {"table": "stock"})
        return Seen(truncated=True)


def looks(host: str = "here", seconds: float = 5, codes: list[str] | None = None) -> dict[Any, Any]:
    """(kind, account set) -> look."""
    kinds = ["users", "tasks", "stock", "backups", "periods"]
    found = Toy({"host": host}, {}).collect(kinds, Deadline(seconds), codes)
    return {(look.kind, look.account_set): look for look in found}


def test_each_kind_and_account_set_stands_for_itself() -> None:
    found = looks()
    assert found["users", None].facts
    assert found["tasks", None].unknown.reason == "reader_failed"
    assert "hunter2" not in repr(found)
    assert found["stock", "1"].truncated
    assert found["stock", "2"].unknown.reason == "missing_right"
    assert found["backups", None].unknown.params == {"missing": "toys are not backed up"}
    assert found["periods", None].unknown.reason == "unsupported"


def test_a_budget_that_is_spent_is_unknown_and_not_empty() -> None:
    assert {look.unknown.reason for key, look in looks(seconds=0).items() if key[0] in ("users", "stock")} == {
        "budget_spent"
    }


def test_a_server_that_is_away_is_unknown_for_everything_that_it_holds() -> None:
    assert looks("away")["users", None].unknown.reason == "closed_port"


def test_only_wanted_account_sets_are_read() -> None:
    found = looks(codes=["2", "9"])
    assert ("stock", "1") not in found
    assert found["stock", "9"].unknown.reason == "unknown_account_set"


def test_capabilities_tell_what_could_not_be_found_out() -> None:
    found = {one.kind: one.state for one in Toy({"host": "x"}, {}).capabilities(Deadline(5))}
    assert (found["users"], found["tasks"], found["periods"]) == ("supported", "unknown", "unsupported")


def test_a_probe_ends_at_the_first_error_and_puts_it_where_it_belongs() -> None:
    def fails() -> Iterator[Step]:
        raise ConnectorError("unknown_database", {"database": "x"})

    steps = list(walked([("name", lambda: [Step(name="name", state="ok")]), ("login", fails), ("version", fails)]))
    assert [(step.name, step.state) for step in steps] == [("name", "ok"), ("database", "failed")]


@pytest.mark.parametrize(
    ("field", "value", "fits"),
    [
        (Field(name="f", label="F", required=True), "", False),
        (Field(name="f", label="F"), None, True),
        (Field(name="f", label="F"), "a\x00b", False),
        (Field(name="f", label="F", type="integer"), "1433", False),
        (Field(name="f", label="F", type="integer"), True, False),
        (Field(name="f", label="F", type="integer", default=5), None, True),
        (Field(name="f", label="F", type="flag"), 1, False),
        (Field(name="f", label="F", type="choice", choices={"a": "A"}), "b", False),
        (Field(name="f", label="F", type="choice", choices={"a": "A"}), "a", True),
    ],
)
def test_it_checks_settings_strictly(field: Field, value: Any, fits: bool) -> None:
    if fits:
        assert checked_settings([field], {"f": value}, {}) == {"f": field.default if value is None else value}
        return
    with pytest.raises(ConnectorError) as caught:
        checked_settings([field], {"f": value}, {})
    assert (caught.value.reason, caught.value.field) == ("bad_settings", "f")


def test_errors_survive_their_trip_as_json() -> None:
    error = ConnectorError("missing_right", {"table": "t"}, grant="GRANT x", right="SELECT", field="user")
    again = ConnectorError.from_json(error.to_json())
    assert again.to_json() == error.to_json()
    assert (again.permanent, again.down) == (True, False)
