"""`python agent.pyz <command>`: enrol it, give it its secrets, run it, see how it stands."""

import argparse
import getpass
import io
import json
import logging
import logging.handlers
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from connectors import CONNECTORS
from connectors.agent import keeping, services
from connectors.agent.build import version
from connectors.agent.desk import BadAddress, Desk, Refusal, Unreachable
from connectors.agent.home import Home, Unsafe, must_be_closed, usual_home
from connectors.agent.turns import PLAN, STATE, Agent, Revoked, about

WHO = "agent.json"
FAILED, REVOKED = 1, 3
STOPS = ("SIGINT", "SIGTERM", "SIGBREAK")  # the last is Windows' own: Ctrl-Break


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what was asked; returns the exit status. Whatever goes wrong is told in one line."""
    os.environ["SITE_AGENT"] = "1"
    _print_anything()
    told = _parser().parse_args(arguments)
    home = Home(told.home.absolute())
    try:
        return int(COMMANDS[told.command](told, home) or 0)
    except (Unsafe, BadAddress, Unreachable, Refusal, OSError) as error:
        print(error, file=sys.stderr)
        return FAILED


def _print_anything() -> None:
    """A console or a file in an older encoding (cp936, cp1252) gets a question mark for what it has no sign for."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="agent.pyz", description="Reads the ERP here and tells the desk what it saw.")
    parser.add_argument("--home", type=Path, default=usual_home(), help="where it keeps its files (%(default)s)")
    parser.add_argument("--version", action="version", version=version())
    commands = parser.add_subparsers(dest="command", required=True)
    enrol = commands.add_parser("enrol", help="make this agent known to the desk, with a code from its page")
    enrol.add_argument("url")
    enrol.add_argument("code")
    enrol.add_argument("--ca", type=Path, help="a certificate authority of your own, as a PEM file")
    secrets = commands.add_parser("secrets", help="type the secrets of its connections; they stay on this machine")
    secrets.add_argument("connection", nargs="?", help="its number or name; all that lack theirs by default")
    secrets.add_argument("--file", type=Path, help='JSON {"<connection>": {"password": "..."}}, readable by you alone')
    run = commands.add_parser("run", help="look and hand over until stopped")
    run.add_argument("--once", action="store_true", help="one turn only")
    commands.add_parser("status", help="how it stands")
    service = commands.add_parser("service", help="print what makes it start with this machine, and how to undo it")
    service.add_argument("system", nargs="?", choices=("linux", "windows"), default=_system())
    commands.add_parser("kinds", help="what it can read here")
    return parser


def _system() -> str:
    return "windows" if sys.platform == "win32" else "linux"


def enrol(told: argparse.Namespace, home: Home) -> int:
    """Trade the code for a token and keep it."""
    ca = str(told.ca.resolve()) if told.ca else ""
    home.make()
    answer = Desk(told.url, ca=ca).ask("enrol", {"v": 1, "code": told.code.strip(), **about()})
    who = {"url": told.url, "ca": ca, "agent": answer["agent"], "name": answer["name"], "token": answer["token"]}
    home.write(WHO, who)
    home.forget(PLAN)
    print(f"Enrolled as {answer['name']} for {answer['client']}. Next: secrets, then run.")
    return 0


def _desk(home: Home) -> Desk:
    who = home.read(WHO)
    if not who:
        raise Unsafe(f"not enrolled yet: there is no {WHO} in {home.folder}")
    return Desk(who["url"], who["token"], who["ca"])


def secrets(told: argparse.Namespace, home: Home) -> int:
    """Ask for secrets, or read them from a closed file, and keep them bound to where each connection leads now."""
    answer = _desk(home).ask("due", {"v": 1, **about()})
    home.write(PLAN, {"connections": answer["connections"]})
    chosen = _chosen(answer["connections"], told.connection, home)
    given = _from_file(told.file) if told.file else None
    for connection in chosen:
        names = keeping.wanted(connection["kind"])
        values = _matching(given, connection) if given is not None else _typed(connection, names)
        if values is None:
            continue
        keeping.keep(home, connection, {name: values[name] for name in names if values.get(name)})
        print(f"Kept for {connection['name']} (number {connection['id']}).")
    if not chosen:
        print("Nothing to type: no connection of this agent lacks its secrets.")
    return 0


def _chosen(connections: list[dict[str, Any]], which: str | None, home: Home) -> list[dict[str, Any]]:
    if which is None:
        return keeping.lacking(home, connections)
    found = [one for one in connections if which in (str(one["id"]), one["name"])]
    if not found:
        raise Unsafe(f"this agent serves no connection {which}")
    return found


def _from_file(path: Path) -> dict[str, dict[str, str]]:
    must_be_closed(path)
    try:
        found = json.loads(path.read_text("utf-8"))
        return {str(key): {str(name): str(value) for name, value in one.items()} for key, one in found.items()}
    except (ValueError, AttributeError):
        raise Unsafe(f"{path} does not hold connections with their secrets") from None


def _matching(given: Mapping[str, dict[str, str]], connection: Mapping[str, Any]) -> dict[str, str] | None:
    return given.get(str(connection["id"])) or given.get(connection["name"])


def _typed(connection: Mapping[str, Any], names: list[str]) -> dict[str, str]:
    where = ", ".join(f"{key} {value}" for key, value in connection["settings"].items() if value not in ("", None))
    print(f"{connection['name']} ({where})")
    return {name: getpass.getpass(f"  {name}: ") for name in names}


def run(told: argparse.Namespace, home: Home) -> int:
    """Look and hand over until stopped, or once."""
    desk = _desk(home)
    try:
        held = home.alone()
    except OSError:
        raise Unsafe(f"another agent is running over {home.folder}") from None
    with held:
        _log_to(home.folder / "agent.log")
        agent = Agent(home, desk)
        for name in STOPS:
            if number := getattr(signal, name, None):
                signal.signal(number, lambda *_: _stop(agent))
        try:
            if told.once:
                agent.turn()
            else:
                agent.run()
        except Revoked as error:
            logging.getLogger("agent").error("the desk does not know this agent any more: %s", error)
            return REVOKED
    return 0


def _stop(agent: Agent) -> None:
    agent.stop.set()
    agent.wake.set()


def _log_to(path: Path) -> None:
    file = logging.handlers.RotatingFileHandler(path, maxBytes=1_000_000, backupCount=2, encoding="utf-8")
    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s", handlers=[file, logging.StreamHandler()]
    )


def status(_told: argparse.Namespace, home: Home) -> int:
    """Say who this agent is, what it serves, what lacks its secrets and what waits to be handed over."""
    who, plan = home.read(WHO), home.read(PLAN).get("connections", [])
    print(f"version   {version()}")
    print(f"home      {home.folder}")
    print(f"desk      {who.get('url', 'not enrolled')}  {who.get('name', '')}")
    waiting = len(list((home.folder / "queue").glob("*.json"))) if home.folder.is_dir() else 0
    print(f"waiting   {waiting} looks, {home.read(STATE).get('dropped', 0)} thrown away so far")
    lacking = {one["id"] for one in keeping.lacking(home, plan)}
    for one in plan:
        print(f"reads     {one['id']}  {one['name']}  {one['kind']}{'  LACKS ITS SECRETS' * (one['id'] in lacking)}")
    return 0


def service(told: argparse.Namespace, home: Home) -> int:
    """Print the unit or the task."""
    print(services.text(told.system, Path(sys.argv[0]).resolve(), home.folder))
    return 0


def kinds(_told: argparse.Namespace, _home: Home) -> int:
    """Print every kind of connection, loaded, so that a broken file is found before it is needed."""
    broken = 0
    for kind, place in CONNECTORS.items():
        try:
            import_module(place.split(":")[0])
            print(f"ok        {kind}")
        except ImportError as error:
            broken += 1
            print(f"MISSING   {kind}: {error}")
        except Exception as error:
            broken += 1
            print(f"BROKEN    {kind}: {type(error).__name__}: {error}")
    return FAILED if broken else 0


COMMANDS = {"enrol": enrol, "secrets": secrets, "run": run, "status": status, "service": service, "kinds": kinds}
