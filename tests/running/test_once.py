"""One desk at a time: a second start says where the first one answers, and waits for what is being put away."""

import json
import os
import socket
from pathlib import Path

import pytest

from service_desk.running import desk
from service_desk.running.once import only_one, running_at


def test_it_says_where_the_first_one_answers(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with only_one(tmp_path):
        (tmp_path / "running.json").write_text(json.dumps({"pid": os.getpid(), "address": "http://127.0.0.1:8123"}))
        with pytest.raises(SystemExit) as ended, only_one(tmp_path):
            pass
    assert ended.value.code == 0
    assert "http://127.0.0.1:8123" in capsys.readouterr().out


def test_it_lets_the_next_one_in(tmp_path: Path) -> None:
    for _ in range(2):
        with only_one(tmp_path) as lock:
            assert lock.fileno() > 0


def test_it_does_not_believe_a_file_of_one_that_is_gone(tmp_path: Path) -> None:
    assert running_at(tmp_path) is None
    (tmp_path / "running.json").write_text(json.dumps({"pid": 2**22 + 1, "address": "http://127.0.0.1:8123"}))
    assert running_at(tmp_path) is None


def test_it_takes_the_wanted_port_or_the_first_that_is_free() -> None:
    assert desk.free_port("8080") == 8080
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = int(taken.getsockname()[1])
        assert desk.free_port(None, port) > port
