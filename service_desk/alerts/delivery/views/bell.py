"""The bell: what was told lately, over all clients this person may see."""

from typing import Any

from flask import g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from service_desk.accounts.blueprints import PracticeBlueprint
from service_desk.alerts.channels import CHANNELS
from service_desk.alerts.delivery.operations import bell as verbs
from service_desk.alerts.delivery.operations.bell import Line
from service_desk.alerts.delivery.views.parts import answer, lang, now
from service_desk.alerts.words import WHY
from service_desk.checks.reading import sentence_of, title
from service_desk.lib.clock import ago
from service_desk.lib.i18n import say

bell = PracticeBlueprint("bell", __name__, template_folder="../../templates")


@bell.page("/bell", needs="practice.read")
def index() -> ResponseReturnValue:
    """What was told lately, unread first in sight."""
    rows = [_row(one) for one in verbs.lines(int(g.actor.person_id))]
    return render_template("alerts/bell.html", rows=rows, unread=sum(1 for row in rows if row["unread"]))


def _row(line: Line) -> dict[str, Any]:
    shared = {"id": line.item.id, "unread": line.item.read_at is None, "when": ago(line.item.at, now(), lang())}
    if line.destination is not None:
        page = "notifications" if line.destination.person_id else "channels"
        return shared | {
            "tenant": None,
            "kind": "crit",
            "sentence": f"{say(lang(), CHANNELS[line.destination.channel].label)} · {line.destination.name}",
            "note": answer(line.destination.off_why),
            "url": url_for(f"{page}.show", destination_id=line.destination.id),
            "more": 0,
        }
    return shared | _of_client(line)


def _of_client(line: Line) -> dict[str, Any]:
    assert line.notice is not None
    assert line.tenant is not None
    first = line.incidents[0] if line.incidents else None
    over = line.notice.why == "ended"
    said = sentence_of(first.check, first.severity, first.params, first.reason, lang()) if first else ""
    url = url_for("incidents.show", slug=line.tenant.slug, incident_id=first.id) if first else url_for("alerts.index")
    more = len(line.notice.incident_ids) - 1
    return {
        "tenant": line.tenant,
        "kind": "ok" if over else line.notice.severity,
        "sentence": title(first.check, lang()) if first and over else said,
        "note": say(lang(), WHY[line.notice.why]) if line.notice.why in WHY else "",
        "url": url if not more else url_for("alerts.index"),
        "more": more,
    }


@bell.page("/bell/<int:item_id>", needs="practice.read")
def show(item_id: int) -> ResponseReturnValue:
    """Where a line leads."""
    return redirect(_row(verbs.line(int(g.actor.person_id), item_id))["url"])


@bell.page("/bell/<int:item_id>", needs="practice.read", methods=("POST",), opens="practice", endpoint="open")
def open_line(item_id: int) -> ResponseReturnValue:
    """Whoever opens a line has read it; opening writes, so it is a POST, and where it leads is looked up after it."""
    verbs.read_one(int(g.actor.person_id), item_id, now())
    return redirect(url_for("bell.show", item_id=item_id), 303)


@bell.page("/bell/read", needs="practice.read", methods=("POST",), opens="practice")
def read() -> ResponseReturnValue:
    """Everything is read."""
    verbs.read_all(int(g.actor.person_id), now())
    return redirect(url_for("bell.index"), 303)
