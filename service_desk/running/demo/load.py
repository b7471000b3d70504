"""The demo practice: five made-up clients and a year of their history, written once.

History only: every finding that is current is raised by the workers' first round, from what the fixtures hold.
"""

import json
import secrets
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from service_desk.accounts.operations.practices import create_practice
from service_desk.config import Config
from service_desk.running.installation import keep
from service_desk.scope import gate
from service_desk.web.shell import connect

ENGINEER = "engineer@demo.example"
LOGINS = (
    ("engineer", "工程师", "engineer", ENGINEER, "林工"),
    ("boss", "老板（晨星机械）", "owner of a client", "boss@morningstar.example", "周老板"),
    ("finance", "财务（晨星机械）", "accountant of a client", "finance@morningstar.example", "钱会计"),
)


def load(config: Config, home: Path, say: Callable[[str], None]) -> None:
    """Write the demo unless it is there. Raises RuntimeError when an earlier start was cut off while writing it."""
    connect(config)
    passwords = logins(home / "secrets" / "demo.json")
    mark = home / "demo.loading"
    if mark.exists():
        raise RuntimeError("the demo was cut off while it was written: `make clean` and start again")
    if gate("gate_person_by_email", p_email=ENGINEER):
        return
    say("Writing a year of made-up history / 正在写入一年的演示数据……")
    mark.touch()
    write(passwords, datetime.now(UTC))
    mark.unlink()


def logins(file: Path) -> dict[str, str]:
    """Address -> password; made at the first start, kept where only the owner of the installation can read."""
    if not file.exists():
        entries = [
            {"role": role, "zh": zh, "en": en, "email": email, "name": name, "password": f"demo-{secrets.token_hex(5)}"}
            for role, zh, en, email, name in LOGINS
        ]
        keep(file, json.dumps(entries, ensure_ascii=False, indent=1))
    return {entry["email"]: entry["password"] for entry in json.loads(file.read_text(encoding="utf-8"))}


def write(passwords: dict[str, str], now: datetime) -> None:
    """Everything, in the order in which it would have happened."""
    create_practice(ENGINEER, "林工", "林工信息技术", now, password=passwords[ENGINEER], is_demo=True)
