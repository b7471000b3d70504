"""What an agent keeps on its machine: whole or not at all, and closed to others."""

import os
from pathlib import Path

import pytest

from connectors.agent.desk import BadAddress, Desk
from connectors.agent.home import Home, Unsafe, must_be_closed
from connectors.agent.looking import MOST_BYTES, fitted, pushes
from connectors.agent.turns import with_companions


def test_a_file_is_whole_or_the_old_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here = Home(tmp_path / "home")
    here.make()
    here.write("state.json", {"名": 1})
    assert here.read("state.json") == {"名": 1}

    def cut(_number: int) -> None:
        raise OSError("the power is gone")

    monkeypatch.setattr(os, "fsync", cut)
    with pytest.raises(OSError, match="power"):
        here.write("state.json", {"名": 2})
    assert here.read("state.json") == {"名": 1}
    assert [path.name for path in here.folder.iterdir()] == ["state.json"]
    for broken in ("", "{", "[]", "null"):
        (here.folder / "state.json").write_text(broken, "utf-8")
        assert here.read("state.json") == {}


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o666])
def test_a_file_that_others_may_read_is_refused(tmp_path: Path, mode: int) -> None:
    given = tmp_path / "secrets.json"
    given.write_text("{}", "utf-8")
    given.chmod(mode)
    with pytest.raises(Unsafe, match="chmod 600"):
        must_be_closed(given)
    given.chmod(0o600)
    must_be_closed(given)


def test_a_folder_that_somebody_else_prepared_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    there = tmp_path / "home"
    there.mkdir(mode=0o700)
    Home(there).make()
    there.chmod(0o755)
    with pytest.raises(Unsafe, match="chmod 700"):
        Home(there).make()
    there.chmod(0o700)
    monkeypatch.setattr(os, "geteuid", lambda: there.stat().st_uid + 1)
    with pytest.raises(Unsafe, match="somebody else"):
        Home(there).make()


@pytest.mark.parametrize(
    "url", ["http://desk.example.com", "ftp://x", "desk.example.com", "https://", "http://10.0.0.1"]
)
def test_an_address_in_the_clear_is_refused(url: str) -> None:
    with pytest.raises(BadAddress):
        Desk(url, "token")


def test_a_visit_that_is_too_large_is_handed_over_in_parts_and_says_what_was_cut() -> None:
    def look(kind: str, facts: int, size: int) -> dict[str, object]:
        return {"kind": kind, "facts": [{"text": "x" * size}] * facts, "truncated": False}

    made = pushes(
        7, [look("reachable", 1, 10), look("stock", 900, 2000), look("users", 900, 2000), look("huge", 9000, 2000)]
    )
    assert [[one["kind"] for one in push["looks"]] for push in made] == [["reachable", "stock"], ["users"], ["huge"]]
    assert [one["truncated"] for push in made for one in push["looks"]] == [False, False, False, True]
    assert all(len(str(push)) < MOST_BYTES * 1.1 for push in made)
    assert len({push["id"] for push in made}) == 3


def test_a_wire_that_is_not_there_is_replaced_by_the_one_it_has(monkeypatch: pytest.MonkeyPatch) -> None:
    from connectors.agent import looking

    assert fitted({"driver": "FreeTDS", "host": "x"})["driver"] == "FreeTDS"
    monkeypatch.setattr(looking, "find_spec", lambda _name: None)
    assert fitted({"driver": "FreeTDS", "host": "x"}) == {"driver": "pytds", "host": "x"}
    assert fitted({"driver": "thin"}) == {"driver": "thin"}
    assert fitted({}) == {}


def test_what_is_judged_side_by_side_comes_at_the_pace_of_the_slowest() -> None:
    kinds = {"a": {"every_s": 60}, "b": {"every_s": 300}, "c": {"every_s": 60}}
    connection = {"kinds": kinds, "together": [["a", "b", "not told here"]]}
    assert with_companions(connection, ["a"]) == ["a"]
    assert with_companions(connection, ["b", "c"]) == ["b", "c", "a"]
    assert with_companions({"kinds": kinds}, ["b"]) == ["b"]
