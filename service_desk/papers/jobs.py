"""What a worker does for papers: gather, write, search for secrets, lay out, keep."""

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from sqlalchemy import select

from service_desk.accounts.models import Practice
from service_desk.audit.operations import record
from service_desk.files.operations import keep
from service_desk.jobs import Claim, Job
from service_desk.lib.clock import language
from service_desk.lib.i18n import N_, say
from service_desk.papers import build as document
from service_desk.papers.leaks import Leak, find_leaks
from service_desk.papers.models import Paper
from service_desk.papers.operations import request_about
from service_desk.papers.section import Asked
from service_desk.papers.sections import SECTIONS
from service_desk.scope import load, session
from service_desk.tenants.models import ErpConnection, Tenant
from service_desk.tenants.secrets import open_secrets

LEAK = N_("The secret “%(secret)s” would be printed in “%(section)s”. Take it out there, then build the paper again.")
CHARACTERS_A_SECOND = 40_000  # how fast pages are laid out, for the bar alone


class _Found(Exception):
    def __init__(self, leaks: list[Leak]) -> None:
        super().__init__(f"{len(leaks)} secrets")
        self.leaks = leaks


def build(claim: Claim) -> None:
    """Build one paper and keep its bytes for good. Called off, or found to hold a secret, it ends without any."""
    claim.report(5, "gathering")
    gathered = _gather(claim)
    if gathered is None:
        return
    try:
        made = _make(claim, gathered)
    except _Found as found:
        _refuse(claim, found.leaks)
        return
    if made is not None:
        _keep(claim, made)


def _gather(claim: Claim) -> document.Gathered | None:
    with claim.scope(read_only=True) as scope:
        paper = load(Paper, claim.subject_id)
        if paper.state != "waiting":
            return None
        practice = session().get(Practice, scope.practice_id) if scope.practice_id else None
        tenant = session().get_one(Tenant, scope.tenant_id)
        # The moment it was asked for, so that a second attempt makes the same paper of the same facts.
        asked = Asked(paper, tenant, practice, paper.requested_at, language(paper.language), paper.params)
        return document.gather(asked)


def _make(claim: Claim, gathered: document.Gathered) -> bytes | None:
    claim.report(15, "writing")
    written = document.write(gathered)
    claim.report(30, "searching")
    texts = {**written, "frame": document.frame_text(gathered)}
    if leaks := find_leaks(texts, _secrets(claim)):
        raise _Found(leaks)
    if claim.cancelled():
        return None
    with _creeping(claim, 40, 92, sum(map(len, written.values())) / CHARACTERS_A_SECOND):
        made = document.lay_out(gathered, written)
    if claim.cancelled():
        return None
    claim.report(95, "keeping")
    return made


def _secrets(claim: Claim) -> list[tuple[str, str]]:
    """Every secret of this client, opened here for the search alone: (where it stands, value)."""
    with claim.scope(read_only=True):
        connections = session().scalars(select(ErpConnection)).all()
        return [(f"{one.name} · {field}", value) for one in connections for field, value in open_secrets(one).items()]


@contextmanager
def _creeping(claim: Claim, start: int, end: int, seconds: float) -> Iterator[None]:
    """Move the bar while the layout, which cannot say how far it is, runs; this also keeps the lease alive."""
    done = threading.Event()

    def creep() -> None:
        passed = 0.0
        while not done.wait(1.0):
            passed += 1.0
            claim.report(start + int((end - start) * passed / (passed + max(2.0, seconds))), "laying_out")

    claim.report(start, "laying_out")
    thread = threading.Thread(target=creep, name="paper-progress", daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def _refuse(claim: Claim, leaks: list[Leak]) -> None:
    with claim.finishing("a secret would be printed"):
        paper = load(Paper, claim.subject_id, lock=True)
        lang = language(paper.language)
        titles = {key: say(lang, section.title) for key, section in SECTIONS.items()}
        paper.state, paper.finished_at = "failed", datetime.now(UTC)
        paper.problem = "\n".join(
            say(lang, LEAK, secret=leak.secret, section=titles.get(leak.section, paper.title)) for leak in leaks
        )
        record("paper.leak", f"paper:{paper.id}", found=len(leaks))


def _keep(claim: Claim, made: bytes) -> None:
    with claim.finishing():
        paper = load(Paper, claim.subject_id, lock=True)
        if paper.state != "waiting":
            return
        tenant = Tenant.here()
        name = f"{paper.kind}-{tenant.slug}-{paper.requested_at:%Y-%m-%d}-v{paper.version}.pdf"
        file = keep(re.sub(r"[^\w.-]", "_", name), "application/pdf", made, "paper", about=f"paper:{paper.id}")
        paper.file_id, paper.sha256, paper.pages = file.id, file.sha256, document.pages(made)
        paper.state, paper.finished_at = "ready", datetime.now(UTC)
        if by := paper.params.get("shown_by"):
            paper.released_at, paper.released_by = paper.finished_at, str(by)
        record("paper.ready", f"paper:{paper.id}", sha256=file.sha256.hex(), pages=paper.pages)


def of_safeguard(claim: Claim) -> None:
    """A drill, a review or a round has ended or was signed: its report is asked for, and the client sees it.

    What it is about stands in the job's slot (`round:7`, `drill:3-signed`). While the last version is still being
    built the ledger tries again.
    """
    with claim.finishing():
        slot = session().scalars(select(Job.slot).where(Job.id == claim.job_id)).one()
        request_about(slot.partition(":")[0], claim.subject_id, datetime.now(UTC))
