"""What papers cost in a warm worker: an invoice of five lines and a handover pack of a hundred pages."""

import time
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import select

from service_desk.billing.models import Invoice, InvoiceLine
from service_desk.billing.paper import sheet_of
from service_desk.handover.operations import request_pack
from service_desk.jobs import Job, perform
from service_desk.papers.models import Paper
from service_desk.scope import load, session
from tests.bench.meter import Cost, cost
from tests.billing import given as money
from tests.papers import given as papers
from tests.world import World, make_world


@dataclass(frozen=True)
class Pack:
    """A pack and what it cost in processor seconds."""

    pages: int
    seconds: float


def invoice(times: int) -> Cost:
    """The PDF of an invoice with five lines, warm."""
    world = make_world()
    issued = money.issued(world, 5)
    with money.inside(world):
        row = load(Invoice, issued.id)
        lines = session().scalars(select(InvoiceLine).where(InvoiceLine.invoice_id == row.id)).all()
        sheet = sheet_of(row, lines, "zh")
    return cost(lambda: (200, len(sheet.pdf())), times, warm=2)


def pack() -> Pack:
    """A handover pack of about a hundred pages, from the job to the kept file."""
    world = make_world()
    papers.furnished(world, articles=60, entries=400, checks=60, paragraphs=20)
    job, paper = _asked(world)
    begun = time.process_time()
    perform(job)
    seconds = time.process_time() - begun
    with money.inside(world):
        made = load(Paper, paper)
        return Pack(made.pages or 0, seconds)


def _asked(world: World) -> tuple[int, int]:
    with money.inside(world):
        paper = request_pack(datetime.now(UTC), language_code="zh_Hans_CN")
        job = session().scalars(select(Job.id).where(Job.kind == "paper", Job.subject_id == paper.id)).one()
        return job, paper.id
