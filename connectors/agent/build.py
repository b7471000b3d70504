"""The agent as one file: the connectors and wires in pure Python in a zip that Python runs.

The same sources give the same bytes. Other drivers are used where they stand beside it.
"""

import hashlib
import io
import zipfile
from functools import cache
from importlib.metadata import distribution
from importlib.resources import files
from pathlib import Path

NUMBER = "1.0"
STAMP = "stamp.txt"
# Distribution -> its package: SQL Server, MySQL, and the pages of exporters, all without a line that is compiled.
CARRIED = {"python-tds": "pytds", "PyMySQL": "pymysql", "prometheus-client": "prometheus_client"}
LEFT_OUT = {"connectors/fixture.py"}  # fixture databases are for the demo and the tests
START = '''"""The start of the one file; it says in words when the Python that runs it is too old."""

import sys

if sys.version_info < (3, 11):
    sys.exit("The agent needs Python 3.11 or newer, this is %d.%d." % sys.version_info[:2])

from connectors.agent.command import main

if __name__ == "__main__":
    sys.exit(main())
'''


def version() -> str:
    """The version of the agent that runs: its number, and the mark of the sources it was made from."""
    try:
        stamp = (files("connectors.agent") / STAMP).read_text("ascii")
    except FileNotFoundError:
        stamp = "source"
    return f"{NUMBER}+{stamp}"


@cache
def build() -> tuple[bytes, str]:
    """The file, and its version. Made once for each process: sources do not change while it runs."""
    entries = _entries()
    digest = hashlib.sha256()
    for name, data in entries.items():
        digest.update(f"{name}\0{len(data)}\0".encode() + data)
    stamp = digest.hexdigest()[:12]
    entries[f"connectors/agent/{STAMP}"] = stamp.encode()
    sink = io.BytesIO()
    sink.write(b"#!/usr/bin/env python3\n")
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, data in sorted(entries.items()):
            # A fixed moment, so that the same sources give the same file.
            packed.writestr(zipfile.ZipInfo(name, (2020, 1, 1, 0, 0, 0)), data, zipfile.ZIP_DEFLATED)
    return sink.getvalue(), f"{NUMBER}+{stamp}"


def _entries() -> dict[str, bytes]:
    root = Path(__file__).parents[2]
    ours = {path: path.relative_to(root).as_posix() for path in sorted((root / "connectors").rglob("*"))}
    theirs = {path: name for dist, package in CARRIED.items() for path, name in _carried(dist, package).items()}
    wanted = {path: name for path, name in (ours | theirs).items() if path.is_file() and _belongs(name)}
    return {"__main__.py": START.encode()} | {name: path.read_bytes() for path, name in wanted.items()}


def _carried(dist: str, package: str) -> dict[Path, str]:
    """The modules of a distribution's package, and its licence beside them."""
    found = {}
    for file in distribution(dist).files or ():
        if file.parts[0] == package and file.suffix == ".py":
            found[Path(str(file.locate()))] = file.as_posix()
        elif file.parts[0].endswith(".dist-info") and "licen" in file.name.lower():
            found[Path(str(file.locate()))] = f"{package}/{file.name}"
    return found


def _belongs(name: str) -> bool:
    return name not in LEFT_OUT and "__pycache__" not in name and not name.endswith(".pyc")
