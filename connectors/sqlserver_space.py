"""The databases of a SQL Server: state, files, room, speed, copies, and how far they are out of order."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from connectors import odbc
from connectors.base import ConnectorError, Seen, Spot, fact
from connectors.facts import (
    Database,
    DataFile,
    FileIo,
    Index,
    LogPieces,
    NumberRange,
    Replica,
    Statistic,
    TempSpace,
    Volume,
)
from connectors.sqlserver_core import SHARED, SqlServerCore
from connectors.sqlserver_readings import identity_use
from connectors.statements import needs
from connectors.values import whole

PAGE = 8192
GIGABYTE = 1024**3
UNEVEN_PAGES = GIGABYTE // PAGE
HEALTHY = 2
MIRRORED_WELL = frozenset({"SYNCHRONIZED", "SYNCHRONIZING"})
OWN_OF_SERVER = frozenset({"master", "msdb", "model", "tempdb"})
WHAT = {0: "data", 1: "log"}


class Space(SqlServerCore):
    """Databases, volumes, files and what is in them."""

    @fact("databases", per="connection", needs=needs(SHARED, "states"))
    def databases(self, session: odbc.Session, spot: Spot) -> Seen:
        """State and log of every database; the age of its last log backup where the record of backups may be read."""
        found = self.ask(session, "states")
        logged = {row[0]: whole(row[5]) for row in self.ask_if_there(session, "backups") or []}
        facts = [
            Database(
                account_set=self.owner(session, str(name)),
                seen_at=spot.seen_at,
                database=name,
                state=state,
                recovery_model=model,
                data_bytes=_times(data, 1024),
                log_bytes=_times(log, 1024),
                log_used_pct=round(100 * used / log, 1) if log and used is not None else None,
                log_waits_for=waits_for,
                log_age_s=logged.get(name),
            )
            for name, state, model, waits_for, data, log, used in found.rows
        ]
        return Seen(facts=facts, truncated=found.truncated)

    @fact("volumes", per="connection", needs=needs(SHARED, "volumes"))
    def volumes(self, session: odbc.Session, spot: Spot) -> Seen:
        """Volumes with files of databases on them; of others the server knows nothing."""
        found = self.ask(session, "volumes")
        # The same volume comes once for each free space that was measured; one is as good as another.
        once = {str(row[0]): row for row in found.rows}
        facts = [
            Volume(
                seen_at=spot.seen_at,
                volume=name,
                label=str(row[1] or "") or None,
                role="data",
                total_bytes=int(row[2]),
                free_bytes=int(row[3]),
            )
            for name, row in once.items()
            if row[2]
        ]
        return Seen(facts=facts, truncated=found.truncated)

    @fact("files", per="connection", needs=needs(SHARED, "files"))
    def files(self, session: odbc.Session, spot: Spot) -> Seen:
        """Size, limit and growth; the Express edition stops a database at a size of its own."""
        found = self.ask(session, "files")
        version, edition = (str(part) for part in self.ask(session, "version").rows[0])
        cap = express_bytes(version) if edition.startswith("Express") else None
        used = self._used(session)
        sizes = _data_bytes(found.rows)
        facts = [self._file(row, used, cap, sizes, spot, session) for row in found.rows]
        return Seen(facts=facts, truncated=found.truncated)

    def _used(self, session: odbc.Session) -> dict[tuple[str, int], int]:
        """(database, file) -> used bytes, in those of the system's own databases that may be entered."""
        found: dict[tuple[str, int], int] = {}
        for database in self.own_databases(session):
            try:
                rows = session.rows(self.statements["files_used"], database).rows
            except ConnectorError:
                continue
            found |= {(database, row[0]): int(row[1]) * PAGE for row in rows if row[1] is not None}
        return found

    def _file(
        self,
        row: Any,
        used: Mapping[tuple[str, int], int],
        cap: int | None,
        sizes: Mapping[str, int],
        spot: Spot,
        session: odbc.Session,
    ) -> DataFile:
        database, number, name, kind, size, most, growth, percent, drive = row
        limit = None if most in (-1, None) or not growth else int(most) * PAGE
        size_bytes = int(size) * PAGE
        if not growth:
            limit = size_bytes
        if cap is not None and kind == 0 and str(database).lower() not in OWN_OF_SERVER:
            limit = min(limit or cap, cap - sizes[str(database)] + size_bytes)
        return DataFile(
            account_set=self.owner(session, str(database)),
            seen_at=spot.seen_at,
            database=database,
            name=name,
            what=WHAT.get(kind, "data"),
            size_bytes=size_bytes,
            used_bytes=used.get((str(database), number)),
            limit_bytes=limit,
            growth_bytes=int(growth) * PAGE if growth and not percent else None,
            growth_pct=float(growth) if growth and percent else None,
            volume=drive,
        )

    @fact("io", per="connection", needs=needs(SHARED, "file_io"))
    def io(self, session: odbc.Session, spot: Spot) -> Seen:
        found = self.ask(session, "file_io")
        facts = [
            FileIo(
                account_set=self.owner(session, str(database)),
                seen_at=spot.seen_at,
                database=database,
                name=name,
                what=WHAT.get(kind, "data"),
                reads=int(reads),
                read_ms=float(read_ms),
                writes=int(writes),
                write_ms=float(write_ms),
            )
            for database, name, kind, reads, read_ms, writes, write_ms in found.rows
        ]
        return Seen(facts=facts, truncated=found.truncated)

    @fact("temp_space", per="connection", needs=needs(SHARED, "temp_used", "temp_files"))
    def temp_space(self, session: odbc.Session, spot: Spot) -> Seen:
        free, used = (whole(value) or 0 for value in self.ask(session, "temp_used").rows[0])
        files = self.ask(session, "temp_files").rows
        sizes = [int(row[0]) for row in files]
        fact = TempSpace(
            seen_at=spot.seen_at,
            files=len(files),
            uneven=bool(sizes) and max(sizes) - min(sizes) > UNEVEN_PAGES,
            on_system_drive=any(row[1] == "C:" for row in files),
            used_pct=round(100 * used / (used + free), 1) if used + free else None,
        )
        return Seen(facts=[fact])

    @fact("log_pieces", per="connection", needs=needs(SHARED, "log_pieces"))
    def log_pieces(self, session: odbc.Session, spot: Spot) -> Seen:
        found = self.ask(session, "log_pieces")
        facts = [
            LogPieces(
                account_set=self.owner(session, str(name)), seen_at=spot.seen_at, database=name, pieces=int(pieces)
            )
            for name, pieces in found.rows
        ]
        return Seen(facts=facts, truncated=found.truncated)

    @fact("replicas", per="connection", needs=needs(SHARED, "mirrors"))
    def replicas(self, session: odbc.Session, spot: Spot) -> Seen:
        """Availability groups and mirrors; a mirror does not tell how far behind it is."""
        # Without this right the views of the groups would look as if there were none.
        self.require_sight(session, "sys.dm_hadr_database_replica_states")
        groups = self.ask_if_known(session, "availability_replicas")
        facts = [
            Replica(
                seen_at=spot.seen_at,
                name=f"{name} @ {server}",
                healthy=health == HEALTHY,
                state=state,
                lag_s=None if behind is None else float(max(0, behind)),
            )
            for name, server, state, health, behind in groups
        ]
        for name, partner, state in self.ask(session, "mirrors").rows:
            facts.append(
                Replica(seen_at=spot.seen_at, name=f"{name} @ {partner}", healthy=state in MIRRORED_WELL, state=state)
            )
        return Seen(facts=facts)

    @fact("indexes", per="account_set", needs=needs(SHARED, "indexes"))
    def indexes(self, session: odbc.Session, spot: Spot) -> Seen:
        """The largest indexes, whatever their order; heavy enough to be asked seldom."""
        found = self.ask(session, "indexes", spot)
        worst = {(row[0], row[1]): row for row in reversed(found.rows)}
        facts = [
            Index(
                account_set=spot.code,
                seen_at=spot.seen_at,
                database=self._where(session, spot),
                table=table,
                name=name or "",
                fragmented_pct=round(float(row[2]), 1),
                pages=int(row[3]),
            )
            for (table, name), row in worst.items()
        ]
        return Seen(facts=facts)

    @fact("statistics", per="account_set", needs=needs(SHARED, "statistics", "counts_itself"))
    def statistics(self, session: odbc.Session, spot: Spot) -> Seen:
        database = self._where(session, spot)
        found = self.ask(session, "statistics", spot)
        counting = {str(row[0]): bool(row[1]) for row in self.ask(session, "counts_itself").rows}
        facts = [
            Statistic(
                account_set=spot.code,
                seen_at=spot.seen_at,
                database=database,
                table=table,
                changed_pct=round(min(100 * int(changed) / max(1, whole(rows) or 0), 1000), 1),
                automatic=counting.get(database, True),
            )
            for table, changed, rows in found.rows
        ]
        return Seen(facts=facts, truncated=found.truncated)

    @fact("number_ranges", per="account_set", needs=needs(SHARED, "identities"))
    def number_ranges(self, session: odbc.Session, spot: Spot) -> Seen:
        """Identity columns and sequences that have used up more than a hundredth of their numbers."""
        found = self.ask(session, "identities", spot)
        used = [(f"{row[0]}.{row[1]}", identity_use(int(row[2]), int(row[3]), str(row[4]), str(row[5])))
                for row in found.rows]  # fmt: skip
        used += [(str(row[0]), _sequence_use(row)) for row in self.ask_if_known(session, "sequences", spot)]
        facts = [
            NumberRange(
                account_set=spot.code,
                seen_at=spot.seen_at,
                database=self._where(session, spot),
                name=name,
                used_pct=use[0],
                left=use[1],
            )
            for name, use in used
            if use is not None and use[0] >= 1
        ]
        return Seen(facts=facts, truncated=found.truncated)

    def _where(self, session: odbc.Session, spot: Spot) -> str:
        (database,) = self.places(session, "account_set", spot.account_set)
        return database


def express_bytes(version: str) -> int:
    """How large the data of a database may grow in the Express edition: 4 GB, 10 GB from 2008 R2, 50 GB from 2025."""
    major, minor = (int(part) for part in version.split(".")[:2])
    if major >= 17:
        return 50 * GIGABYTE
    return (10 if (major, minor) >= (10, 50) else 4) * GIGABYTE


def _data_bytes(rows: Iterable[Any]) -> dict[str, int]:
    found: dict[str, int] = {}
    for row in rows:
        if row[3] == 0:
            found[str(row[0])] = found.get(str(row[0]), 0) + int(row[4]) * PAGE
    return found


def _sequence_use(row: Sequence[Any]) -> tuple[float, int] | None:
    _, current, lowest, highest, cycling, step = row
    if cycling or None in (current, lowest, highest) or int(Decimal(str(step or 1))) < 1:
        return None
    low, high, at = (int(Decimal(str(value))) for value in (lowest, highest, current))
    room = high - max(low, 0)
    return (round(100 * max(0, at - max(low, 0)) / room, 2), max(0, high - at)) if room > 0 else None


def _times(value: Any, factor: int) -> int | None:
    return None if value is None else int(value) * factor
