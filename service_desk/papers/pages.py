"""The blueprints of papers, and what their views share."""

from datetime import UTC, datetime
from typing import Any

from flask import g, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from service_desk.accounts.blueprints import PracticeBlueprint
from service_desk.lib.errors import NotThere
from service_desk.papers import reading
from service_desk.papers.models import Paper
from service_desk.papers.steps import STEPS
from service_desk.tenants.blueprint import TenantBlueprint

papers = TenantBlueprint("papers", __name__, template_folder="templates")
library = PracticeBlueprint("all_papers", __name__, template_folder="templates")
papers_portal = TenantBlueprint("papers_portal", __name__, face="portal", template_folder="templates")

STATES: dict[str, tuple[Any, str]] = {
    "queued": (_l("Waiting for a worker"), "accent"),
    "running": (_l("Being built"), "accent"),
    "done": (_l("Finished"), "ok"),
    "failed": (_l("Not built"), "critical"),
    "cancelled": (_l("Cancelled"), ""),
}


def now() -> datetime:
    """The moment a view passes down."""
    return datetime.now(UTC)


def found(paper_id: int) -> tuple[Paper, reading.Progress]:
    """A paper of the client in scope with its progress. Raises NotThere."""
    row = reading.one(paper_id)
    if row is None:
        raise NotThere()
    return row[0], reading.progress(*row)


def doing(paper: Paper, state: reading.Progress) -> str:
    """The step as people read it."""
    if state.state == "done":
        return str(_("Finished: %(n)s pages.", n=paper.pages))
    if state.state in ("failed", "cancelled"):
        return paper.problem or str(STATES[state.state][0])
    return str(_(STEPS[state.step]) if state.step in STEPS else STATES["queued"][0])


def paper_url(paper: Paper) -> str:
    """The page of a paper of the client in scope."""
    return url_for("papers.paper", slug=g.tenant.slug, paper_id=paper.id)


@papers.app_template_global("paper_progress")
def paper_progress(*row: Any) -> reading.Progress:
    """How far a paper of a list is."""
    return reading.progress(*row)


@papers.app_template_global("paper_words")
def paper_words(state: str) -> tuple[Any, str]:
    """The word and the kind of pill of a state."""
    return STATES[state]
