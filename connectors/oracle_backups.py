"""What Oracle's own record tells of backups by RMAN and of its archived change logs."""

from connectors import backup_record
from connectors import oracle_wire as wire
from connectors.backup_record import DIFFERENTIAL, FULL, LOG, Made
from connectors.base import Seen, Spot, fact
from connectors.facts import Archiving, Backup, BackupHistory
from connectors.oracle_state import STATEMENTS
from connectors.statements import needs
from connectors.values import whole

# RMAN calls an incremental backup of any level the same, so the base of a chain of them is not to be told apart.
TYPES = {"DB FULL": FULL, "DB INCR": DIFFERENTIAL, "ARCHIVELOG": LOG}
OF_DATA, OF_LOGS = ("DB FULL", "DB INCR"), ("ARCHIVELOG",)


class OracleBackups:
    """Readers over one login; mixed into the connector."""

    @fact("backups", per="connection", needs=needs(STATEMENTS, "state", "backups"))
    def backups(self, session: wire.Session, spot: Spot) -> Seen:
        """The latest backups that RMAN ended well, by the database's own clock."""
        name, _mode, logging = session.rows(STATEMENTS["state"]).rows[0]
        ages = {str(kind): whole(age) for kind, age in session.rows(STATEMENTS["backups"]).rows}
        full, log = (_least(ages, kinds) for kinds in (OF_DATA, OF_LOGS))
        fact = Backup(
            seen_at=spot.seen_at, database=str(name), state="ONLINE",
            recovery_model="FULL" if logging == "ARCHIVELOG" else "SIMPLE",
            full_at=spot.ago(full), full_age_s=full, log_at=spot.ago(log), log_age_s=log, recorded=("full", "log"),
        )  # fmt: skip
        return Seen(facts=[fact])

    @fact("backup_history", per="connection", needs=needs(STATEMENTS, "state", "backup_runs"))
    def backup_history(self, session: wire.Session, spot: Spot) -> Seen:
        """How the backups by RMAN went lately; whether each archived log follows on the one before is not read."""
        name = str(session.rows(STATEMENTS["state"]).rows[0][0])
        found = session.rows(STATEMENTS["backup_runs"])
        made = [
            Made(type=TYPES[str(kind)], age_s=max(0, whole(age) or 0), took_s=whole(took) or 0, size=whole(size) or 0)
            for kind, age, took, size in found.rows
            if str(kind) in TYPES
        ]
        usual = backup_record.against_usual(made)
        history = BackupHistory(
            seen_at=spot.seen_at, database=name, worst_gap_s=backup_record.worst_gap_s(made),
            restore_s=backup_record.restore_s(made), chain_recorded=False,
            last_bytes=usual.last_bytes, usual_bytes=usual.usual_bytes,
            last_took_s=usual.last_took_s, usual_took_s=usual.usual_took_s,
        )  # fmt: skip
        return Seen(facts=[history] if made else [], truncated=found.truncated)

    @fact("archiving", per="connection", needs=needs(STATEMENTS, "recovery_area", "archives"))
    def archiving(self, session: wire.Session, spot: Spot) -> Seen:
        """How full the recovery area is, and places that change logs do not reach."""
        facts = [
            Archiving(seen_at=spot.seen_at, name=str(name), used_pct=round(100 * float(used) / float(limit), 1))
            for name, used, limit in session.rows(STATEMENTS["recovery_area"]).rows
            if limit
        ]
        facts += [
            Archiving(seen_at=spot.seen_at, name=str(name), failing=status != "VALID")
            for name, status in session.rows(STATEMENTS["archives"]).rows
        ]
        return Seen(facts=facts)


def _least(ages: dict[str, int | None], kinds: tuple[str, ...]) -> int | None:
    return min((age for kind, age in ages.items() if kind in kinds and age is not None), default=None)
