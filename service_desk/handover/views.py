"""The handover of a client: how complete it is, what is missing and where to mend it, the packs built so far."""

from datetime import UTC, datetime

from flask import Blueprint, current_app, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from service_desk.handover.completeness import completeness
from service_desk.handover.operations import request_pack
from service_desk.papers import reading
from service_desk.tenants.blueprint import TenantBlueprint

handover = TenantBlueprint("handover", __name__, template_folder="templates")
BLUEPRINTS: tuple[Blueprint, ...] = (handover,)
LANGUAGES = ("zh_Hans_CN", "en")


@handover.page("/handover", needs="client.read")
def index() -> ResponseReturnValue:
    """The score, the missing things with links to mend them, and every version of the pack."""
    judged = completeness(datetime.now(UTC))
    return render_template(
        "handover/index.html",
        score=judged,
        mend={one.item.key: _mend(one.item.mend) for one in judged.missing},
        packs=reading.papers("handover"),
    )


@handover.page("/handover", needs="handover.write", methods=("POST",), endpoint="build")
def build() -> ResponseReturnValue:
    """Have a worker build the next version of the pack."""
    chosen = request.form.get("language")
    paper = request_pack(datetime.now(UTC), language_code=chosen if chosen in LANGUAGES else None)
    return redirect(url_for("papers.paper", slug=g.tenant.slug, paper_id=paper.id), 303)


def _mend(endpoint: str) -> str:
    """The page where a missing thing is mended; the client's own page where that one is not there."""
    known = endpoint if endpoint in current_app.view_functions else "handover.index"
    return url_for(known, slug=g.tenant.slug)
