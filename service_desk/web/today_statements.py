"""The statements of the front page, each over every client of the overview, put together once.

Putting them together costs more than running them; only the clients that are shown are looked at closely.
"""

from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Date,
    Integer,
    column,
    false,
    func,
    literal_column,
    select,
    true,
    union_all,
)
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import aliased

from service_desk.billing.models import Invoice
from service_desk.checks.catalogued import gravity, priority
from service_desk.checks.models import CheckState
from service_desk.db import words
from service_desk.safeguards.overview import duties_of, proof_of
from service_desk.spelled import given, spelled_out
from service_desk.tenants.models import ErpConnection, Tenant
from service_desk.tickets.models import OPEN, Ticket
from service_desk.worklog.models import Entry

QUEUE = 8  # lines of my queue
SEVERITY = gravity()
# One order for all findings: what is graver goes first, then what its check says matters more.
PRIORITY = priority()


def _worst_states() -> Any:
    """The worst state of each client that is not well: one row each, the most important of the gravest first."""
    together = func.count().over(partition_by=CheckState.tenant_id).label("together")
    return (
        select(CheckState.tenant_id, CheckState.id, CheckState.state, together)
        .where(CheckState.state != literal_column("'ok'"), CheckState.gone_at.is_(None))
        .ext(distinct_on(CheckState.tenant_id))
        .order_by(CheckState.tenant_id, SEVERITY, PRIORITY, CheckState.since)
    )


def _open_tickets() -> Any:
    """Of each client the open ticket that is due first; then the nearest of all that are mine or nobody's."""
    columns = (Ticket.tenant_id, Ticket.number, Ticket.title, Ticket.status, Ticket.due_at, Ticket.created_at)
    soonest = (Ticket.due_at.asc().nulls_last(), Ticket.created_at)
    mine = (Ticket.assignee_person_id == given("me", BigInteger())) | Ticket.assignee_person_id.is_(None)
    each = (
        select(*columns, true().label("first"))
        .where(OPEN)
        .ext(distinct_on(Ticket.tenant_id))
        .order_by(Ticket.tenant_id, *soonest)
    )
    queue = select(*columns, false().label("first")).where(OPEN, mine).order_by(*soonest).limit(QUEUE)
    found = union_all(each.subquery().select(), queue.subquery().select()).subquery()
    return select(found).order_by(found.c.due_at.asc().nulls_last(), found.c.created_at)


def _overdue() -> Any:
    """What is owed past its day, and since when."""
    return (
        select(
            Invoice.tenant_id,
            Invoice.currency,
            func.sum(Invoice.total_minor - Invoice.paid_minor).label("minor"),
            func.min(Invoice.due_on).label("oldest"),
        )
        .where(
            Invoice.state.in_(words("issued", "partly_paid")),
            Invoice.due_on < given("today", Date()),
            Invoice.kind == "invoice",
        )
        .group_by(Invoice.tenant_id, Invoice.currency)
    )


def _oldest_backup(tenant: ColumnElement[int]) -> Any:
    """Of a client the age in hours of the oldest full backup among its databases, and how grave that is."""
    mine = (CheckState.tenant_id == tenant, CheckState.check == "bak.full.age", CheckState.gone_at.is_(None))
    return select(func.max(CheckState.value).label("hours"), func.min(SEVERITY).label("severity")).where(*mine)


def _asides(tenant: ColumnElement[int]) -> list[ColumnElement[Any]]:
    """Of a client the name of its ERP, the start of the last work, and the minutes that wait to be billed."""
    productive = (ErpConnection.tenant_id == tenant, ErpConnection.environment == "production")
    waiting = (Entry.tenant_id == tenant, Entry.billable, Entry.invoice_line_id.is_(None))
    return [
        select(func.min(ErpConnection.name)).where(*productive).scalar_subquery().label("erp"),
        select(func.max(Entry.started_at)).where(Entry.tenant_id == tenant).scalar_subquery().label("touched"),
        select(func.sum(Entry.billable_minutes)).where(*waiting).scalar_subquery().label("unbilled"),
    ]


def _close_look() -> Any:
    """What stands beside a client's state: the ERP's name, the last work, the oldest backup and drill, the finding.

    The clients and their worst states come as two lists beside each other, so that each state is one look at its key.
    """
    ids, states = given("ids", ARRAY(Integer)), given("states", ARRAY(BigInteger))
    asked = (
        func.unnest(ids, states)
        .table_valued(column("tenant_id", Integer), column("state_id", BigInteger))
        .render_derived("asked")
    )
    backup = _oldest_backup(asked.c.tenant_id).lateral()
    proof = proof_of(asked.c.tenant_id).lateral()
    worst = aliased(CheckState)
    return (
        select(
            asked.c.tenant_id,
            *_asides(asked.c.tenant_id),
            backup.c.hours.label("backup_hours"),
            backup.c.severity.label("backup_state"),
            *(proof.c.wanted, proof.c.unproven, proof.c.stale, proof.c.oldest_good, proof.c.drill_due),
            *(worst.check, worst.subject, worst.state, worst.sentence_params, worst.reason),
        )
        .select_from(asked)
        .join(backup, true())
        .join(proof, true())
        .outerjoin(worst, (worst.tenant_id == asked.c.tenant_id) & (worst.id == asked.c.state_id))
    )


_CLIENT = (
    Tenant.id, Tenant.slug, Tenant.name, Tenant.short_name, Tenant.initial, Tenant.colour, Tenant.time_zone
)  # fmt: skip


def _clients() -> Any:
    """The clients of the overview, with what of their safeguards may be due."""
    due = duties_of().subquery()
    listed = select(*_CLIENT, due.c.duties).outerjoin(due, due.c.tenant_id == Tenant.id)
    return listed.where(Tenant.closed_at.is_(None)).order_by(Tenant.short_name)


CLIENTS, TROUBLES, TICKETS, OVERDUE, CLOSE_LOOK = (
    spelled_out(statement()) for statement in (_clients, _worst_states, _open_tickets, _overdue, _close_look)
)
