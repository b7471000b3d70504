"""Pages of papers: of one client, over all clients, and in the portal."""

from flask import Blueprint, flash, g, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from service_desk.accounts.roles import allows
from service_desk.files.download import download
from service_desk.lib.errors import NotThere
from service_desk.papers import operations, reading
from service_desk.papers.models import Paper
from service_desk.papers.pages import doing, found, library, now, paper_url, papers, papers_portal
from service_desk.papers.sections import kinds_for
from service_desk.scope import load

BLUEPRINTS: tuple[Blueprint, ...] = (papers, library, papers_portal)
LANGUAGES = ("zh_Hans_CN", "en")


@library.page("/papers", needs="practice.read")
def index() -> ResponseReturnValue:
    """Every paper of every client, the newest first."""
    return render_template("papers/everywhere.html", rows=reading.everywhere())


@papers.page("/papers", needs="client.read")
def client() -> ResponseReturnValue:
    """The papers of this client, and asking for one."""
    return render_template("papers/client.html", rows=reading.papers())


@papers.page("/papers", needs="client.write", methods=("POST",), endpoint="ask")
def ask() -> ResponseReturnValue:
    """Have the systems written up as they are today."""
    language = request.form.get("language", "")
    title = f"{_('Systems at a glance')} · {g.tenant.short_name}"
    chosen = language if language in LANGUAGES else None
    return redirect(paper_url(operations.request_paper("overview", title, {}, now(), language=chosen)), 303)


@papers.page("/papers/<int:paper_id>", needs="client.read")
def paper(paper_id: int) -> ResponseReturnValue:
    """One paper: its progress while it is built, then what it is and where to get it."""
    row, state = found(paper_id)
    if state.state in ("queued", "running"):
        return render_template(
            "web/progress.html",
            frame="web/client.html",
            title=row.title,
            doing=doing(row, state),
            percent=state.percent or None,
            json_url=url_for("papers.progress", slug=g.tenant.slug, paper_id=paper_id),
            cancel_url=url_for("papers.cancel", slug=g.tenant.slug, paper_id=paper_id),
        )
    return render_template(
        "papers/paper.html", paper=row, standing=state.state, doing=doing(row, state), may_have=_may_have(row)
    )


@papers.page("/papers/about/<kind>/<int:subject_id>", needs="client.read")
def about(kind: str, subject_id: int) -> ResponseReturnValue:
    """The newest paper about a drill, a review or a round; while there is none, asking for it."""
    row = reading.about(kind, subject_id)
    if row is None:
        operations.called(kind, subject_id)  # Not there, not this client's or not on record: no page about it.
        return render_template("papers/about.html", kind=kind, subject_id=subject_id)
    return redirect(paper_url(row), 303)


@papers.page("/papers/about/<kind>/<int:subject_id>", needs="client.write", methods=("POST",), endpoint="ask_about")
def ask_about(kind: str, subject_id: int) -> ResponseReturnValue:
    """Have it written now."""
    return redirect(paper_url(operations.request_about(kind, subject_id, now())), 303)


@papers.page("/papers/<int:paper_id>.json", needs="client.read")
def progress(paper_id: int) -> ResponseReturnValue:
    """How far it is, for the bar."""
    row, state = found(paper_id)
    over = state.state in ("done", "failed", "cancelled")
    url = paper_url(row) if over else None
    return jsonify(state=state.state, percent=state.percent or None, doing=doing(row, state), url=url)


@papers.page("/papers/<int:paper_id>/cancel", needs="client.write", methods=("POST",))
def cancel(paper_id: int) -> ResponseReturnValue:
    """Call it off."""
    operations.cancel_paper(paper_id, now())
    flash(_("Cancelled. Nothing was kept."), "success")
    return redirect(url_for("papers.client", slug=g.tenant.slug), 303)


@papers.page("/papers/<int:paper_id>/release", needs="handover.write", methods=("POST",))
def release(paper_id: int) -> ResponseReturnValue:
    """Show it to the client's people, or take it off their page again."""
    if "withdraw" in request.form:
        operations.withdraw_paper(paper_id)
        flash(_("The client no longer sees it."), "success")
    else:
        operations.release_paper(paper_id, now())
        flash(_("The client sees it now under Documents."), "success")
    return redirect(url_for("papers.paper", slug=g.tenant.slug, paper_id=paper_id), 303)


@papers.page("/papers/<int:paper_id>.pdf", needs="client.read")
def download_paper(paper_id: int) -> ResponseReturnValue:
    """The kept PDF. One that says prices is for those who see money, and for the others once it is released."""
    row = load(Paper, paper_id)
    if not _may_have(row):
        raise NotThere()
    return _kept(row)


def _may_have(row: Paper) -> bool:
    return row.released_at is not None or row.kind in kinds_for(allows(g.actor.role, "money.read"))


@papers_portal.page("/papers", needs="portal.read", endpoint="index")
def documents() -> ResponseReturnValue:
    """What was shown to this client."""
    return render_template("papers/portal.html", papers=reading.released(_portal_kinds()))


@papers_portal.page("/papers/<int:paper_id>.pdf", needs="portal.read", endpoint="download_paper")
def released_paper(paper_id: int) -> ResponseReturnValue:
    """The kept PDF, once it is released."""
    row = load(Paper, paper_id)
    if row.released_at is None or row.kind not in _portal_kinds():
        raise NotThere()
    return _kept(row)


def _portal_kinds() -> frozenset[str]:
    """What this person may have: prices are for who sees money, everybody's rights for who decides about people."""
    kinds = kinds_for(allows(g.actor.role, "portal.money"))
    return kinds if allows(g.actor.role, "portal.people") else kinds - {"review"}


def _kept(row: Paper) -> ResponseReturnValue:
    if row.file_id is None:
        raise NotThere()
    return download(row.file_id)
