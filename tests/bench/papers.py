"""What papers cost in a warm worker: an invoice of five lines and a handover pack of a hundred pages."""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import select

from service_desk.billing.models import Invoice, InvoiceLine
from service_desk.billing.paper import sheet_of
from service_desk.handover.operations import request_pack
from service_desk.jobs import Job, perform
from service_desk.papers.models import Paper
from service_desk.scope import load, session
from tests.billing import given as money
from tests.papers import given as papers
from tests.world import World, make_world


@dataclass(frozen=True)
class Pack:
    """A pack and what it cost in processor seconds."""

    pages: int
    seconds: float


def invoice(times: int) -> tuple[float, float]:
    """Processor milliseconds of the PDF of an invoice with five lines, warm; and how strained the machine was."""
    world = make_world()
    issued = money.issued(world, 5)
    with money.inside(world):
        row = load(Invoice, issued.id)
        lines = session().scalars(select(InvoiceLine).where(InvoiceLine.invoice_id == row.id)).all()
        sheet = sheet_of(row, lines, "zh")
    sheet.pdf()
    burned, spent = zip(*((_seconds(_burn), _seconds(sheet.pdf)) for _ in range(times)), strict=True)
    return statistics.median(spent) * 1000, statistics.median(burned) / min(burned)


def _burn() -> None:
    """Work that asks nobody: its best run tells how fast this machine is when it is left alone."""
    sum(number * number for number in range(20_000))


def _seconds(act: Callable[[], object]) -> float:
    begun = time.process_time()
    act()
    return time.process_time() - begun


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
