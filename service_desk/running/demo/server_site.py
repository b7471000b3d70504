"""What a SQL Server under a fixture is like: its databases, and what is wrong with it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

SYSTEM = ("master", "tempdb", "model", "msdb")
GIGABYTE = 1024**3
NIGHTLY, WEEKLY = "6F9619FF-8B86-D011-B42D-00C04FC964FF", "7A1C0B52-3D44-4C8E-9A55-1B2C3D4E5F60"
SID = {"sa": b"\x01", "reader": b"r" * 16, "erp": b"e" * 16, "erp_old": b"o" * 16, "dba": b"d" * 16}


@dataclass(frozen=True, kw_only=True)
class Troubles:
    """What is wrong with the server. The defaults are a healthy one.

    `writable_login`: our login may change data; `hidden`: databases, logins and sessions are hidden from it.
    `job_failed`: the nightly backup failed. `agent_stopped`: SQL Server Agent does not run. `disk_free_pct`: of the
    drive with the data. `log_full_pct`: of each business database. `checked_days`: since the last integrity check;
    None = never. `damaged_pages`: found damaged. `blocked_s`: how long somebody has been held up. `left_open_s`: how
    long a transaction has been open. `sa_used`: the ERP logs in as sa. `shell_on`: xp_cmdshell is on. `orphan`: a user
    without login. `guest`: guests may enter. `number_used_pct`: of the numbers of a table. `clock_s`: how far its clock
    is ahead. `to_nul`: backups thrown away. `same_drive`: backups beside the data. `no_log_backups`: none for days.
    """

    writable_login: bool = False
    hidden: bool = False
    job_failed: bool = False
    agent_stopped: bool = False
    disk_free_pct: float = 46
    log_full_pct: float = 12
    checked_days: int | None = 4
    damaged_pages: int = 0
    blocked_s: int | None = None
    left_open_s: int | None = None
    sa_used: bool = False
    shell_on: bool = False
    orphan: str = ""
    guest: bool = False
    number_used_pct: float = 0.02
    clock_s: float = 0
    to_nul: int = 0
    same_drive: bool = False
    no_log_backups: bool = False
    edition: str = "Standard Edition (64-bit)"
    version: str = "15.0.4420.2"


HEALTHY = Troubles()


@dataclass(frozen=True, kw_only=True)
class Site:
    """The server of one installation: its business databases, those with log backups, and the moment."""

    names: Sequence[str]
    logged: Sequence[str]
    full_hours: float | None
    now: datetime
    troubles: Troubles = HEALTHY

    def numbers(self) -> dict[str, int]:
        """Database -> its number."""
        return {name: at for at, name in enumerate((*SYSTEM, *self.names), 1)}
