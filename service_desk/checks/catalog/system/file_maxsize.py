"""How far databases have come towards the size at which they stop to take data."""

from collections import defaultdict
from datetime import datetime

from connectors.facts import DataFile, Server
from service_desk.checks.catalog import rights
from service_desk.checks.finding import N_, Check, Finding, Seen, Settings
from service_desk.checks.shapes import measured

EXPRESS = 10 * 1024**3  # what one database of SQL Server Express may hold


def judge(seen: Seen, settings: Settings, _now: datetime) -> list[Finding]:
    """One finding: the fullest of all files with a limit, and of databases that the edition limits."""
    files = seen.of(DataFile)
    shares = sorted([*_files(files), *(_express(files) if _is_express(seen) else [])], reverse=True)
    if not shares:
        return [Finding(state="ok", value=0, wording="none")] if files else []
    share, name, used, limit = shares[0]
    full = [f"{one}: {part:.0f} %" for part, one, _, _ in shares if settings.level(part) != "ok"]
    return [measured(share, settings, rows=full, name=name, percent=round(share), used_b=used, limit_b=limit)]


def _files(files: list[DataFile]) -> list[tuple[float, str, int, int]]:
    return [
        (used / fact.limit_bytes * 100, fact.subject, used, fact.limit_bytes)
        for fact in files
        if fact.limit_bytes
        for used in [fact.size_bytes if fact.used_bytes is None else fact.used_bytes]
    ]


def _express(files: list[DataFile]) -> list[tuple[float, str, int, int]]:
    sizes: dict[str, int] = defaultdict(int)
    for fact in files:
        if fact.what == "data":
            sizes[fact.database] += fact.size_bytes if fact.used_bytes is None else fact.used_bytes
    return [(used / EXPRESS * 100, database, used, EXPRESS) for database, used in sizes.items()]


def _is_express(seen: Seen) -> bool:
    return any("express" in (fact.edition or "").casefold() for fact in seen.of(Server))


SAID = N_("%(name)s has used %(percent)s%% of its size limit (%(used)s of %(limit)s).")

CHECK = Check(
    key="file.maxsize",
    group="system",
    kinds=("files",),
    also=("server",),
    unit="%",
    warn=80,
    crit=90,
    interval_s=900,
    priority=8,
    title=N_("Size limits of databases"),
    says={
        "none": N_("No file of a database has a size limit."),
        "ok": SAID,
        "bad": N_(
            "%(name)s has used %(percent)s%% of its size limit (%(used)s of %(limit)s) and stops accepting data "
            "when it is full."
        ),
    },
    remedy=N_("Extend the file or its limit; with the Express edition, plan the larger edition."),
    reads=N_("Sizes of database files and what they may grow to"),
    right=rights.DEFINITION,
    judge=judge,
)
