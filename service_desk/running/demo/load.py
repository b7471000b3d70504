"""The demo as a start of the installation sees it: connect, load once, say so."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from service_desk.config import Config
from service_desk.running import demo
from service_desk.web.shell import connect


def load(config: Config, home: Path, say: Callable[[str], None], tryton_url: str | None = None) -> None:
    """Write the demo unless it is there. Raises RuntimeError when an earlier start was cut off while writing it."""
    connect(config)
    if not (home / "secrets" / "demo.json").exists():
        say("Writing a year of made-up history / 正在写入一年的演示数据……")
    demo.load(config, home, now=datetime.now(UTC), tryton_url=tryton_url)
