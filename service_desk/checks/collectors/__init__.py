"""Collector scripts: what needs a mighty login is read at the client's by a short script, which pushes what it saw.

The desk never holds such a login. Each script is a file beside this one; a new one is a file and an entry here.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from service_desk.checks.finding import N_

HERE = Path(__file__).parent
ADDRESS = "https://desk.example.com/push/KEY"  # what stands for the address in a script until a key is made
SQL_SERVER = ("yonyou_u8", "kingdee_k3", "sqlserver", "sap_b1_sql", "kingdee_galaxy_db")


@dataclass(frozen=True, kw_only=True)
class Script:
    """One script: `kinds` it pushes, the `checks` that judge them, and the `systems` (kinds of connections) it reads.

    The texts are English msgids: what it does, who runs it, how it is started on schedule, and how to undo that.
    """

    name: str
    kinds: tuple[str, ...]
    checks: tuple[str, ...]
    systems: tuple[str, ...]
    title: str
    does: str
    runs_as: str
    start: str
    undo: str

    @property
    def text(self) -> str:
        return (HERE / self.name).read_text("utf-8")

    def with_address(self, url: str) -> str:
        """The script as it is to be run, with the address it pushes to."""
        return self.text.replace(ADDRESS, url)


# A folder below C:\\ can be written by everybody who signs in, and what lies in it would run with the task's rights.
TASK = (
    "mkdir C:\\ServiceDesk\n"
    'icacls C:\\ServiceDesk /inheritance:r /grant:r "*S-1-5-32-544:(OI)(CI)F" "*S-1-5-18:(OI)(CI)F"{reader}\n'
    "schtasks /Create /TN ServiceDesk-{name} /SC {rhythm} /RU {who} /TR "
    '"powershell -NoProfile -ExecutionPolicy Bypass -File C:\\ServiceDesk\\{file}"'
)
TASK_UNDO = "schtasks /Delete /TN ServiceDesk-{name} /F"


def _task(file: str, rhythm: str, who: str) -> dict[str, str]:
    name = file.removesuffix(".ps1")
    account = who.split(maxsplit=1)[0]
    reader = "" if account == "SYSTEM" else f' "{account}:(OI)(CI)RX"'
    start = TASK.format(name=name, rhythm=rhythm, who=who, file=file, reader=reader)
    return {"start": start, "undo": TASK_UNDO.format(name=name)}


SCRIPTS: dict[str, Script] = {
    script.name: script
    for script in (
        Script(
            name="sqlserver_log.ps1",
            kinds=("errors", "failed_logins"),
            checks=("errlog", "acl.failedlogin"),
            systems=SQL_SERVER,
            title=N_("Serious errors and refused logins (SQL Server)"),
            does=N_("Reads the last day of SQL Server's error log and pushes numbers of errors, never their text."),
            runs_as=N_("A Windows account that may read the error log (securityadmin on the server)."),
            **_task("sqlserver_log.ps1", "MINUTE /MO 5", "DOMAIN\\account /RP *"),
        ),
        Script(
            name="sqlserver_passwords.ps1",
            kinds=("weak_passwords",),
            checks=("acl.weak",),
            systems=SQL_SERVER,
            title=N_("Weak passwords (SQL Server)"),
            does=N_(
                "Lets SQL Server itself compare each login's password with the empty one, the login's name and a short "
                "list of common words; pushes the names of the logins, never a word that fitted."
            ),
            runs_as=N_("A Windows account that is sysadmin: only such a login sees the fingerprints of passwords."),
            **_task("sqlserver_passwords.ps1", "WEEKLY", "DOMAIN\\account /RP *"),
        ),
        Script(
            name="windows_host.ps1",
            kinds=("cpu", "memory", "volumes", "services", "errors"),
            checks=("cpu", "mem.os", "disk.free", "disk.days", "host.push", "errlog"),
            systems=("machine",),
            title=N_("The machine itself (Windows)"),
            does=N_("Reads processors, memory, drives, services and the numbers of errors in the event log."),
            runs_as=N_("LocalSystem, so that it sees every service and the event log; it opens no port."),
            **_task("windows_host.ps1", "MINUTE /MO 5", "SYSTEM"),
        ),
        Script(
            name="linux_host.sh",
            kinds=("cpu", "memory", "volumes", "services"),
            checks=("cpu", "mem.os", "disk.free", "disk.days", "host.push"),
            systems=("machine",),
            title=N_("The machine itself (Linux)"),
            does=N_("Reads processors, memory, file systems and failed services."),
            runs_as=N_("Any account; nothing of it needs root."),
            start="*/5 * * * * /bin/sh /opt/service-desk/linux_host.sh",
            undo="crontab -e",
        ),
        Script(
            name="postgres_amcheck.sh",
            kinds=("errors",),
            checks=("pg.amcheck",),
            systems=("postgresql", "odoo", "tryton"),
            title=N_("Index check (PostgreSQL)"),
            does=N_("Runs pg_amcheck over every database and pushes the names of the indexes and tables with errors."),
            runs_as=N_("The account postgres on the database machine; every database needs the extension amcheck."),
            start="30 3 * * 0 /bin/sh /opt/service-desk/postgres_amcheck.sh",
            undo="crontab -e; DROP EXTENSION amcheck",
        ),
    )
}


def fitting(kind: str) -> Sequence[Script]:
    """The scripts for a kind of connection."""
    return [script for script in SCRIPTS.values() if kind in script.systems]


def pushed_kinds(names: Sequence[str]) -> set[str]:
    """The kinds of facts that these scripts push."""
    return {kind for name in names if name in SCRIPTS for kind in SCRIPTS[name].kinds}
