"""`make demo`: a whole desk on this machine, kept running until Ctrl-C.

What takes long to start is started first and loads beside the rest: the web server waits, loaded, until the database
stands and its walls are proved. This module itself stands above nothing that takes long to import.
"""

import gc
import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from service_desk import arriving
from service_desk.config import Config, load_config
from service_desk.running import postgres, valkey
from service_desk.running.demo import Login, kept, load, tryton
from service_desk.running.installation import Installation
from service_desk.running.migrate import ROOT, at_head, lay_key, migrate
from service_desk.running.once import only_one
from service_desk.running.supervisor import Child, Held, Supervisor, command

SWITCHES = {"SERVICE_DESK_ALLOW_LOOPBACK_TARGETS": "true", "SERVICE_DESK_SECOND_FACTOR_OPTIONAL": "true"}
WORKERS = 2
LOADED = "demo.loaded"  # written once the whole history is there
ROLES = {
    "owner": ("工程师", "engineer"),
    "engineer": ("工程师", "engineer"),
    "assistant": ("助理", "assistant"),
    "boss": ("老板", "owner of the client"),
    "finance": ("财务", "accountant"),
    "it_contact": ("IT联系人", "IT contact"),
    "user": ("用户", "user"),
    "successor": ("接手工程师", "successor"),
}


def demo(here: Installation | None = None, lock: IO[str] | None = None) -> None:
    """Start everything, load the demo practice once, print address and logins, watch until a signal ends it.

    `here`: another installation than the one beside the code, as the tests make one. `lock`: the installation's, when
    the caller holds it already; the guard holds it on until everything has ended.
    """
    here = here or Installation()
    with (
        nullcontext(lock) if lock else only_one(here.home) as held,
        Supervisor(say, shared=(held.fileno(),)) as supervisor,
    ):
        begun = time.monotonic()
        try:
            environ = environment(here)
            web = early_web(here, supervisor, environ)
            config = prepare(here, supervisor, environ)
            there = (here.home / LOADED).exists()
            if there:
                web.release()  # It proves the walls by itself; we prove them too, to say here what is wrong.
            refuse_holes(config)
            accounts = kept(here.home) if there else history(here, supervisor, config)
            web.release()
            wait_for(int(environ["PORT"]), config, supervisor, here.home / "log")
            (here.home / "running.json").write_text(json.dumps({"pid": os.getpid(), "address": config.base_url}))
            greet(accounts, config.base_url, time.monotonic() - begun)
            if there:
                history(here, supervisor, config)
            start_others(here, supervisor, environ)
            supervisor.run()
        except KeyboardInterrupt:
            pass
        except RuntimeError as error:
            sys.exit(str(error))
        finally:
            (here.home / "running.json").unlink(missing_ok=True)
            say("Stopping / 正在停止……")
            gc.freeze()  # Looking through all that a process was made of took longer than stopping the rest.
    say("Stopped, nothing is left running / 已停止")


def early_web(here: Installation, supervisor: Supervisor, environ: dict[str, str]) -> Held:
    """Start the web server so far that it only waits for our word."""
    web = Held(verb("web"), environ, log_of(here, "web"))
    supervisor.add(Child("web", web.start))
    return web


def start_others(here: Installation, supervisor: Supervisor, environ: dict[str, str]) -> None:
    """Workers and clock; nobody waits for them."""
    for number in range(1, WORKERS + 1):
        supervisor.add(Child(f"worker-{number}", program("worker", here, environ, f"worker-{number}")))
    supervisor.add(Child("clock", program("clock", here, environ)))


def program(
    name: str, here: Installation, environ: dict[str, str], log: str = ""
) -> Callable[[], "subprocess.Popen[bytes]"]:
    """How one of our own programs is started, with a log of its own."""
    return command(verb(name), environ, log_of(here, log or name))


def verb(name: str) -> list[str]:
    """The command line of one of our own programs."""
    return [sys.executable, "-m", "service_desk.running", name]


def log_of(here: Installation, name: str) -> Path:
    """Where a program writes; a log starts anew once it has grown, and the one before it is kept."""
    logs = here.home / "log"
    logs.mkdir(exist_ok=True)
    log = logs / f"{name}.log"
    if log.exists() and log.stat().st_size > 5_000_000:
        log.replace(log.with_suffix(".log.1"))
    return log


def refuse_holes(config: Config) -> None:
    """Refuse the start unless the walls stand."""
    with arriving():
        from service_desk.running.doctor import examine_or_refuse  # noqa: PLC0415 - the web server loads meanwhile

    examine_or_refuse(config)


def history(here: Installation, supervisor: Supervisor, config: Config) -> tuple[Login, ...]:
    """Write the demo practice when it is not there, else wake it, with a Tryton of our own when TRYTON=1 asks for one.

    Returns the accounts. The workers wait for it: they look at ERPs that are built anew here.
    """
    from service_desk.web.shell import connect  # noqa: PLC0415 - the web server loads meanwhile

    address = None
    if here.given.get("TRYTON") == "1":
        say("Starting a real Tryton; the first time takes a minute / 正在启动 Tryton，首次约需一分钟……")
        port = int(here.secret("tryton.port", lambda: str(free_port(None, 8200))))
        supervisor.add(Child("tryton", lambda: tryton.start(here.home, port).process))
        address = f"http://127.0.0.1:{port}"
    if not (here.home / LOADED).exists():
        say("Writing a year of made-up history / 正在写入一年的演示数据……")
    connect(config)
    accounts = load(config, here.home, now=datetime.now(UTC), tryton_url=address).accounts
    (here.home / LOADED).touch()
    return accounts


def environment(here: Installation) -> dict[str, str]:
    """What our programs are told: the port, the switches of a demo, and no word of the owner's login."""
    port = free_port(here.given.get("PORT"))
    environ = here.environ() | {"PORT": str(port), "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}
    environ.setdefault("SERVICE_DESK_BASE_URL", f"http://127.0.0.1:{port}")
    for name, value in SWITCHES.items():
        environ.setdefault(name, value)
    return {name: value for name, value in environ.items() if not name.startswith("DATABASE_OWNER_URL")}


def prepare(here: Installation, supervisor: Supervisor, environ: dict[str, str]) -> Config:
    """Start the embedded servers, make what they hold, bring it to this version; returns the settings."""
    if here.embeds_queue:
        supervisor.add(Child("valkey", lambda: _valkey(here.queue()), outlives=True))
    if here.embeds_database:
        cluster = here.cluster()
        supervisor.add(Child("postgres", lambda: _postgres(cluster), ask=postgres.FAST, patience=20, outlives=True))
        if not (here.home / LOADED).exists():
            here.forget(cluster)  # A start that was cut off has left half a history.
        here.bootstrap(cluster)
    config = load_config(here.environ() | environ)  # The owner's login is for us alone.
    if owner := config.database_owner_url:
        if at_head(owner):
            lay_key(owner, config.scope_key)
        else:
            migrate(owner, config.scope_key)
    return config


def _postgres(cluster: postgres.Cluster) -> postgres.Server:
    postgres.stop_stray(cluster)
    return postgres.start(cluster)


def _valkey(folder: Path) -> postgres.Server:
    valkey.stop_stray(folder)
    return valkey.start(folder)


def free_port(wanted: str | None, first: int = 8000) -> int:
    """The wanted port, else the first one from `first` that nobody listens on. Raises RuntimeError."""
    if wanted:
        return int(wanted)
    for port in range(first, first + 100):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise RuntimeError(f"no free port from {first} to {first + 99}; set PORT / 没有空闲端口，请设置 PORT")


def wait_for(port: int, config: Config, supervisor: Supervisor, logs: Path, patience: float = 40.0) -> None:
    """Wait until the web server answers. Raises RuntimeError with the place of its log when it does not."""
    deadline = time.monotonic() + patience
    named = urllib.request.Request(f"http://127.0.0.1:{port}/healthz", headers={"Host": config.host})
    while time.monotonic() < deadline:
        supervisor.look()
        try:
            with urllib.request.urlopen(named, timeout=2):  # noqa: S310 - our own address
                return
        except OSError:
            time.sleep(0.05)
    raise RuntimeError(f"the web server does not answer; see {logs / 'web.log'} / 网站未应答，请看日志")


def greet(accounts: tuple[Login, ...], address: str, seconds: float) -> None:
    """Where it is and who may sign in, in both languages."""
    say(f"\nService Desk  {address}   ({seconds:.1f} s)\n")
    say("演示账号 / demo logins（演示模式：无需第二因素 / demo: no second factor needed）")
    for login in accounts:
        chinese, english = ROLES.get(login.role, (login.role, login.role))
        at = f" · {login.client}" if login.client else ""
        say(f"  {login.email:<34} {login.password:<22} {chinese} / {english}{at}")
    say("\nCtrl-C 停止 / stops everything\n")


def say(line: str) -> None:
    """A line for whoever sits at the terminal."""
    print(line, flush=True)
