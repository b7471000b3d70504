"""A bare machine is told what is missing and why before anything is installed; an old Python gets a sentence."""

import ast
import os
import signal
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest

from service_desk.running import setup
from tests.conftest import ROOT


def installed(*names: str) -> SimpleNamespace:
    """What dpkg-query says when these packages are installed and one is half removed."""
    lines = [f"{name} installed" for name in names] + ["unixodbc config-files"]
    return SimpleNamespace(stdout="\n".join(lines), returncode=0)


def test_it_names_what_is_missing_and_why(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    ran: list[list[str]] = []
    monkeypatch.setattr("platform.system", lambda: "Linux")
    monkeypatch.setattr("shutil.which", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr("subprocess.run", lambda *_, **__: installed("libpango-1.0-0", "libpangoft2-1.0-0"))
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    monkeypatch.setattr(setup, "run", lambda parts, **_: ran.append(parts))
    setup.system_packages("demo")
    said = capsys.readouterr().out
    assert "unixodbc" in said
    assert "reads SQL Server" in said
    assert "libpango" not in said
    assert ran[0][:2] == ["sudo", "apt-get"]
    assert ran[1][-2:] == ["unixodbc", "libsqliteodbc"]


def test_it_asks_for_more_only_for_the_tests() -> None:
    names = {purpose: {name for name, _, _ in needs} for purpose, needs in setup.NEEDS.items()}
    assert "chromium" in names["test"]
    assert not names["demo"] & names["test"]


def test_it_does_nothing_when_nothing_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    everything = [name for needs in setup.NEEDS.values() for name, _, _ in needs]
    monkeypatch.setattr("platform.system", lambda: "Linux")
    monkeypatch.setattr("shutil.which", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr(
        "subprocess.run",
        lambda *_, **__: SimpleNamespace(stdout="\n".join(f"{name} installed" for name in everything), returncode=0),
    )
    monkeypatch.setattr(setup, "run", lambda *_, **__: pytest.fail("something was installed"))
    setup.system_packages("test")


def test_it_keeps_an_environment_made_from_the_same_list(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(setup, "VENV", tmp_path)
    monkeypatch.setattr(setup, "run", lambda *_, **__: pytest.fail("the environment was made again"))
    (tmp_path / "made-from").write_text(setup.stamp(ROOT / "requirements-dev.lock"))
    setup.virtual_environment("demo")
    setup.virtual_environment("test")


def test_the_peers_live_apart_and_are_made_for_the_tests_alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    ran: list[list[str]] = []
    made: list[str] = []
    home = tmp_path / "peers"

    def run(parts: list[str]) -> None:
        ran.append(parts)
        home.mkdir(exist_ok=True)

    monkeypatch.setattr(setup, "PEERS", home)
    monkeypatch.setattr(setup, "run", run)
    setup.peers()
    assert "venv" in ran[0]
    assert {"--require-hashes", "--only-binary"} <= set(ran[1])
    assert ran[1][-1] == str(ROOT / "requirements-peers.lock")
    setup.peers()
    assert len(ran) == 2
    (home / "made-from").write_text("another list")
    setup.peers()
    assert len(ran) == 4
    for name in ("system_packages", "virtual_environment"):
        monkeypatch.setattr(setup, name, lambda purpose: None)
    monkeypatch.setattr(setup, "words_are_stale", lambda: False)
    monkeypatch.setattr(setup, "VAR", tmp_path)
    monkeypatch.setattr(setup, "peers", lambda: made.append("peers"))
    setup.main("demo")
    assert made == []
    setup.main("test")
    assert made == ["peers"]


def test_it_uses_nothing_but_the_standard_library() -> None:
    tree = ast.parse(Path(setup.__file__).read_text(encoding="utf-8"), feature_version=(3, 9))
    imported = {
        alias.name.split(".")[0] for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names
    }
    imported |= {(node.module or "").split(".")[0] for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert imported <= sys.stdlib_module_names


def test_it_says_how_it_is_used() -> None:
    done = subprocess.run(
        [sys.executable, "-I", str(setup.__file__), "everything"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "demo|test" in done.stderr


# A set-up that has begun something long.
BEGUN = """
import runpy, sys
spaces = runpy.run_path({setup!r})
spaces["begin"].__globals__["main"] = lambda _purpose: spaces["run"]([sys.executable, "-c", {child!r}])
spaces["begin"]("demo")
"""
CHILD = "import os, time; print(os.getpid(), flush=True); time.sleep(600)"


def test_it_ends_what_it_began_when_it_is_asked_to_end() -> None:
    program = BEGUN.format(setup=str(setup.__file__), child=CHILD)
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as begun:
        assert begun.stdout is not None
        child = psutil.Process(int(begun.stdout.readline()))
        begun.terminate()
        assert begun.wait(20) == 143
        assert not child.is_running()


def test_it_becomes_the_program_that_waited_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[object] = []
    monkeypatch.setattr(setup, "main", done.append)
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    monkeypatch.setattr(os, "execv", lambda path, parts: done.append((path, parts)))
    setup.begin("demo", "/bin/desk", "demo")
    assert done == ["demo", ("/bin/desk", ("/bin/desk", "demo"))]
