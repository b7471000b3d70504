"""What falls due: licences that end, articles to review, promises, payments, the end of the contract, and the rounds,
drills and permission reviews of the safeguards."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import Any

from sqlalchemy import TextClause, select

from service_desk.billing.models import Contract, Invoice
from service_desk.estate.operations import expiring
from service_desk.knowledge.models import Article
from service_desk.lib.clock import Language, local_day
from service_desk.lib.i18n import N_, say
from service_desk.papers.section import Asked, Section
from service_desk.safeguards.duties import Duty, duties
from service_desk.safeguards.overview import duties_of
from service_desk.scope import session
from service_desk.spelled import spelled_out
from service_desk.tickets.models import Ticket

AHEAD = timedelta(days=30)


@dataclass(frozen=True, order=True)
class Due:
    """One thing that falls due on a day."""

    day: date
    text: str
    kind: str


def coming(asked: Asked, ahead: timedelta) -> list[Due]:
    """Everything with a date between today and `ahead`, in order; what is overdue already stands first."""
    today = local_day(asked.now, asked.zone)
    found = [
        *_ends(asked, today + ahead),
        *_money(asked, today + ahead),
        *_promised(asked, today + ahead),
        *_safeguards(asked, today, ahead),
    ]
    return sorted(found)


def _ends(asked: Asked, until: date) -> list[Due]:
    old = session().scalars(select(Article).where(Article.archived_at.is_(None), Article.review_on <= until)).all()
    return [
        *(
            Due(one.expires_on, say(asked.lang, N_("%(name)s ends"), name=one.name), "estate")
            for one in expiring(until)
            if one.expires_on
        ),
        *(
            Due(one.review_on, say(asked.lang, N_("Read again: %(name)s"), name=one.title), "article")
            for one in old
            if one.review_on
        ),
    ]


def _money(asked: Asked, until: date) -> list[Due]:
    contracts = session().scalars(
        select(Contract).where(Contract.ends_on <= until, Contract.ends_on >= asked.now.date())
    )
    unpaid = select(Invoice).where(Invoice.state.in_(("issued", "partly_paid")), Invoice.kind == "invoice")
    return [
        *(
            Due(one.ends_on, say(asked.lang, N_("The contract “%(name)s” ends"), name=one.title), "contract")
            for one in contracts
            if one.ends_on
        ),
        *(
            Due(one.due_on, say(asked.lang, N_("Payment of invoice %(name)s"), name=one.number), "invoice")
            for one in session().scalars(unpaid.where(Invoice.due_on <= until))
            if one.due_on
        ),
    ]


def _promised(asked: Asked, until: date) -> list[Due]:
    planned = select(Ticket).where(Ticket.status == "scheduled", Ticket.scheduled_for.is_not(None))
    days = [(one, local_day(one.scheduled_for, asked.zone)) for one in session().scalars(planned) if one.scheduled_for]
    text = N_("Ticket #%(number)s: %(name)s")
    return [
        Due(day, say(asked.lang, text, number=one.number, name=one.title), "ticket")
        for one, day in days
        if day <= until
    ]


def _safeguards(asked: Asked, today: date, ahead: timedelta) -> list[Due]:
    """What the desk's own pages name as duties, too."""
    row = session().execute(_due(), {"near": asked.now + ahead}).mappings().one_or_none()
    found = duties(row["duties"], asked.zone, today, today + ahead) if row else []
    return [Due(one.due_on, _named(one, asked.lang), one.kind) for one in found]


@cache
def _due() -> TextClause:
    return spelled_out(duties_of())


def _named(duty: Duty, lang: Language) -> str:
    """A round by the name the client gave it, a drill and a review as such."""
    if duty.kind == "review":
        return say(lang, N_("Permission review"))
    return say(lang, N_("Restore drill: %(name)s"), name=duty.name) if duty.kind == "drill" else duty.name


def gather(asked: Asked) -> Mapping[str, Any]:
    """The next thirty days."""
    return {"lines": coming(asked, AHEAD), "today": local_day(asked.now, asked.zone)}


SECTION = Section("duties", N_("What falls due in 30 days"), gather)
