"""What a record of backups tells about one database: gaps, the time a restore would take, chains that broke.

Pure: backups in, seconds and bytes out. Ages are seconds back from now, by the server's clock.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from statistics import median

FULL, DIFFERENTIAL, LOG = "D", "I", "L"
WEEK_S = 7 * 86400
FORTNIGHT_S = 14 * 86400
USUAL = 7


@dataclass(frozen=True, kw_only=True)
class Made:
    """One backup: its type, how long ago it ended, how long it took, and what it holds."""

    type: str
    age_s: int
    took_s: int = 0
    size: int = 0
    copy_only: bool = False
    damaged: bool = False
    checked: bool = True
    first_lsn: Decimal | None = None
    last_lsn: Decimal | None = None


def worst_gap_s(backups: Sequence[Made], within_s: int = WEEK_S) -> int | None:
    """The longest time between two consecutive backups of any type, in seconds, the one that runs until now included.

    A gap counts when it ends within the time looked at; None when there is no backup at all.
    """
    ages = sorted(one.age_s for one in backups)
    if not ages:
        return None
    return max(older - newer for newer, older in pairwise([0, *ages]) if newer <= within_s)


def restore_s(backups: Sequence[Made], within_s: int = WEEK_S) -> int | None:
    """Seconds to read back the longest chain of the last days, at the pace at which it was written.

    A chain is a full backup, the last differential since, and every log after that; it is longest right before the
    next full or differential. None while there is no full backup. The idea of the worst moment is sp_BlitzBackups'.
    """
    longest: int | None = None
    full = rest = logs = 0
    begun = False
    for one in sorted(backups, key=lambda made: -made.age_s):
        if one.type == FULL and not one.copy_only:
            full, rest, logs, begun = one.took_s, 0, 0, True
        elif one.type == DIFFERENTIAL:
            rest, logs = one.took_s, 0
        elif one.type == LOG:
            logs += one.took_s
        if begun and (one.age_s <= within_s or longest is None):
            longest = max(longest or 0, full + rest + logs)
    return max(longest or 0, full + rest + logs) if begun else None


def broken_age_s(backups: Sequence[Made]) -> int | None:
    """How long ago a log backup last did not follow on the one before: it began after the end of all before it."""
    reached: Decimal | None = None
    broken: int | None = None
    logs = [one for one in backups if one.type == LOG and one.first_lsn is not None and one.last_lsn is not None]
    for one in sorted(logs, key=lambda made: (-made.age_s, made.first_lsn)):
        if reached is not None and one.first_lsn is not None and one.first_lsn > reached:
            broken = one.age_s
        reached = max(reached or Decimal(0), one.last_lsn or Decimal(0))
    return broken


@dataclass(frozen=True, kw_only=True)
class Usual:
    """The last full backup beside what is usual: bytes and seconds, medians of up to seven before it."""

    last_bytes: int | None = None
    usual_bytes: int | None = None
    last_took_s: int | None = None
    usual_took_s: int | None = None


def against_usual(backups: Sequence[Made]) -> Usual:
    """The last full backup and the median of the seven before; null where there is none."""
    fulls = sorted((one for one in backups if one.type == FULL), key=lambda made: made.age_s)
    if not fulls:
        return Usual()
    last, before = fulls[0], fulls[1 : 1 + USUAL]
    return Usual(
        last_bytes=last.size,
        usual_bytes=round(median(one.size for one in before)) if before else None,
        last_took_s=last.took_s,
        usual_took_s=round(median(one.took_s for one in before)) if before else None,
    )


def lately(backups: Sequence[Made]) -> list[Made]:
    """Those of the last fourteen days."""
    return [one for one in backups if one.age_s <= FORTNIGHT_S]
