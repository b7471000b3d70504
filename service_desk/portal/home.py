"""What a client's owner opens: is my data safe, is the system well, what is open, what does it cost.

Every area says a plain sentence first; "could not look" is said as that and never shown as well.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any

from flask import g, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import DateTime, TextClause, case, func, select

from service_desk.accounts.roles import allows
from service_desk.billing.models import Invoice
from service_desk.checks.catalog import CATALOG
from service_desk.checks.catalogued import by_check, gravity
from service_desk.checks.finding import RANK
from service_desk.checks.models import CheckState
from service_desk.checks.reading import sentence
from service_desk.db import words
from service_desk.lib.clock import Language, ago, local_day, show_day
from service_desk.lib.money import Money, show
from service_desk.lib.text import told_together
from service_desk.safeguards.overview import glance_columns
from service_desk.safeguards.page import glance
from service_desk.safeguards.reading import TYPE_OF, real_of
from service_desk.safeguards.register import loss_now_s
from service_desk.safeguards.words import lost_words
from service_desk.scope import current, session
from service_desk.spelled import given, spelled_out
from service_desk.tenants.models import Tenant
from service_desk.tickets.forms import PortalTicketForm
from service_desk.tickets.models import OPEN, Ticket, TicketClock
from service_desk.tickets.views.portal import SEE_ALL
from service_desk.tickets.words import STATUS

State = Any  # a row of STATES
AREAS = {"data": "data", "system": "system", "application": "system", "heartbeat": "system", "access": "access"}
SPOKEN = ("bak.rto", *TYPE_OF)  # checks whose every state is told, not only the worst of an area


def _states() -> Any:
    """All states; what their sentences need only of those that may be told, for that is the costly part of a row."""
    columns = (
        CheckState.connection_id, CheckState.check, CheckState.subject, CheckState.state, CheckState.value,
        CheckState.sentence_params, CheckState.reason, CheckState.since, CheckState.seen_at, CheckState.received_at,
    )  # fmt: skip
    area = by_check({key: AREAS[check.group] for key, check in CATALOG.items()}, "").label("area")
    every = select(*columns, area).where(CheckState.gone_at.is_(None)).subquery()
    place = (
        func.row_number()
        .over(partition_by=every.c.area, order_by=(gravity(every.c.state), every.c.since))
        .label("place")
    )
    placed = select(every, place).subquery()
    told = (placed.c.place == 1) | placed.c.check.in_(words(*SPOKEN))
    params = case((told, placed.c.sentence_params)).label("sentence_params")
    return select(*(one for one in placed.c if one.name != "sentence_params"), params).order_by(placed.c.place)


STATES = spelled_out(_states())
# The open tickets, the one that moved last first; orders of the engineer's own calendar are no business of the portal.
TICKETS = (
    select(Ticket.number, Ticket.title, Ticket.status, Ticket.updated_at)
    .where(OPEN, Ticket.source != "duty")
    .order_by(Ticket.updated_at.desc())
    .limit(6)
)
PROMISES = spelled_out(
    select(
        func.count().filter(TicketClock.met_at.is_not(None), TicketClock.breached_at.is_(None)),
        func.count().filter(TicketClock.breached_at.is_not(None)),
    ).where(TicketClock.started_at >= given("since", DateTime(timezone=True)))
)
OWED = spelled_out(
    select(Invoice.currency, func.sum(Invoice.total_minor - Invoice.paid_minor), func.min(Invoice.due_on))
    .where(Invoice.state.in_(words("issued", "partly_paid")), Invoice.kind == "invoice")
    .group_by(Invoice.currency)
)
Area = tuple[str, str, str, str, str | None, str | None]


@dataclass
class Home:
    """The variables of portal/home.html."""

    light: str
    sentence: str
    note: str
    areas: list[Area]
    tickets: list[tuple[str, int, str, str, str, str]]
    tickets_url: str
    decisions: list[object] = field(default_factory=list)
    report: tuple[str, PortalTicketForm] | None = None


def read(tenant: Tenant, now: datetime, lang: Language) -> Home:
    """Everything the page says to the person signed in. `now` is aware."""
    states = session().execute(STATES).all()
    areas = [
        _data(tenant, states, now, lang),
        _layer(_("System"), _("Healthy"), "system", states, lang),
        _layer(_("Accounts and rights"), _("In order"), "access", states, lang),
        _service(now),
    ]
    if allows(g.actor.role, "portal.money"):
        areas.append(_cost(tenant, now, lang))
    light = max((area[1] for area in areas), key=lambda kind: RANK[kind])
    newest = max((state.received_at for state in states), default=None)
    note = _("Last looked %(ago)s", ago=ago(newest, now, lang)) if newest else _("Nobody has looked yet.")
    tickets = _my_tickets(tenant, now, lang)
    url = url_for("tickets_portal.index", slug=tenant.slug)
    report = (url_for("tickets_portal.create", slug=tenant.slug), PortalTicketForm(formdata=None))
    return Home(light, _headline(areas, len(tickets), lang), note, areas, tickets, url, report=report)


def _headline(areas: Sequence[Area], open_tickets: int, lang: Language) -> str:
    """The answer to the owner's first question, then what is open."""
    data = areas[0][1]
    worst = max(areas, key=lambda area: RANK[area[1]])
    safe = {
        "ok": _("Your data is safe."),
        "warn": _("Your data needs attention."),
        "crit": _("Your data is at risk."),
        "unknown": _("Whether your data is safe cannot be seen just now."),
    }[data]
    if RANK[worst[1]] > RANK[data]:
        safe = _("%(safe)s %(area)s: %(word)s.", safe=safe, area=worst[0], word=worst[2])
    if not open_tickets:
        return str(safe)
    matters = ngettext("%(num)s matter is open.", "%(num)s matters are open.", open_tickets)
    return told_together((str(safe), matters), lang)


def _layer(name: str, fine: str, area: str, states: Sequence[State], lang: Language) -> Area:
    """One area of checks: its worst state in a sentence; an area nobody looks at is unknown, not fine."""
    mine = [state for state in states if state.area == area]
    if not mine:
        return name, "unknown", _("Not watched"), _("No check looks at this yet."), None, None
    worst = mine[0]
    word = {"ok": fine, "warn": _("Attention"), "crit": _("Critical"), "unknown": _("Cannot see")}[worst.state]
    more = sum(state.state not in ("ok", "unknown") for state in mine) - 1
    text = sentence(worst, lang)
    if more > 0:
        text = told_together((text, ngettext("And %(num)s more point.", "And %(num)s more points.", more)), lang)
    return name, worst.state, word, text, None, None


def _data(tenant: Tenant, states: Sequence[State], now: datetime, lang: Language) -> Area:
    """Is the data safe: the worst check, what a crash now would cost, and whether restoring was ever proven.

    A backup that nobody has ever restored is a hope: then the area is no better than attention.
    """
    name, kind, word, text, *_link = _layer(_("Data"), _("Safe"), "data", states, lang)
    guards = glance(session().execute(_question(), {"now": now}).mappings().one(), now, lang)
    told = {state.check for state in states if state.state == kind} if kind != "ok" else set()
    lost = loss_now_s(
        [real for state in states if state.check in TYPE_OF and (real := real_of(state)) is not None], now
    )
    said = [text]
    if lost is not None and "bak.log.age" not in told:
        said.append(lost_words(lost, lang))
    said += _recovery(states, lang)
    if guards.drill[0] != "unknown" and "drill.age" not in told:
        said.append(guards.drill[1])
        if kind == "ok" and guards.drill[0] != "ok":
            kind, word = "warn", _("Attention")
    return (
        name,
        kind,
        word,
        told_together(said, lang),
        _("Details"),
        url_for("safeguards_portal.index", slug=tenant.slug),
    )


def _recovery(states: Sequence[State], lang: Language) -> list[str]:
    """How long it would take until everybody works again, by the database that takes longest."""
    known = [state for state in states if state.check == "bak.rto" and state.value is not None]
    return [sentence(max(known, key=lambda state: state.value or 0.0), lang)] if known else []


@cache
def _question() -> TextClause:
    return spelled_out(select(*(column.label(name) for name, column in glance_columns().items())))


def _service(now: datetime) -> Area:
    """How well the promises of this month were kept: met, and missed or overdue."""
    first = now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    kept, broken = session().execute(PROMISES, {"since": first}).one()
    if not kept and not broken:
        return _("Service"), "ok", _("As agreed"), _("Nothing was due this month."), None, None
    if not broken:
        text = ngettext(
            "%(num)s promise of this month was kept.", "All %(num)s promises of this month were kept.", kept
        )
        return _("Service"), "ok", _("As agreed"), text, None, None
    text = _("%(kept)s promises of this month were kept, %(broken)s were not.", kept=kept, broken=broken)
    return _("Service"), "warn", _("Attention"), text, None, None


def _cost(tenant: Tenant, now: datetime, lang: Language) -> Area:
    """What is open, and since when anything is overdue; amounts of several currencies stand side by side."""
    today, name = local_day(now, tenant.time_zone), _("Cost")
    rows = session().execute(OWED).all()
    link = (_("Invoices"), url_for("billing_portal.index", slug=tenant.slug))
    if not rows:
        return name, "ok", _("Nothing owed"), _("Every invoice is paid."), *link
    total = " + ".join(show(Money(int(minor), currency)) for currency, minor, _oldest in rows)
    oldest = min(row[2] or today for row in rows)
    day = show_day(oldest, lang)
    if oldest < today:
        return name, "warn", _("Overdue"), _("%(sum)s is open, the oldest since %(day)s.", sum=total, day=day), *link
    return name, "ok", _("Open"), _("%(sum)s is open, due on %(day)s.", sum=total, day=day), *link


def _my_tickets(tenant: Tenant, now: datetime, lang: Language) -> list[tuple[str, int, str, str, str, str]]:
    """The open tickets this person may see, as the list behind them: the boss and the IT contact all of them."""
    mine = Ticket.author_person_id == current().actor.person_id
    statement = TICKETS if g.actor.role in SEE_ALL else TICKETS.where(mine)
    return [
        (
            url_for("tickets_portal.ticket", slug=tenant.slug, number=ticket.number),
            ticket.number,
            ticket.title,
            str(STATUS[ticket.status]),
            "",
            ago(ticket.updated_at, now, lang),
        )
        for ticket in session().execute(statement)
    ]
