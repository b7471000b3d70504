"""The front page: who needs me, by when, and why; the healthy ones folded into one line.

Everything is read in the scope of the overview with a handful of aggregates, whatever the number of clients; only the
clients that are shown are looked at closely.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from flask import url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from markupsafe import Markup
from sqlalchemy import case, func, select, true
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import aliased

from service_desk.billing.models import Invoice
from service_desk.checks.heat import worst_days
from service_desk.checks.models import CheckState
from service_desk.checks.reading import sentence
from service_desk.lib.charts import heat_strip
from service_desk.lib.clock import (
    Language,
    ago,
    in_words,
    local_day,
    show_hour,
)
from service_desk.lib.money import Money, show
from service_desk.scope import current, session
from service_desk.tenants.models import ErpConnection, Tenant
from service_desk.tickets.models import Ticket
from service_desk.worklog.models import Entry

SHOWN = 40  # rows on the page; the rest of those who need somebody are counted and linked
QUIET = timedelta(minutes=5)
QUEUE = 8
OPEN = Ticket.status.not_in(("solved", "closed"))
SEVERITY = case({"crit": 0, "unknown": 1, "warn": 2}, value=CheckState.state, else_=3)


@dataclass(frozen=True)
class Trouble:
    """What stands worst with one client: its state and the sentence that says why, and how many more there are."""

    state: str
    why: str
    more: int


@dataclass
class Row:
    """One client that needs somebody, as the page shows it."""

    tenant: Tenant
    url: str
    note: str
    state: str
    why: str
    due: tuple[str, str, str] | None = None
    backup: tuple[str, str] = ("—", "")
    drill: tuple[str, str] = ("", "")
    strip: Markup | str = ""
    duty: str = ""
    hours: None = None
    money: tuple[str, str] | None = None
    rank: tuple[int, float] = (9, 0.0)


@dataclass
class Today:
    """The variables of web/today.html."""

    needing: int
    nearest: tuple[str, str, str] | None
    rows: list[Row]
    calm: list[tuple[Tenant, str, str]]
    calm_note: str
    engine: tuple[str, str]
    queue: list[tuple[int, str, str, str, str, str]] = field(default_factory=list)


def read(beat: datetime | None, now: datetime, lang: Language) -> Today:
    """Everything the table of clients and the queue need. `beat`: when the clock last went round."""
    tenants = _tenants()
    troubles = _troubles(tenants, lang)
    tickets, mine = _open_tickets()
    owed = _overdue(now)
    rows, calm = [], []
    for tenant in tenants.values():
        url = url_for("clients.overview", slug=tenant.slug)
        row = _row(tenant, url, troubles.get(tenant.id), tickets.get(tenant.id), owed.get(tenant.id), now, lang)
        if row is None:
            calm.append((tenant, url, ""))
        else:
            rows.append(row)
    rows.sort(key=lambda row: row.rank)
    _look_closely(rows[:SHOWN], now, lang)
    engine, note = _engine(beat, now, lang)
    dated = [(ticket.due_at, ticket) for ticket in tickets.values() if ticket.due_at]
    nearest = min(dated, key=lambda one: one[0])[1] if dated else None
    return Today(
        needing=len(rows),
        nearest=_nearest(nearest, tenants, now, lang),
        rows=rows[:SHOWN],
        calm=calm,
        calm_note=note,
        engine=engine,
        queue=_queue(mine, tenants, now, lang),
    )


def _tenants() -> dict[int, Tenant]:
    statement = select(Tenant).where(Tenant.closed_at.is_(None)).order_by(Tenant.short_name)
    return {tenant.id: tenant for tenant in session().scalars(statement)}


def _troubles(tenants: dict[int, Tenant], lang: Language) -> dict[int, Trouble]:
    """The worst state of each client that is not well: one row each, the longest standing first."""
    bad = (CheckState.state != "ok") & CheckState.gone_at.is_(None)
    worst = (
        select(CheckState, func.count().over(partition_by=CheckState.tenant_id).label("together"))
        .where(bad)
        .ext(distinct_on(CheckState.tenant_id))
        .order_by(CheckState.tenant_id, SEVERITY, CheckState.since)
    )
    return {
        row.CheckState.tenant_id: Trouble(row.CheckState.state, sentence(row.CheckState, lang), row.together - 1)
        for row in session().execute(worst)
        if row.CheckState.tenant_id in tenants
    }


def _open_tickets() -> tuple[dict[int, Ticket], list[Ticket]]:
    """Of each client the open ticket that is due first, and the eight of all that are mine or nobody's."""
    me = current().actor.person_id
    mine = (Ticket.assignee_person_id == me) | Ticket.assignee_person_id.is_(None)
    soonest = (Ticket.due_at.asc().nulls_last(), Ticket.created_at)
    ranked = (
        select(
            Ticket,
            func.row_number().over(partition_by=Ticket.tenant_id, order_by=soonest).label("of_client"),
            func.row_number().over(partition_by=mine, order_by=soonest).label("of_all"),
            mine.label("mine"),
        )
        .where(OPEN)
        .subquery()
    )
    ticket = aliased(Ticket, ranked)
    statement = (
        select(ticket, ranked.c.of_client, (ranked.c.mine & (ranked.c.of_all <= QUEUE)).label("queued"))
        .where((ranked.c.of_client == 1) | (ranked.c.mine & (ranked.c.of_all <= QUEUE)))
        .order_by(ranked.c.due_at.asc().nulls_last(), ranked.c.created_at)
    )
    rows = session().execute(statement).all()
    first = {row[0].tenant_id: row[0] for row in rows if row.of_client == 1}
    return first, [row[0] for row in rows if row.queued]


def _overdue(now: datetime) -> dict[int, tuple[Money, int]]:
    """What is owed past its day: the sum and how many days the oldest is late."""
    statement = (
        select(
            Invoice.tenant_id,
            Invoice.currency,
            func.sum(Invoice.total_minor - Invoice.paid_minor),
            func.min(Invoice.due_on),
        )
        .where(Invoice.state.in_(("issued", "partly_paid")), Invoice.due_on < now.date(), Invoice.kind == "invoice")
        .group_by(Invoice.tenant_id, Invoice.currency)
    )
    return {
        tenant_id: (Money(int(minor), currency), (now.date() - (oldest or now.date())).days)
        for tenant_id, currency, minor, oldest in session().execute(statement)
    }


def _row(
    tenant: Tenant,
    url: str,
    trouble: Trouble | None,
    ticket: Ticket | None,
    owed: tuple[Money, int] | None,
    now: datetime,
    lang: Language,
) -> Row | None:
    """The row of a client, or None when nothing of it needs anybody."""
    due = _due(ticket, tenant, now, lang) if ticket else None
    if trouble is None and owed is None and (ticket is None or (due is not None and due[1] == "")):
        return None
    state = trouble.state if trouble else ("warn" if due and due[1] in ("late", "soon") else "ok")
    row = Row(tenant, url, "", state, _why(trouble, ticket), due)
    if owed:
        row.money = (_("%(sum)s overdue by %(days)s days", sum=show(owed[0]), days=owed[1]), "critical")
    order = {"crit": 0, "unknown": 1, "warn": 2, "ok": 3}[state]
    row.rank = (order, ticket.due_at.timestamp() if ticket and ticket.due_at else float("inf"))
    return row


def _why(trouble: Trouble | None, ticket: Ticket | None) -> str:
    if trouble is None:
        return f"#{ticket.number} {ticket.title}" if ticket else ""
    if trouble.more:
        more = ngettext("and %(num)s more", "and %(num)s more", trouble.more)
        return f"{trouble.why} {more}"
    return trouble.why


def _due(ticket: Ticket, tenant: Tenant, now: datetime, lang: Language) -> tuple[str, str, str] | None:
    """When the ticket is due on the client's clock, how urgent that is, and what it is."""
    if ticket.due_at is None:
        paused = ticket.status in ("waiting_client", "waiting_vendor", "scheduled")
        return (_("paused"), "paused", f"#{ticket.number}") if paused else None
    left = ticket.due_at - now
    kind = "late" if left < timedelta(0) else "soon" if left < timedelta(hours=4) else ""
    day = local_day(ticket.due_at, tenant.time_zone)
    same_day = day == local_day(now, tenant.time_zone)
    shown = (
        show_hour(ticket.due_at, tenant.time_zone)
        if same_day
        else f"{day:%m-%d} {show_hour(ticket.due_at, tenant.time_zone)}"
    )
    words = in_words(abs(left), lang)
    said = _("%(time)s late", time=words) if kind == "late" else _("%(time)s left", time=words)
    return shown, kind, f"#{ticket.number} · {said}"


def _nearest(
    ticket: Ticket | None, tenants: dict[int, Tenant], now: datetime, lang: Language
) -> tuple[str, str, str] | None:
    if ticket is None or ticket.tenant_id not in tenants:
        return None
    tenant = tenants[ticket.tenant_id]
    due = _due(ticket, tenant, now, lang)
    return (due[0], due[1], f"{tenant.short_name} · {due[2]}") if due else None


def _look_closely(rows: Sequence[Row], now: datetime, lang: Language) -> None:
    """Backup, heat strip and last touch of the clients that are shown."""
    if not rows:
        return
    ids = [row.tenant.id for row in rows]
    strips = worst_days(ids, local_day(now, "UTC"), 30)
    facts = {fact.tenant_id: fact for fact in session().execute(_close_look(ids))}
    for row in rows:
        fact = facts.get(row.tenant.id)
        if fact is not None:
            row.note = " · ".join(filter(None, (fact.erp, _touched(fact.touched, now, lang))))
            row.backup = _backup(fact.backup_hours, fact.backup_state, lang)
        label = _("State of the last 30 days")
        row.strip = heat_strip(strips.get(row.tenant.id, []), label=label, lang=lang)


def _close_look(ids: list[int]) -> Any:
    """One statement for what stands beside the state: the ERP's name, the last work, the oldest of the last backups."""
    erp = (
        select(func.min(ErpConnection.name))
        .where(ErpConnection.tenant_id == Tenant.id, ErpConnection.environment == "production")
        .scalar_subquery()
    )
    touched = select(func.max(Entry.started_at)).where(Entry.tenant_id == Tenant.id).scalar_subquery()
    backup = (
        select(func.max(CheckState.value).label("hours"), func.min(SEVERITY).label("severity"))
        .where(CheckState.tenant_id == Tenant.id, CheckState.check == "bak.full.age", CheckState.gone_at.is_(None))
        .lateral()
    )
    return (
        select(
            Tenant.id.label("tenant_id"),
            erp.label("erp"),
            touched.label("touched"),
            backup.c.hours.label("backup_hours"),
            backup.c.severity.label("backup_state"),
        )
        .join(backup, true())
        .where(Tenant.id.in_(ids))
    )


def _touched(at: datetime | None, now: datetime, lang: Language) -> str:
    return ago(at, now, lang) if at else ""


def _backup(hours: float | None, severity: int | None, lang: Language) -> tuple[str, str]:
    """How long ago the oldest of the last full backups ended; a client whose backups nobody sees says so."""
    if severity is None:
        return "—", ""
    if severity == 1 or hours is None:
        return _("cannot see"), "paused"
    words = in_words(timedelta(hours=hours), lang)
    return _("%(time)s ago", time=words), {0: "late", 2: "soon"}.get(severity, "")


def _engine(beat: datetime | None, now: datetime, lang: Language) -> tuple[tuple[str, str], str]:
    """Whether the checks go round: silence of the engine is a fault of ours and is said first."""
    if beat is None or now - beat > QUIET:
        since = _("never") if beat is None else ago(beat, now, lang)
        return ("crit", _("The checks are not running (last round: %(since)s).", since=since)), ""
    said = ago(beat, now, lang)
    return ("ok", _("All schedules run, last round %(since)s", since=said)), _("last round %(since)s", since=said)


def _queue(
    tickets: Sequence[Ticket], tenants: dict[int, Tenant], now: datetime, lang: Language
) -> list[tuple[int, str, str, str, str, str]]:
    """My open tickets and those of nobody, the nearest due time first."""
    listed = []
    for ticket in tickets:
        tenant = tenants[ticket.tenant_id]
        due = _due(ticket, tenant, now, lang) or ("", "", "")
        url = url_for("tickets.ticket", slug=tenant.slug, number=ticket.number)
        listed.append((tenant.colour, url, f"#{ticket.number} {ticket.title}", tenant.short_name, due[0], due[1]))
    return listed
