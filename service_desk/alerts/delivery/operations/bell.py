"""The bell of one person: what was told, read or unread."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, delete, func, select, update

from service_desk.alerts.delivery.models import BellItem, Destination
from service_desk.alerts.models import AlertNotice, Incident
from service_desk.lib.errors import NotThere
from service_desk.scope import session
from service_desk.tenants.models import Tenant

KEPT = timedelta(days=90)
SHOWN = 100
Rows = Select[BellItem, Tenant, AlertNotice, Destination]


@dataclass(frozen=True)
class Line:
    """One line of the bell: its item, the client and the notice it speaks of, or the destination, and the incidents."""

    item: BellItem
    tenant: Tenant | None
    notice: AlertNotice | None
    destination: Destination | None
    incidents: tuple[Incident, ...]


def unread(person_id: "int | ColumnElement[int]") -> Select[int]:
    """How many lines of somebody's bell are unread: one cheap statement, the same inside every client."""
    mine = (BellItem.person_id == person_id) & BellItem.read_at.is_(None)
    return select(func.count()).select_from(BellItem).where(mine)


def lines(person_id: int) -> list[Line]:
    """The latest lines, newest first. What speaks of a client that the person no longer sees is not among them."""
    return _lines(_of(person_id).limit(SHOWN))


def line(person_id: int, item_id: int) -> Line:
    """One line of somebody's bell. Raises NotThere, also for what speaks of a client no longer seen."""
    found = _lines(_of(person_id).where(BellItem.id == item_id))
    if not found:
        raise NotThere()
    return found[0]


def _of(person_id: int) -> Rows:
    on_notice = (BellItem.client_id == AlertNotice.tenant_id) & (BellItem.subject_id == AlertNotice.id)
    on_channel = (BellItem.kind == "channel") & (BellItem.subject_id == Destination.id)
    return (
        select(BellItem, Tenant, AlertNotice, Destination)
        .outerjoin(AlertNotice, (BellItem.kind == "alert") & on_notice)
        .outerjoin(Tenant, Tenant.id == AlertNotice.tenant_id)
        .outerjoin(Destination, on_channel)
        .where(BellItem.person_id == person_id, AlertNotice.id.is_not(None) | Destination.id.is_not(None))
        .order_by(BellItem.at.desc(), BellItem.id.desc())
    )


def _lines(asked: Rows) -> list[Line]:
    found = session().execute(asked).all()
    wanted = {number for row in found if row.AlertNotice for number in row.AlertNotice.incident_ids[:1]}
    rows = session().scalars(select(Incident).where(Incident.id.in_(wanted))).all() if wanted else []
    known = {(row.tenant_id, row.id): row for row in rows}
    return [_line(*row, known) for row in found]


def _line(
    item: BellItem,
    tenant: Tenant | None,
    notice: AlertNotice | None,
    destination: Destination | None,
    known: dict[tuple[int, int], Incident],
) -> Line:
    keys = [(notice.tenant_id, number) for number in notice.incident_ids[:1]] if notice else []
    return Line(item, tenant, notice, destination, tuple(known[key] for key in keys if key in known))


def read_one(person_id: int, item_id: int, now: datetime) -> None:
    """One line of somebody's own bell is read; what was read before stays so since then. Raises NotThere."""
    mine = update(BellItem).where(BellItem.id == item_id, BellItem.person_id == person_id)
    read = mine.values(read_at=func.coalesce(BellItem.read_at, now)).returning(BellItem.id)
    if session().scalar(read) is None:
        raise NotThere()


def read_all(person_id: int, now: datetime) -> None:
    """Everything in somebody's bell is read; what is older than a quarter goes."""
    mine = BellItem.person_id == person_id
    session().execute(update(BellItem).where(mine, BellItem.read_at.is_(None)).values(read_at=now))
    session().execute(delete(BellItem).where(mine, BellItem.at < now - KEPT))
