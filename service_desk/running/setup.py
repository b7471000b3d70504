"""Make a bare machine ready: missing system packages, the virtual environment, the compiled words.

Runs with nothing but a bare `python3 -I service_desk/running/setup.py demo|test [program …]` and then becomes that
program: standard library only, and no syntax newer than Python 3.9, so that an old interpreter still reads the
sentence that says what is missing.
"""

from __future__ import annotations

import fcntl
import glob
import hashlib
import importlib.util
import os
import platform
import shutil
import signal
import subprocess
import sys
from pathlib import Path

Needs = tuple[tuple[str, str, str], ...]

ROOT = Path(__file__).resolve().parents[2]
VAR = ROOT / "var"
VENV = VAR / "venv"
PEERS = VAR / "peers"
NEWEST_FIRST = ("python3.13", "python3.12", "python3.11", "python3.14")

# package (apt, brew) -> why. `demo` is needed to run, `test` comes on top for the tests.
NEEDS = {
    "demo": (
        ("python3-venv", "", "makes the virtual environment / 创建虚拟环境"),
        ("libpango-1.0-0", "pango", "sets the text of PDF papers / PDF 排版"),
        ("libpangoft2-1.0-0", "pango", "sets the text of PDF papers / PDF 排版"),
        ("unixodbc", "unixodbc", "reads SQL Server and other databases / 读取 SQL Server 等数据库"),
        ("libsqliteodbc", "sqliteodbc", "opens the demo's ERP databases / 打开演示用 ERP 数据库"),
    ),
    "test": (
        ("chromium", "chromium", "the tests look at the pages in a browser / 测试用浏览器"),
        ("poppler-utils", "poppler", "the tests read the PDF papers back / 测试读取 PDF"),
        ("tdsodbc", "freetds", "the tests speak to SQL Server's wire / 测试 SQL Server 协议"),
        ("odbc-postgresql", "psqlodbc", "the tests read PostgreSQL over ODBC / 测试 ODBC"),
        ("mariadb-server-core", "mariadb", "the tests read a real MariaDB / 测试读取真实的 MariaDB"),
    ),
}


def main(purpose: str) -> None:
    """Do what is missing, say so first, and be quick when nothing is."""
    find_python()
    VAR.mkdir(exist_ok=True)
    with (VAR / "setup.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # Two commands started at once do not build the same folder.
        system_packages(purpose)
        virtual_environment(purpose)
        if purpose == "test":
            peers()
    if words_are_stale():
        run([str(VENV / "bin" / "python"), "-m", "service_desk.running", "words"])


def words_are_stale() -> bool:
    """True when some .po file is newer than the .mo file made of it."""
    for po in (ROOT / "service_desk" / "translations").rglob("*.po"):
        mo = po.with_suffix(".mo")
        if not mo.exists() or mo.stat().st_mtime_ns < po.stat().st_mtime_ns:
            return True
    return False


def find_python() -> None:
    """Go on with a newer Python when this one is too old."""
    if sys.version_info >= (3, 11):  # noqa: UP036 - the interpreter that reads this may be older than the product's
        return
    for name in NEWEST_FIRST:
        newer = shutil.which(name)
        if newer:
            os.execv(newer, [newer, "-I", *sys.argv])
    sys.exit("Python 3.11 or newer is needed (apt: python3.11, brew: python@3.12) / 需要 Python 3.11 或更高版本")


def system_packages(purpose: str) -> None:
    """Install the system packages that are not there; name each and its reason before touching anything."""
    wanted = NEEDS["demo"] + (NEEDS["test"] if purpose == "test" else ())
    mac = platform.system() == "Darwin"
    missing = missing_brew(wanted) if mac else missing_apt(wanted)
    if not missing:
        return
    print("These system packages are missing and will be installed / 将安装缺少的系统软件包：", flush=True)
    for name, why in missing.items():
        print(f"  {name:<20} {why}", flush=True)
    if mac:
        run(["brew", "install", *missing])
        return
    if not shutil.which("apt-get"):
        sys.exit("There is no apt-get here: install their counterparts, then run this again / 请手动安装后重试")
    sudo = [] if os.geteuid() == 0 else ["sudo"]
    if sudo and not shutil.which("sudo"):
        sys.exit("Run as root once / 请以 root 运行一次：apt-get install " + " ".join(missing))
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    run([*sudo, "apt-get", "update", "-qq"], env=quiet)
    run([*sudo, "apt-get", "install", "-y", "-qq", "--no-install-recommends", *missing], env=quiet, quiet=True)


def missing_apt(wanted: Needs) -> dict[str, str]:
    """Package -> why, of those that dpkg does not know as installed."""
    if not shutil.which("dpkg-query"):
        return {name: why for name, _, why in wanted if not other_linux(name)}
    names = [name for name, _, _ in wanted]
    known = subprocess.run(
        ["dpkg-query", "-W", "-f", "${Package} ${db:Status-Status}\n", *names],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        check=False,
    ).stdout
    there = {line.split()[0] for line in known.splitlines() if line.endswith(" installed")}
    if importlib.util.find_spec("ensurepip"):
        there.add("python3-venv")
    if browser():
        there.add("chromium")
    return {name: why for name, _, why in wanted if name not in there}


def other_linux(name: str) -> bool:
    """True when what a Debian package brings is there under another distribution's roof."""
    libraries = {
        "libpango-1.0-0": "libpango-1.0.so*",
        "libpangoft2-1.0-0": "libpangoft2-1.0.so*",
        "unixodbc": "libodbc.so*",
        "libsqliteodbc": "libsqlite3odbc*",
        "tdsodbc": "libtdsodbc*",
        "odbc-postgresql": "psqlodbc*",
    }
    if name == "python3-venv":
        return importlib.util.find_spec("ensurepip") is not None
    if name == "chromium":
        return browser()
    if name == "poppler-utils":
        return shutil.which("pdftotext") is not None
    places = ("/usr/lib", "/usr/lib64", "/lib", "/lib64", "/usr/local/lib")
    return any(glob.glob(f"{place}/**/{libraries[name]}", recursive=True) for place in places)


def missing_brew(wanted: Needs) -> dict[str, str]:
    """Formula -> why, of those that brew has not installed."""
    if not shutil.which("brew"):
        sys.exit("Homebrew is needed to install system packages (https://brew.sh) / 需要先安装 Homebrew")
    there = set(subprocess.check_output(["brew", "list", "-1"], text=True).split())
    if browser():
        there.add("chromium")
    return {brew: why for _, brew, why in wanted if brew and brew not in there}


def browser() -> bool:
    """True when a Chromium of any name is there."""
    mac = Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome")
    return mac.exists() or any(map(shutil.which, ("chromium", "chromium-browser", "google-chrome")))


def virtual_environment(purpose: str) -> None:
    """Create the environment from the hash-locked list, unless its stamp says that it is this very list."""
    locks = {name: ROOT / file for name, file in (("test", "requirements-dev.lock"), ("demo", "requirements.lock"))}
    stamps = {name: stamp(lock) for name, lock in locks.items()}
    made = VENV / "made-from"
    here = made.read_text() if made.is_file() else ""
    if here == stamps["test"] or (here == stamps["demo"] and purpose == "demo"):
        return
    print(f"Installing the Python packages of {locks[purpose].name} / 安装 Python 依赖……", flush=True)
    if not usable():
        shutil.rmtree(str(VENV), ignore_errors=True)
        run([sys.executable, "-m", "venv", str(VENV)])
    install(locks[purpose], VENV)
    command()
    made.write_text(stamps[purpose])


def peers() -> None:
    """A second environment for a vendor's client that insists on libraries too old for ours; the tests alone run it."""
    lock = ROOT / "requirements-peers.lock"
    made = PEERS / "made-from"
    if made.is_file() and made.read_text() == stamp(lock):
        return
    shutil.rmtree(str(PEERS), ignore_errors=True)
    # Without a pip of its own it is made at once; ours fills it.
    run([sys.executable, "-m", "venv", "--without-pip", str(PEERS)])
    install(lock, PEERS)
    made.write_text(stamp(lock))


def install(lock: Path, home: Path) -> None:
    """Fill an environment with what a hash-locked list names, as wheels."""
    run(
        [
            str(VENV / "bin" / "python"),
            "-m",
            "pip",
            "--python",
            str(home / "bin" / "python"),
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "--no-input",
            "--require-hashes",
            "--only-binary",
            ":all:",
            "-r",
            str(lock),
        ]
    )


def stamp(lock: Path) -> str:
    """What an environment made from this list by this Python carries."""
    return hashlib.sha256(lock.read_bytes() + sys.version.encode()).hexdigest()


def usable() -> bool:
    """True when there is an environment of this Python with a pip that runs."""
    python = VENV / "bin" / "python"
    if not python.exists():
        return False
    ask = "import pip, sys; print(sys.version)"
    seen = subprocess.run(
        [str(python), "-c", ask], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=False
    )
    return seen.returncode == 0 and seen.stdout.strip() == sys.version.strip()


def command() -> None:
    """`service-desk` in the environment's own bin folder."""
    file = VENV / "bin" / "service-desk"
    file.write_text(f'#!/bin/sh\nPYTHONPATH="{ROOT}" exec "{VENV}/bin/python" -m service_desk.running "$@"\n')
    file.chmod(0o755)


def run(parts: list[str], env: dict[str, str] | None = None, quiet: bool = False) -> None:
    """Run a command of ours; a failure ends the set-up with what it said, and our own end asks it to end first."""
    with subprocess.Popen(
        parts,
        env=env,
        cwd=str(ROOT),
        text=True,
        stdout=subprocess.PIPE if quiet else None,
        stderr=subprocess.STDOUT if quiet else None,
    ) as child:
        try:
            said = child.communicate()[0]
        except BaseException:
            child.terminate()  # Leaving the block waits for it.
            raise
    if child.returncode:
        print(said or "", end="")
        sys.exit("failed / 失败：" + " ".join(parts[:4]))


def begin(purpose: str, *program: str) -> None:
    """Make ready, then become the program; whoever ends this before ends what was begun here."""
    if purpose not in NEEDS:
        sys.exit("usage: setup.py demo|test [program …]")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        main(purpose)
    except KeyboardInterrupt:
        sys.exit(130)
    if program:
        sys.stdout.flush()
        os.execv(program[0], program)  # A signal meant for it finds it under the number that was known before.


if __name__ == "__main__":
    begin(*(sys.argv[1:] or [""]))
