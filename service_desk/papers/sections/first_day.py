"""首日一页纸: what somebody who takes over must know on the first morning, on one page."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from service_desk.checks.catalogued import gravity, priority
from service_desk.checks.models import CheckState
from service_desk.lib.i18n import N_
from service_desk.papers.section import Asked, Section
from service_desk.papers.sections.checks import spoken
from service_desk.papers.sections.duties import coming
from service_desk.papers.sections.environment import product
from service_desk.papers.sections.tickets import open_tickets, ticket_line
from service_desk.scope import session
from service_desk.tenants.models import Contact, ErpConnection

# What to do when it burns, in this order; said on the page in the paper's language.
FIRST_MOVES = (
    N_("Look, do not touch: note what the people see, since when, and who else has it."),
    N_("See whether the database answers and when it was last backed up in full."),
    N_("Before any repair in the data: a full backup, and a written yes from the client."),
    N_("Tell the client what is known and when they hear from you next."),
)


def gather(asked: Asked) -> Mapping[str, Any]:
    """Logins to try, the gravest risks, the week's duties, who to phone."""
    red = select(CheckState).where(CheckState.gone_at.is_(None), CheckState.state != "ok")
    states = session().scalars(red.order_by(gravity(), priority(), CheckState.since).limit(3)).all()
    connections = session().scalars(
        select(ErpConnection)
        .where(ErpConnection.enabled)
        .order_by(ErpConnection.environment, ErpConnection.id)
        .limit(5)
    )
    people = session().scalars(select(Contact).order_by(Contact.is_vendor, Contact.position, Contact.id).limit(5))
    return {
        "logins": [(one, product(one.kind, asked.lang)) for one in connections],
        "risks": [spoken(state, asked.lang) for state in states],
        "tickets": [ticket_line(ticket, asked) for ticket in open_tickets(3)],
        "week": coming(asked, timedelta(days=7)),
        "people": list(people),
        "moves": FIRST_MOVES,
        "pinned": asked.tenant.pinned_note,
    }


SECTION = Section("first_day", N_("The first day on one page"), gather)
