"""The agent's branches for Windows, run here with the platform switched and its calls stood in for.

What Windows itself makes of them is not shown by these; where that was tried, the connector `machine` says.
"""

import ctypes
import io
import signal
import ssl
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from connectors import machine_windows, process
from connectors.agent import command, rights, services
from connectors.agent.desk import Desk, Unreachable
from connectors.agent.home import Home, Unsafe, must_be_closed, patiently, usual_home
from connectors.agent.rights import Untold, closed_to_others, foreign_owner, strangers
from connectors.agent.turns import Agent
from connectors.agent.waiting import Waiting
from connectors.base import ConnectorError

OURS = "S-1-5-21-1-2-3-1001"
CLOSED = f"O:{OURS}D:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICI;FA;;;{OURS})"


@pytest.fixture
def windows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Our own branches take this system for Windows."""
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setattr(rights, "own_sid", lambda: OURS)
    monkeypatch.setattr(rights, "is_administrator", lambda: False)


@pytest.fixture
def made(windows: None, monkeypatch: pytest.MonkeyPatch) -> dict[Path, str]:
    """Folders and the rights they were made with; what is not among them was made by somebody else."""
    kept: dict[Path, str] = {}

    def make(path: Path, sddl: str) -> None:
        path.mkdir()
        kept[path] = sddl if sddl.startswith("O:") else f"O:{rights.own_sid()}{sddl}"

    monkeypatch.setattr(rights, "make_folder", make)
    monkeypatch.setattr(rights, "told", lambda path: kept.get(path, "O:S-1-5-21-1-2-3-1007D:(A;;FA;;;WD)"))
    return kept


# Rights, in the notation of Windows.


@pytest.mark.parametrize(
    ("sddl", "who"),
    [
        (CLOSED, []),
        ("O:BAG:SYD:PAI(A;;FA;;;SY)(A;;FA;;;BA)(A;;FA;;;LA)(A;OICIIO;FA;;;CO)", []),
        (CLOSED + "(D;;FA;;;WD)", []),
        (CLOSED + "(A;ID;0x1200a9;;;BU)(A;;FR;;;WD)", ["Users", "Everyone"]),
        (CLOSED + "(A;;FR;;;S-1-5-21-1-2-3-1007)", ["S-1-5-21-1-2-3-1007"]),
        ("O:BAD:NO_ACCESS_CONTROL", ["Everyone"]),
        ("O:BAD:P", []),
    ],
)
def test_whoever_else_is_let_in_is_named(sddl: str, who: list[str]) -> None:
    assert strangers(sddl, OURS) == who


@pytest.mark.parametrize("sddl", ["", "O:BA", "D:P(A;;FA)", CLOSED + "(XA;;FA;;;BU;(Member_of {SID(BA)}))", "no list"])
def test_rights_that_are_not_understood_never_count_as_closed(
    made: dict[Path, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sddl: str
) -> None:
    with pytest.raises(Untold):
        strangers(sddl, OURS)
    monkeypatch.setattr(rights, "told", lambda path: sddl)
    with pytest.raises(Unsafe, match="cannot be told"):
        must_be_closed(tmp_path)


def test_the_owner_is_this_account_or_one_that_may_do_everything() -> None:
    assert [foreign_owner(f"O:{who}D:P", OURS) for who in ("BA", "SY", "LA", OURS)] == [None] * 4
    assert foreign_owner("O:S-1-5-21-1-2-3-1007D:P", OURS) == "S-1-5-21-1-2-3-1007"
    assert foreign_owner("O:LSD:P", "S-1-5-19") is None
    with pytest.raises(Untold):
        foreign_owner("D:P", OURS)


def test_a_folder_is_made_closed_and_one_that_somebody_else_prepared_is_refused(
    made: dict[Path, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = Home(tmp_path / "below" / "home")
    here.make()
    assert made == {here.folder: CLOSED}
    assert closed_to_others(OURS) == CLOSED.removeprefix(f"O:{OURS}")
    here.make()
    with pytest.raises(Unsafe, match="somebody else"):
        Home(tmp_path).make()
    made[tmp_path] = CLOSED + "(A;;FR;;;AU)"
    with pytest.raises(Unsafe, match=r"Authenticated Users.*icacls"):
        Home(tmp_path).make()


def test_the_task_of_the_system_runs_over_what_an_administrator_enrolled_and_over_nobody_elses(
    made: dict[Path, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine, theirs = Home(tmp_path / "mine"), Home(tmp_path / "theirs")
    mine.make()
    monkeypatch.setattr(rights, "is_administrator", lambda: True)
    theirs.make()
    assert made[theirs.folder] == "O:BAD:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)"
    monkeypatch.setattr(rights, "own_sid", lambda: "S-1-5-18")
    theirs.make()
    with pytest.raises(Unsafe, match="somebody else"):
        mine.make()


def test_its_home_is_the_one_of_all_users(windows: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROGRAMDATA", "/data")
    assert usual_home() == Path("/data/ServiceDeskAgent")


class _Calls:
    """Stands in for a library of Windows: what was called, and what each call does."""

    def __init__(self, **does: Callable[..., int]) -> None:
        self.does = does
        self.called: list[str] = []

    def __getattr__(self, name: str) -> Callable[..., int]:
        def call(*given: Any) -> int:
            self.called.append(name)
            return self.does[name](*given) if name in self.does else 1

        return call


def _text(place: Any, words: str) -> int:
    """Leave the address of a text; the text has to live as long as the test."""
    _TEXTS.append(ctypes.create_unicode_buffer(words))
    place._obj.value = ctypes.addressof(_TEXTS[-1])
    return 1


_TEXTS: list[Any] = []


def test_every_call_is_looked_at_and_what_it_gave_is_given_back(monkeypatch: pytest.MonkeyPatch) -> None:
    failing: set[str] = set()

    def size(_token: Any, _what: int, room: Any, _size: Any, wanted: Any) -> int:
        wanted._obj.value = 64
        return int(room is not None)

    calls = _Calls(
        GetTokenInformation=size,
        ConvertSidToStringSidW=lambda _sid, place: _text(place, OURS),
        GetNamedSecurityInfoW=lambda *_: 5 if "told" in failing else 0,
        ConvertSecurityDescriptorToStringSecurityDescriptorW=lambda _found, _n, _what, place, _size: _text(
            place, CLOSED
        ),
    )
    kernel = _Calls(CreateDirectoryW=lambda *_: int("make" not in failing))
    monkeypatch.setattr(rights, "_calls", lambda: calls)
    monkeypatch.setattr(rights, "_kernel", lambda: kernel)
    for name, told in (("WinError", lambda code: OSError(code, "refused")), ("get_last_error", lambda: 5),
                       ("FormatError", lambda code: f"error {code}")):  # fmt: skip
        monkeypatch.setattr(ctypes, name, told, raising=False)
    assert rights.own_sid() == OURS
    assert rights.told(Path("x")) == CLOSED
    rights.make_folder(Path("x"), CLOSED)
    assert kernel.called == ["LocalFree", "CloseHandle", "LocalFree", "LocalFree", "CreateDirectoryW", "LocalFree"]
    failing |= {"told", "make"}
    for act in (lambda: rights.told(Path("x")), lambda: rights.make_folder(Path("x"), CLOSED)):
        with pytest.raises(OSError, match=r"error 5|refused"):
            act()


# Files that somebody else has open.


def test_a_file_that_is_open_elsewhere_is_tried_again_and_never_taken_for_empty(
    made: dict[Path, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[float] = []
    monkeypatch.setattr(time, "sleep", waits.append)
    here = Home(tmp_path / "home")
    here.make()
    here.write("secrets.json", {"1": "kept"})
    real, held = Path.replace, [2]

    def shared(path: Path, target: Any) -> Path:
        held[0] -= 1
        if held[0] >= 0:
            raise PermissionError(13, "another process has it open")
        return real(path, target)

    monkeypatch.setattr(Path, "replace", shared)
    here.write("secrets.json", {"1": "new"})
    assert (here.read("secrets.json"), len(waits)) == ({"1": "new"}, 2)

    def barred(*_: Any) -> str:
        raise PermissionError(13, "another process has it open")

    monkeypatch.setattr(Path, "read_text", barred)
    with pytest.raises(PermissionError):
        here.read("secrets.json")
    assert sum(waits) < 3


def test_elsewhere_than_on_windows_a_refusal_is_final(monkeypatch: pytest.MonkeyPatch) -> None:
    tries: list[int] = []

    def act() -> None:
        tries.append(1)
        raise PermissionError

    with pytest.raises(PermissionError):
        patiently(act)
    assert tries == [1]


def test_a_look_that_cannot_be_read_or_taken_away_now_is_not_lost(
    windows: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(time, "sleep", lambda _s: None)
    waiting = Waiting(tmp_path / "queue")
    waiting.add({"id": "one"})

    def barred(*_: Any, **_more: Any) -> str:
        raise PermissionError(13, "a scanner has it open")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "read_text", barred)
        assert waiting.first() is None
        assert len(waiting) == 1
    found = waiting.first()
    assert found is not None
    with monkeypatch.context() as patch:
        patch.setattr(Path, "unlink", barred)
        waiting.done(found[0])
    # It was handed over; should it lie there at the next start, the desk knows it by its number.
    assert (len(waiting), len(Waiting(tmp_path / "queue"))) == (0, 1)


def test_one_runs_over_a_folder_at_a_time(
    made: dict[Path, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    msvcrt: Any = ModuleType("msvcrt")
    msvcrt.LK_NBLCK = 2
    asked: list[tuple[int, int]] = []

    def locking(number: int, way: int, length: int) -> None:
        asked.append((way, length))
        if len(asked) > 1:
            raise OSError(13, "locked")

    msvcrt.locking = locking
    monkeypatch.setitem(sys.modules, "msvcrt", msvcrt)
    here = Home(tmp_path / "home")
    with here.alone(), pytest.raises(OSError, match="locked"):
        here.alone()
    assert asked == [(2, 1), (2, 1)]


# Signals, the console, the wire.


def test_ctrl_c_does_not_wait_for_the_next_look(windows: None, tmp_path: Path) -> None:
    """A wait of Windows is not broken off by Ctrl-C, so each is short; the last is as long as what is left."""
    agent = Agent(Home(tmp_path), Desk("http://127.0.0.1:1"))
    slept: list[float] = []

    class Wake(threading.Event):
        def wait(self, timeout: float | None = None) -> bool:
            slept.append(timeout or 0)
            return False

    agent.wake = Wake()
    agent._wait(2.5)
    assert slept == [1.0, 1.0, 0.5]


@pytest.fixture
def signals() -> Iterator[None]:
    """What was done at a signal before is done again afterwards."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, what in before.items():
        signal.signal(number, what)


def test_ctrl_break_stops_it_where_there_is_one(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, signals: None) -> None:
    heard: dict[int, Any] = {}
    monkeypatch.setattr(signal, "SIGBREAK", 21, raising=False)
    monkeypatch.setattr(signal, "signal", heard.setdefault)
    monkeypatch.setattr(command, "_log_to", lambda _path: None)
    turned: list[Agent] = []

    def turn(agent: Agent) -> None:
        turned.append(agent)
        heard[21](21, None)

    monkeypatch.setattr(Agent, "turn", turn)
    Home(tmp_path / "home").make()
    Home(tmp_path / "home").write("agent.json", {"url": "http://127.0.0.1:1", "token": "t", "ca": ""})
    assert command.main(["--home", str(tmp_path / "home"), "run", "--once"]) == 0
    assert set(heard) == {signal.SIGINT, signal.SIGTERM, 21}
    assert turned[0].stop.is_set()


def test_an_old_console_gets_a_mark_for_what_it_cannot_print(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for encoding, printed in (("cp936", "机房"), ("cp1252", "??")):
        sink = io.BytesIO()
        monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(sink, encoding=encoding))
        Home(tmp_path / encoding).make()
        Home(tmp_path / encoding).write("agent.json", {"url": "http://127.0.0.1:1", "name": "机房"})
        assert command.main(["--home", str(tmp_path / encoding), "status"]) == 0
        sys.stdout.flush()
        assert printed in sink.getvalue().decode(encoding)


def test_an_authority_that_windows_has_not_fetched_is_explained(monkeypatch: pytest.MonkeyPatch) -> None:
    away = Desk("https://desk.example.com")
    monkeypatch.setattr(sys, "platform", "win32")

    class Wire:
        def request(self, *_: Any) -> None:
            raise ssl.SSLCertVerificationError("unable to get local issuer certificate")

        def close(self) -> None: ...

    monkeypatch.setattr(Desk, "_wire", lambda _desk: Wire())
    with pytest.raises(Unreachable, match=r"local issuer.*browser.*--ca"):
        away.ask("due", {})


# Starting with the machine, and asking it.


def test_the_task_carries_any_path_and_comes_back(windows: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", r"C:\Program Files\Python311\python.exe")
    told = services.text("windows", Path(r"C:\用友 O'Brien\agent.pyz"), Path(r"C:\ProgramData\Agent’s"))
    assert r"-Execute 'C:\Program Files\Python311\python.exe'" in told
    assert r"""-Argument '"C:\用友 O''Brien\agent.pyz" --home "C:\ProgramData\Agent’’s" run'""" in told
    for words in ("-RepetitionInterval", "-MultipleInstances IgnoreNew", "-DontStopIfGoingOnBatteries", "-AtStartup"):
        assert words in told
    # PowerShell 5.1 knows neither of these.
    assert not any(words in told for words in ("&&", "??", "?."))
    assert "User=root" in services.text("linux", Path("/opt/agent.pyz"), Path("/var/lib/x"))


class _Manager(_Calls):
    """Stands in for the service manager: it tells `at_a_time` services with each call, as where room is short."""

    def __init__(self, services: list[tuple[str, int]], at_a_time: int = 2) -> None:
        super().__init__(EnumServicesStatusExW=self._told)
        self.services, self.at_a_time = services, at_a_time
        self.texts = [ctypes.create_unicode_buffer(name) for name, _ in services]

    def _told(self, _manager: Any, _level: int, _kind: int, _state: int, room: Any, _size: int, *more: Any) -> int:
        _wanted, count, place = (one._obj for one in more[:3])
        begin = place.value
        found = self.services[begin : begin + self.at_a_time]
        rows = (machine_windows._Service * len(found)).from_buffer(room)
        for row, text, (_, state) in zip(rows, self.texts[begin:], found, strict=False):
            row.name, row.state = ctypes.cast(text, ctypes.c_wchar_p), state
        count.value, place.value = len(found), (begin + len(found)) % len(self.services)
        return int(place.value == 0)


def test_its_services_are_those_that_start_by_themselves(monkeypatch: pytest.MonkeyPatch) -> None:
    manager = _Manager([("MSSQLSERVER", 4), ("用友通", 1), ("Spooler", 1), ("gone", 1), ("Schedule", 4)])
    starts = {"MSSQLSERVER": 2, "用友通": 2, "Spooler": 3, "Schedule": 2}
    registry: Any = ModuleType("winreg")
    registry.HKEY_LOCAL_MACHINE = 1
    registry.OpenKey = lambda _root, path: nullcontext(starts[path.rpartition("\\")[2]]) if _known(path) else _gone()
    registry.QueryValueEx = lambda key, name: (key, 4) if name == "Start" else _gone()

    def _known(path: str) -> bool:
        return path.rpartition("\\")[2] in starts

    def _gone() -> Any:
        raise FileNotFoundError(2, "no such key")

    monkeypatch.setitem(sys.modules, "winreg", registry)
    monkeypatch.setattr(machine_windows, "_services", lambda: manager)
    assert machine_windows.services() == [("MSSQLSERVER", True), ("用友通", False), ("Schedule", True)]
    assert (manager.called.count("EnumServicesStatusExW"), manager.called[-1]) == (3, "CloseServiceHandle")


@pytest.mark.parametrize("call", ["OpenSCManagerW", "EnumServicesStatusExW"])
def test_services_that_cannot_be_listed_are_not_none(monkeypatch: pytest.MonkeyPatch, call: str) -> None:
    monkeypatch.setattr(machine_windows, "_services", lambda: _Calls(**{call: lambda *_: 0}))
    with pytest.raises(ConnectorError) as caught:
        machine_windows.services()
    assert caught.value.reason == "bad_answer"


def test_a_child_out_of_the_one_file_needs_no_variable_of_the_environment(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The Python for Windows that needs no installation reads none; here the path of the file goes along."""
    import zipfile

    packed = tmp_path / "agent.pyz"
    with zipfile.ZipFile(packed, "w") as file:
        file.writestr("said.py", "import os, sys\nprint('账套', sys.flags.utf8_mode, 'PYTHONPATH' in os.environ)")
    monkeypatch.setattr(process, "ROOT", packed)
    monkeypatch.setenv("PYTHONPATH", "/nowhere")
    with process.Child("said", 20) as child:
        assert list(child.lines("")) == ["账套 1 False"]
        assert child.status() == 0
