"""A year of invoices, in the order in which they would have been issued, so that their numbers run with the days."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select, update

from service_desk.billing.models import Contract
from service_desk.billing.operations import (
    draft,
    issue,
    record_payment,
    take_suggested_rates,
    write_contract,
    write_off,
)
from service_desk.jobs import Job
from service_desk.lib.clock import at_wall, local_day
from service_desk.lib.errors import Refused
from service_desk.running.demo.content import Sheet
from service_desk.running.demo.plan import overdue_cycle
from service_desk.running.demo.year import month_before
from service_desk.scope import Actor, current, practice_scope, session, tenant_scope
from service_desk.worklog.models import Entry

PAID_AFTER = (3, 5, 8, 11)  # days from issue to payment, in turn
TAX = "cn_small"
# Papers of the past are made in the background, well after the first page; one every few seconds.
PAPERS_BEGIN, PAPERS_STEP = timedelta(minutes=2), timedelta(seconds=8)


@dataclass(frozen=True, order=True)
class Bill:
    """An invoice to issue: when, for whom, over work up to which day, and whether it is paid."""

    issued_at: datetime
    tenant_id: int
    until: date
    paid: bool


def agree(sheet: Sheet, now: datetime) -> Contract:
    """The contract of the client in scope, in force since before the first ticket."""
    starts = (local_day(now, sheet.zone) - timedelta(days=400)).replace(day=1)
    return write_contract(now, **{"tax_code": TAX, **sheet.raw["contract"], "starts_on": starts})


def bill_all(clients: Sequence[tuple[int, Sheet]], practice_id: int, owner: Actor, now: datetime) -> None:
    """Issue and settle a year of invoices of all clients. Runs outside any scope, one transaction for each invoice."""
    with practice_scope(practice_id, owner, writing=True):
        take_suggested_rates()
    bills = sorted(bill for tenant_id, sheet in clients for bill in _bills(tenant_id, sheet, now))
    for turn, bill in enumerate(bills):
        # A month without work has no invoice.
        with suppress(Refused), tenant_scope(bill.tenant_id, owner, practice_id=practice_id):
            _bill(bill, turn, now)
            _make_later(now + PAPERS_BEGIN + PAPERS_STEP * (len(bills) - turn), now)


def _make_later(due: datetime, now: datetime) -> None:
    """The paper just asked for is not urgent: no doorbell, and the newest first."""
    current().after_commit.clear()
    fresh = (Job.kind == "invoice_paper", Job.state == "queued", Job.due_at < now + PAPERS_BEGIN)
    session().execute(update(Job).where(*fresh).values(due_at=due, rung_at=None))


def _bill(bill: Bill, turn: int, now: datetime) -> None:
    contract = session().scalars(select(Contract)).one()
    if turn == 3:
        _give_away(bill.until, now)
    invoice = issue(draft(contract, bill.until, bill.issued_at).id, bill.issued_at)
    paid_at = bill.issued_at + timedelta(days=PAID_AFTER[turn % len(PAID_AFTER)], hours=4)
    if bill.paid and paid_at < now:
        day = local_day(paid_at, "Asia/Shanghai")
        record_payment(invoice.id, invoice.total_minor, day, paid_at, reference=f"DEMO{turn:06d}")


def _give_away(until: date, now: datetime) -> None:
    """The first short call was not billed."""
    ends = at_wall(until, 1440, "Asia/Shanghai")
    shortest = select(Entry.id).where(Entry.billable, Entry.ended_at <= ends, Entry.invoice_line_id.is_(None))
    found = session().scalar(shortest.order_by(Entry.worked_seconds, Entry.id).limit(1))
    if found is not None:
        write_off(found, "首次电话答疑，不计费", now)


def _bills(tenant_id: int, sheet: Sheet, now: datetime) -> Iterator[Bill]:
    """Monthly on the first; a client with an overdue invoice is billed in cycles of thirty days that lead up to it."""
    today = local_day(now, sheet.zone)
    if "overdue" in sheet.raw:
        _, last = overdue_cycle(sheet, now)
        days = [last - timedelta(days=30 * back) for back in range(11)]
    else:
        first = today.replace(day=1)
        days = [month_before(first, back) for back in range(11)]
    for day in days:
        issued_at = at_wall(day, 630, sheet.zone)
        if issued_at < now - timedelta(hours=1):
            overdue = "overdue" in sheet.raw and day == days[0]
            yield Bill(issued_at, tenant_id, day - timedelta(days=1), paid=not overdue)
