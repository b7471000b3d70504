"""What SQL Server's own record tells about backups, and about the soundness of its data."""

from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from connectors import backup_record, odbc
from connectors.backup_record import Made
from connectors.base import N_, Seen, Spot, fact
from connectors.facts import Backup, BackupHistory, BackupKey, Integrity
from connectors.sqlserver_core import SHARED, SqlServerCore
from connectors.statements import needs
from connectors.values import grouped, whole

# Said of a database by whoever judges the fact.
UNRECORDED = N_("when data was last checked for damage (from SQL Server 2016 SP2 on)")

# DBCC CHECKDB that never ran is said to have run in 1900; no server is that old.
NEVER_MINUTES = 60 * 365 * 1440


class Backups(SqlServerCore):
    """Backups and integrity."""

    @fact("backups", per="connection", needs=needs(SHARED, "backups"))
    def backups(self, session: odbc.Session, spot: Spot) -> Seen:
        """The latest backups of every database, by SQL Server's own record and clock."""
        found = self.ask(session, "backups")
        facts = [backup(row, self.owner(session, str(row[0])), spot) for row in found.rows]
        return Seen(facts=facts, truncated=found.truncated)

    @fact("backup_history", per="connection", needs=needs(SHARED, "backup_sets", "backup_places", "data_places"))
    def backup_history(self, session: odbc.Session, spot: Spot) -> Seen:
        """How the backups of every database that has any went lately."""
        found = self.ask(session, "backup_sets")
        made: dict[str, list[Made]] = defaultdict(list)
        for row in found.rows:
            made[str(row[0])].append(made_of(row))
        data = grouped((str(row[0]), str(row[1])) for row in self.ask(session, "data_places").rows)
        written: dict[str, list[Any]] = defaultdict(list)
        for row in self.ask(session, "backup_places").rows:
            written[str(row[0])].append(row)
        facts = [
            _history(name, backups, written[name], data.get(name, ()), self.owner(session, name), spot)
            for name, backups in sorted(made.items())
        ]
        return Seen(facts=facts, truncated=found.truncated)

    @fact("integrity", per="connection", needs=needs(SHARED, "checked", "suspect_pages"))
    def integrity(self, session: odbc.Session, spot: Spot) -> Seen:
        """When each database was last checked, and damaged pages; versions without the former say so."""
        found = self.ask(session, "checked")
        pages = {row[0]: int(row[1]) for row in self.ask(session, "suspect_pages").rows}
        facts = [
            Integrity(
                account_set=self.owner(session, str(name)),
                seen_at=spot.seen_at,
                database=name,
                checked_age_s=_age(minutes),
                recorded=("checked", "damaged") if minutes is not None else ("damaged",),
                damaged_pages=pages.get(number, 0),
            )
            for name, number, minutes in found.rows
        ]
        return Seen(facts=facts, truncated=found.truncated)

    @fact("backup_keys", per="connection", needs=needs(SHARED, "certificates"))
    def backup_keys(self, session: odbc.Session, spot: Spot) -> Seen:
        """Certificates with a private key, and when that was last exported."""
        found = self.ask(session, "certificates")
        facts = [
            BackupKey(seen_at=spot.seen_at, name=name, exported_age_s=_age(minutes)) for name, minutes in found.rows
        ]
        return Seen(facts=facts, truncated=found.truncated)


def backup(row: Any, owner: str | None, spot: Spot) -> Backup:
    """A row of the statement `backups` as a fact; its ages are in seconds by the server's clock."""
    name, state, model = row[:3]
    full, diff, log, size, created = (whole(value) for value in row[3:])
    return Backup(
        account_set=owner,
        seen_at=spot.seen_at,
        database=name,
        state=state,
        recovery_model=model,
        size_bytes=size,
        created_age_s=None if created is None else created * 60,
        full_at=spot.ago(full),
        full_age_s=full,
        diff_at=spot.ago(diff),
        diff_age_s=diff,
        log_at=spot.ago(log),
        log_age_s=log,
    )


def made_of(row: Sequence[Any]) -> Made:
    """A row of the statement `backup_sets` as one backup."""
    _, kind, age, took, size, copy_only, damaged, checked, first, last = row
    return Made(
        type=str(kind),
        age_s=max(0, int(age)),
        took_s=max(0, whole(took) or 0),
        size=whole(size) or 0,
        copy_only=bool(copy_only),
        damaged=bool(damaged),
        checked=bool(checked),
        first_lsn=None if first is None else Decimal(first),
        last_lsn=None if last is None else Decimal(last),
    )


def _history(
    name: str, backups: Sequence[Made], written: Sequence[Any], data: Sequence[str], owner: str | None, spot: Spot
) -> BackupHistory:
    recent = backup_record.lately(backups)
    usual = backup_record.against_usual(backups)
    # Only a drive with a letter can be told from another; a share or an address is none of the server's own.
    drives = {drive for drive in data if drive[1:2] == ":"}
    return BackupHistory(
        account_set=owner,
        seen_at=spot.seen_at,
        database=name,
        worst_gap_s=backup_record.worst_gap_s(backups),
        restore_s=backup_record.restore_s(backups),
        broken_age_s=backup_record.broken_age_s(backups),
        to_nul=sum(int(row[3]) for row in written if row[2]),
        same_drive=sum(int(row[3]) for row in written if row[1] in drives) if drives else None,
        damaged=sum(one.damaged for one in recent),
        unchecked=sum(not one.checked for one in recent),
        last_bytes=usual.last_bytes,
        usual_bytes=usual.usual_bytes,
        last_took_s=usual.last_took_s,
        usual_took_s=usual.usual_took_s,
    )


def _age(minutes: Any) -> int | None:
    found = whole(minutes)
    return None if found is None or found > NEVER_MINUTES else found * 60
