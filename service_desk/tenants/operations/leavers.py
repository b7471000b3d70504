"""Who has left the client: their ERP users must no longer be enabled."""

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time

from sqlalchemy import select

from service_desk.audit.operations import record
from service_desk.lib.text import normalise, one_line
from service_desk.scope import load, session
from service_desk.tenants.models import Leaver

MOST = 2000
_HEADINGS = {"name", "姓名", "login", "账号", "登录名", "left", "离职日期", "离职时间"}


@dataclass(frozen=True)
class LeaverLine:
    """One line of a pasted list: a name, perhaps a login, perhaps the day they left."""

    name: str
    login: str
    left_on: date | None


def read_lines(pasted: str) -> tuple[list[LeaverLine], list[str]]:
    """Read a pasted list or CSV: name, login, day, parted by tab, comma (also the Chinese one) or semicolon.

    Returns the lines understood and those that were not. A heading line is skipped; the day may stand in any column.
    """
    understood: list[LeaverLine] = []
    strange: list[str] = []
    for raw in pasted.splitlines()[: MOST + 1]:
        cells = _cells(raw)
        if not cells or {cell.lower() for cell in cells} & _HEADINGS:
            continue
        days = [day for day in map(_day, cells) if day is not None]
        words = [cell for cell in cells if _day(cell) is None]
        if words and len(words) <= 2 and len(days) <= 1:
            understood.append(LeaverLine(words[0], words[1] if len(words) > 1 else "", days[0] if days else None))
        else:
            strange.append(one_line(raw, 80))
    return understood, strange


def _cells(raw: str) -> list[str]:
    line = normalise(raw).replace("、", ",").replace(";", ",").replace("\t", ",")
    row = next(csv.reader([line]), [])
    return [cell.strip() for cell in row if cell.strip()]


def _day(cell: str) -> date | None:
    found = re.fullmatch(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?", cell)
    try:
        return date(*map(int, found.groups())) if found else None
    except ValueError:
        return None


def leavers() -> Sequence[Leaver]:
    """The leavers of the client in scope, the latest first."""
    return session().scalars(select(Leaver).order_by(Leaver.left_on.desc().nulls_last(), Leaver.name)).all()


def add_leavers(lines: Sequence[LeaverLine], now: datetime) -> int:
    """Add leavers; who is on the list already (same name and login) stays as they are. Returns how many were new."""
    known = {(row.name, row.login) for row in session().scalars(select(Leaver))}
    fresh = [line for line in dict.fromkeys(lines) if (line.name, line.login) not in known]
    for line in fresh:
        left = datetime.combine(line.left_on, time(), UTC) if line.left_on else None
        session().add(Leaver(name=line.name, login=line.login, left_on=left, created_at=now))
    if fresh:
        record("leavers.added", count=len(fresh))
    return len(fresh)


def remove_leaver(leaver_id: int) -> None:
    """Take somebody off the list. Raises NotThere."""
    row = load(Leaver, leaver_id)
    session().delete(row)
    record("leaver.removed", subject=f"leaver:{row.id}", name=row.name)
