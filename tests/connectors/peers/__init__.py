"""Clients of vendors that cannot share our environment: each a script that the interpreter of var/peers runs.

A script takes its settings as JSON, prints what it read as JSON, and may dial this machine alone.
"""

import json
import subprocess
from pathlib import Path
from typing import Any

from tests.conftest import ROOT

HERE = Path(__file__).parent
PYTHON = ROOT / "var" / "peers" / "bin" / "python"
SECONDS = 60


def told_by(script: str, **given: Any) -> dict[str, Any]:
    """What a script printed. It sees no variables of ours, so that no proxy of this machine is asked."""
    assert PYTHON.exists(), f"{PYTHON} is missing: `make test` makes it"
    done = subprocess.run(
        [str(PYTHON), "-I", str(HERE / script)],
        input=json.dumps(given),
        env={},
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    found = json.loads(done.stdout)
    assert isinstance(found, dict)
    return found
