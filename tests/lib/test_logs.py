"""A log line is one line, and a traceback in it names places, not values."""

import json

import pytest
import structlog

from service_desk.lib.logs import one_line_each


def _break_with(secret: str) -> None:
    held = {"password": secret}
    raise RuntimeError(f"broken after {len(held)} step")


def test_it_writes_one_json_object_without_the_values_of_variables(capsys: pytest.CaptureFixture[str]) -> None:
    one_line_each()
    secret = "-".join(("never", "in", "a", "log"))
    try:
        _break_with(secret)
    except RuntimeError:
        structlog.get_logger("test").exception("job_failed", step="one\n2026-11-22 [info] a forged line")
    (line,) = capsys.readouterr().out.splitlines()
    said = json.loads(line)
    assert (said["event"], said["level"]) == ("job_failed", "error")
    assert "_break_with" in said["exception"]
    assert "broken after 1 step" in said["exception"]
    assert secret not in line
