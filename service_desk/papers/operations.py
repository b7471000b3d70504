"""Ask for a paper, call it off, show it to the client."""

from datetime import datetime
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import func, select

from service_desk.audit.operations import record
from service_desk.jobs import cancel, enqueue
from service_desk.lib import clock
from service_desk.lib.errors import NotThere, Refused
from service_desk.lib.i18n import N_, say
from service_desk.papers.about import ABOUT
from service_desk.papers.models import Paper
from service_desk.scope import current, load, session
from service_desk.tenants.models import Tenant

TITLES = {
    "round": N_("Inspection report: %(name)s"),
    "drill": N_("Restore drill: %(name)s"),
    "review": N_("Permission review: %(name)s"),
}


def slot(paper_id: int) -> str:
    """The slot of the job that builds this paper."""
    return f"paper-{paper_id}"


def request_paper(
    kind: str, title: str, params: dict[str, Any], now: datetime, *, language: str | None = None, about: str = ""
) -> Paper:
    """Ask for the next version of a paper of the client in scope; a worker builds it. `params` are figures handed in.

    `about` names the thing it is about (`round:7`), where a kind of paper is about many. Raises Refused while the same
    one is still being built.
    """
    tenant = session().get_one(Tenant, current().tenant_id, with_for_update={"key_share": True})
    same = (Paper.kind == kind, Paper.about == about)
    waiting = select(Paper.id).where(*same, Paper.state == "waiting")
    if session().scalar(waiting) is not None:
        raise Refused(_l("This paper is already being built."), _l("Wait for it, or cancel it."))
    last = session().scalar(select(func.max(Paper.version)).where(*same)) or 0
    paper = Paper(
        kind=kind,
        about=about,
        version=last + 1,
        title=title,
        language=language or tenant.language,
        params=params,
        requested_at=now,
        requested_by=current().actor.name,
    )
    session().add(paper)
    session().flush()
    enqueue("paper", paper.id, slot=slot(paper.id))
    record("paper.request", f"paper:{paper.id}", kind=kind, version=paper.version)
    return paper


def called(kind: str, subject_id: int) -> tuple[str, str]:
    """The name of the thing a paper of this kind is about, and who signed it. Raises NotThere."""
    if kind not in ABOUT:
        raise NotThere()
    return ABOUT[kind](subject_id)


def request_about(kind: str, subject_id: int, now: datetime) -> Paper:
    """Ask for the paper about one drill, review or round; the client sees it as soon as it is built.

    Raises NotThere for an unknown kind or thing, Refused while the last version is still being built.
    """
    name, by = called(kind, subject_id)
    tenant = Tenant.here()
    title = say(clock.language(tenant.language), TITLES[kind], name=name)
    return request_paper(kind, title, {"shown_by": by}, now, about=f"{kind}:{subject_id}")


def cancel_paper(paper_id: int, now: datetime) -> Paper:
    """Call a paper off while it is being built. Raises Refused once it is done."""
    paper = load(Paper, paper_id, lock=True)
    if paper.state != "waiting":
        raise Refused(_l("This paper is no longer being built."))
    cancel("paper", slot(paper.id))
    paper.state, paper.finished_at = "cancelled", now
    record("paper.cancel", f"paper:{paper.id}")
    return paper


def release_paper(paper_id: int, now: datetime) -> Paper:
    """Show a finished paper to the client's people. Raises Refused before it is built."""
    paper = load(Paper, paper_id, lock=True)
    if paper.state != "ready":
        raise Refused(_l("Only a finished paper can be shown to the client."))
    if paper.released_at is None:
        paper.released_at, paper.released_by = now, current().actor.name
        record("paper.release", f"paper:{paper.id}", version=paper.version)
    return paper


def withdraw_paper(paper_id: int) -> Paper:
    """Take a paper off the client's page again; who has downloaded it keeps it."""
    paper = load(Paper, paper_id, lock=True)
    if paper.released_at is not None:
        paper.released_at, paper.released_by = None, ""
        record("paper.withdraw", f"paper:{paper.id}", version=paper.version)
    return paper
