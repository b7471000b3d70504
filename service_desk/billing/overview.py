"""The money page: what every client owes, added up, ranked and cut to what is shown by the database in one statement.

The sums count every client; of the clients themselves only the first ones travel.
"""

from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    CTE,
    BigInteger,
    Select,
    TextClause,
    case,
    cast,
    func,
    literal,
    literal_column,
    select,
    union_all,
)

from service_desk.billing.models import Contract, EntryClaim, Invoice
from service_desk.scope import session
from service_desk.spelled import spelled_out
from service_desk.tenants.models import Tenant
from service_desk.worklog.models import Entry

CLIENTS = 40  # on the page, who needs a reminder first
LATE = 30  # overdue invoices on the page, the longest overdue first

UNSETTLED = ("draft", "issued", "partly_paid")


@dataclass(frozen=True)
class Sums:
    """What invoices of one client in one currency come to, in minor units; `late` counts the overdue ones."""

    currency: str
    open: int
    overdue: int
    late: int
    month: int


@dataclass(frozen=True)
class ClientMoney:
    """One line of the page: a client, what it owes by currency, and its work that waits to be billed."""

    id: int
    slug: str
    name: str
    initial: str
    colour: int
    currency: str
    sums: tuple[Sums, ...]
    waiting: int | None
    minutes: int | None

    @property
    def late(self) -> int:
        return sum(one.late for one in self.sums)


@dataclass(frozen=True)
class Total:
    """One currency over all clients, in minor units. Work counts in the client's currency."""

    currency: str
    open: int
    overdue: int
    late: int
    month: int
    waiting: int
    minutes: int


@dataclass(frozen=True)
class Late:
    """An invoice past its day: how many days, and what is still owed."""

    id: int
    number: str
    title: str
    currency: str
    left: int
    days: int
    slug: str
    client: str


@dataclass(frozen=True)
class Overview:
    """The first clients, how many more there are, the sums over all, and the longest overdue."""

    clients: tuple[ClientMoney, ...]
    hidden: int
    totals: tuple[Total, ...]
    late: tuple[Late, ...]

    @property
    def overdue(self) -> int:
        """How many invoices are overdue, the ones that are not shown too."""
        return sum(one.late for one in self.totals)


def overview(today: date) -> Overview:
    """Look at the money of all clients in scope as it stands on `today`."""
    row = session().execute(_question(today)).one()
    sums: dict[int, list[Sums]] = {}
    for one in row.amounts or ():
        sums.setdefault(one.pop("tenant_id"), []).append(Sums(**one))
    clients = tuple(ClientMoney(**one, sums=tuple(sums.get(one["id"], ()))) for one in row.listed or ())
    return Overview(
        clients=clients,
        hidden=row.known - len(clients),
        totals=tuple(Total(**one) for one in row.totals or ()),
        late=tuple(Late(**one) for one in row.late or ()),
    )


@lru_cache(maxsize=4)
def _question(today: date) -> TextClause:
    """Each table is looked at in one place, as each look costs its wall; the parts read from one another."""
    clients, unsettled = _clients(), _unsettled(today)
    money, work = _money(unsettled, today.replace(day=1)), _work(unsettled)
    listed = _ranked(clients, money, work)
    return spelled_out(
        select(
            _rows(select(listed), "listed"),
            _rows(_amounts(money, listed), "amounts"),
            select(func.count()).select_from(clients).scalar_subquery().label("known"),
            _rows(_totals(clients, money, work), "totals"),
            _rows(_late(clients, unsettled), "late"),
        )
    )


def _rows(statement: Select[Any], name: str) -> Any:
    """A statement's rows as one list of objects, in its order."""
    rows = statement.subquery(name)
    return select(func.jsonb_agg(func.to_jsonb(literal_column(name)))).select_from(rows).scalar_subquery().label(name)


def _kept(statement: Any, name: str) -> CTE:
    """A part that is worked out once and read by several."""
    part: CTE = statement.cte(name).prefix_with("MATERIALIZED")
    return part


def _big(value: Any) -> Any:
    return cast(func.coalesce(value, 0), BigInteger)


def _clients() -> CTE:
    shown = (Tenant.id, Tenant.slug, Tenant.name, Tenant.short_name, Tenant.initial, Tenant.colour, Tenant.currency)
    return _kept(select(*shown), "clients")


def _unsettled(today: date) -> CTE:
    """Drafts and what is owed, read from the index that holds nothing else; `late` in days."""
    shown = (Invoice.tenant_id, Invoice.id, Invoice.state, Invoice.number, Invoice.title, Invoice.currency)
    left, days = Invoice.total_minor - Invoice.paid_minor, literal(today) - Invoice.due_on
    return _kept(
        select(*shown, left.label("left_over"), func.greatest(days, 0).label("days")).where(
            Invoice.state.in_(UNSETTLED), Invoice.kind == "invoice"
        ),
        "unsettled",
    )


def _money(unsettled: CTE, month: date) -> CTE:
    """By invoice: what is open, overdue, whether it is, and what was invoiced since the first of the month.

    It is added up where it is read: for the order of the clients, for the few that are shown, for each currency.
    """
    row = unsettled.c
    late = row.days > 0
    owed = select(
        *(row.tenant_id, row.currency, row.left_over.label("open")),
        case((late, row.left_over), else_=0).label("overdue"),
        case((late, 1), else_=0).label("late"),
        literal(0, BigInteger).label("month"),
    ).where(row.state != "draft")
    nothing = [literal(0, BigInteger)] * 3
    invoiced = select(Invoice.tenant_id, Invoice.currency, *nothing, Invoice.total_minor).where(
        Invoice.issued_on >= month, Invoice.state.not_in(("draft", "void"))
    )
    return _kept(union_all(owed, invoiced), "money")


def _amounts(money: CTE, listed: CTE) -> Select[Any]:
    """Of the clients that are shown, by currency."""
    columns = [_big(func.sum(money.c[name])).label(name) for name in ("open", "overdue", "late", "month")]
    key = (money.c.tenant_id, money.c.currency)
    return select(*key, *columns).where(money.c.tenant_id.in_(select(listed.c.id))).group_by(*key).order_by(*key)


def _held(unsettled: CTE) -> CTE:
    """Work that is on no issued invoice and yet does not wait: it is on a draft or was written off."""
    draft = unsettled.c
    drafted = (EntryClaim.tenant_id == draft.tenant_id) & (EntryClaim.invoice_id == draft.id)
    key = (EntryClaim.tenant_id, EntryClaim.entry_id)
    on_drafts = select(*key).join_from(unsettled, EntryClaim, drafted).where(draft.state == "draft")
    written_off = select(*key).where(EntryClaim.kind == "write_off")
    open_ = EntryClaim.released_at.is_(None)
    return _kept(union_all(on_drafts.where(open_), written_off.where(open_)), "held")


def _work(unsettled: CTE) -> CTE:
    """Per client the minutes that wait and what they come to, at the entry's rate or else the newest contract's."""
    held = _held(unsettled)
    taken = select(held.c.entry_id).where(held.c.tenant_id == Entry.tenant_id, held.c.entry_id == Entry.id).exists()
    waiting = (
        select(
            Entry.tenant_id,
            func.sum(Entry.billable_minutes).label("minutes"),
            func.sum(Entry.billable_minutes * Entry.rate_minor).label("priced"),
            func.sum(Entry.billable_minutes).filter(Entry.rate_minor.is_(None)).label("unpriced"),
        )
        .where(Entry.billable, Entry.invoice_line_id.is_(None), ~taken)
        .group_by(Entry.tenant_id)
        .subquery()
    )
    row = waiting.c
    newest = select(Contract.rate_minor).where(Contract.tenant_id == row.tenant_id)
    rate = newest.order_by(Contract.starts_on.desc()).limit(1).scalar_subquery()
    # Work bears its own rate once there is a contract, so the contract is looked up for few.
    unpriced = case((row.unpriced.is_not(None), _big(row.unpriced) * func.coalesce(rate, 0)), else_=0)
    return _kept(select(row.tenant_id, row.minutes, ((_big(row.priced) + unpriced) // 60).label("waiting")), "work")


def _ranked(clients: CTE, money: CTE, work: CTE) -> CTE:
    """The first clients: overdue first, then open, then work that waits."""
    owed = (
        select(money.c.tenant_id, func.sum(money.c.open).label("open"), func.sum(money.c.overdue).label("overdue"))
        .group_by(money.c.tenant_id)
        .subquery()
    )
    rank = [func.coalesce(one, 0).desc() for one in (owed.c.overdue, owed.c.open, work.c.minutes)]
    return _kept(
        select(*(column for column in clients.c if column.name != "short_name"), work.c.waiting, work.c.minutes)
        .outerjoin_from(clients, owed, owed.c.tenant_id == clients.c.id)
        .outerjoin(work, work.c.tenant_id == clients.c.id)
        .order_by(*rank, clients.c.short_name)
        .limit(CLIENTS),
        "ranked",
    )


def _totals(clients: CTE, money: CTE, work: CTE) -> Select[Any]:
    """One row for each currency, the largest first."""
    nothing = literal(0, BigInteger)
    owed = select(
        *(money.c.currency, money.c.open, money.c.overdue, money.c.late, money.c.month),
        *(nothing.label("waiting"), nothing.label("minutes")),
    )
    waits = select(clients.c.currency, *[nothing] * 4, work.c.waiting, work.c.minutes)
    both = union_all(owed, waits.join_from(work, clients, clients.c.id == work.c.tenant_id)).subquery()
    names = ("open", "overdue", "late", "month", "waiting", "minutes")
    columns = [_big(func.sum(both.c[name])).label(name) for name in names]
    largest = (func.sum(both.c.open) + func.sum(both.c.month)).desc()
    return select(both.c.currency, *columns).group_by(both.c.currency).order_by(largest, both.c.currency)


def _late(clients: CTE, unsettled: CTE) -> Select[Any]:
    late = unsettled.c.days > 0, unsettled.c.state != "draft"
    longest = select(unsettled).where(*late).order_by(unsettled.c.days.desc(), unsettled.c.id).limit(LATE).subquery()
    row = longest.c
    return (
        select(row.id, row.number, row.title, row.currency, row.left_over.label("left"), row.days)
        .add_columns(clients.c.slug, clients.c.name.label("client"))
        .join_from(longest, clients, clients.c.id == row.tenant_id)
        .order_by(row.days.desc(), row.id)
    )
