"""One client at a glance: the sentence that matters, then what is watched, open, agreed and next."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from flask_babel import gettext as _
from markupsafe import Markup
from sqlalchemy import TextClause, func, literal_column, select
from sqlalchemy.dialects.postgresql import distinct_on

from service_desk.accounts.roles import allows
from service_desk.billing.models import Contract
from service_desk.checks.catalog import CATALOG, GROUPS
from service_desk.checks.catalogued import by_check, gravity, priority
from service_desk.checks.heat import group_days
from service_desk.checks.models import CheckState
from service_desk.checks.reading import remedy, sentence
from service_desk.lib.charts import heat_strip
from service_desk.lib.clock import Language, ago, hours_minutes, in_words, local_day, show_day, show_hour
from service_desk.lib.money import Money, show
from service_desk.safeguards.duties import Duty, duties
from service_desk.safeguards.overview import duties_of, glance_columns
from service_desk.safeguards.page import Glance, glance
from service_desk.scope import current, session
from service_desk.spelled import spelled_out
from service_desk.tenants.models import Contact, Tenant
from service_desk.tickets.models import OPEN, Ticket
from service_desk.tickets.words import STATUS
from service_desk.web.drawing import address as url_for
from service_desk.web.duties import named, page
from service_desk.web.frame import Connection
from service_desk.worklog.models import Entry

Line = Any  # a row of one of the statements below, read by the names of its columns
GUARDS = ("bak.full.age", "acl.leaver")  # told by themselves, beside the layer they belong to
AHEAD = timedelta(days=14)  # of duties
WORKED = (Entry.person_id, Entry.started_at, Entry.ended_at, Entry.content, Entry.worked_seconds)
LAST_WORK = spelled_out(select(*WORKED).order_by(Entry.started_at.desc()).limit(8))
ASKED = (Ticket.number, Ticket.title, Ticket.status, Ticket.due_at, Ticket.scheduled_for, Ticket.created_at)
NEXT_TICKETS = spelled_out(
    select(*ASKED).where(OPEN).order_by(Ticket.due_at.asc().nulls_last(), Ticket.created_at).limit(10)
)


@dataclass
class Overview:
    """The variables of tenants/overview.html."""

    lead: str
    advice: str
    left_off: tuple[str, str] | None
    layers: list[tuple[str, str, str, Markup, str]]
    checks_note: str
    tickets: list[tuple[str, int, str, str, str, str, str]]
    safeguards: list[tuple[str, str, str, str]]
    contract: list[tuple[str, str, str | None]]
    log: list[tuple[str, str, str]]
    contacts: list[tuple[str, str, str]]
    systems: list[tuple[str, str, str, str]]
    agenda: list[tuple[str, str, str, str]] = field(default_factory=list)
    notes: list[tuple[str, str]] = field(default_factory=list)
    hours: None = None
    chart: None = None


def read(tenant: Tenant, connections: Sequence[Connection], now: datetime, lang: Language) -> Overview:
    """Everything the page shows of the client in scope. `now` is aware."""
    states = _gravest()
    entries = session().execute(LAST_WORK).all()
    tickets = session().execute(NEXT_TICKETS).all()
    contacts, guards, due = _beside(tenant, now, lang)
    lead, advice = _lead(states, lang)
    return Overview(
        lead=lead,
        advice=advice,
        left_off=_left_off(tenant, entries, now, lang),
        layers=_layers(tenant, states, now, lang),
        checks_note=_checks_note(states, now, lang),
        tickets=[_ticket(tenant, ticket, now, lang) for ticket in tickets],
        safeguards=_safeguards(tenant, states, guards, lang),
        contract=_contract(),
        log=[_logged(tenant, entry) for entry in entries],
        contacts=contacts,
        systems=_systems(tenant, connections, states),
        agenda=_agenda(tenant, tickets, due, now),
        notes=[(tenant.pinned_note, url_for("tenants.edit", slug=tenant.slug))] if tenant.pinned_note else [],
    )


def _gravest() -> list[Line]:
    """The worst state of each connection, layer and guard, the gravest of all first; each row also counts all states.

    A client has hundreds of states and the page says a handful of sentences, so the database picks them.
    """
    return sorted(session().execute(_worst()).all(), key=lambda row: (row.grave, row.weight, row.since))


@cache
def _worst() -> TextClause:
    layers = {key: key if key in GUARDS else check.group for key, check in CATALOG.items()}
    layer = by_check(layers, "").label("layer")
    counted = (
        select(
            CheckState.check, CheckState.subject, CheckState.state, CheckState.sentence_params, CheckState.reason,
            CheckState.connection_id, CheckState.since, layer, gravity().label("grave"),
            priority().label("weight"),
            func.count().over().label("all"),
            func.count().filter(CheckState.state != "ok").over().label("bad"),
            func.max(CheckState.received_at).over().label("newest"),
        )
        .where(CheckState.gone_at.is_(None))
        .subquery()
    )  # fmt: skip
    of = counted.c.connection_id, counted.c.layer
    gravest = select(counted).ext(distinct_on(*of)).order_by(*of, counted.c.grave, counted.c.weight, counted.c.since)
    return spelled_out(gravest)


def _group(state: Line) -> str:
    return CATALOG[state.check].group if state.check in CATALOG else ""


def _lead(states: Sequence[Line], lang: Language) -> tuple[str, str]:
    """The one sentence, and what to do about it."""
    if not states:
        return _("Nothing is watched yet."), _("Connect the ERP, and the first checks run at once.")
    first = states[0]
    if first.state == "ok":
        return _("All is well."), ""
    rest = first.bad - 1
    more = _(" %(num)s more below.", num=rest) if rest else _(" The rest is fine.")
    return sentence(first, lang) + more, remedy(first.check, lang)


def _layers(
    tenant: Tenant, states: Sequence[Line], now: datetime, lang: Language
) -> list[tuple[str, str, str, Markup, str]]:
    """Per layer of the mission its worst state in a sentence, and the strip of its last 30 days."""
    strips = group_days(local_day(now, tenant.time_zone), 30)
    layers = []
    for group, name in GROUPS.items():
        mine = [state for state in states if _group(state) == group]
        if mine:
            strip = heat_strip(strips.get(group, []), label=_("State of the last 30 days"), lang=lang)
            url = url_for("checks.index", slug=tenant.slug) + f"#{group}"
            layers.append((_(name), mine[0].state, sentence(mine[0], lang), strip, url))
    return layers


def _checks_note(states: Sequence[Line], now: datetime, lang: Language) -> str:
    if not states:
        return ""
    return str(_("%(num)s items, %(ago)s", num=states[0].all, ago=ago(states[0].newest, now, lang)))


def _left_off(tenant: Tenant, entries: Sequence[Line], now: datetime, lang: Language) -> tuple[str, str] | None:
    """Where this person stopped with this client: their last piece of work; None for somebody who was never here."""
    me = current().actor.person_id
    last = next((entry for entry in entries if entry.person_id == me), None)
    if last is None:
        return None
    said = _("%(ago)s, %(content)s", ago=ago(last.ended_at, now, lang), content=last.content)
    return said, url_for("worklog.client", slug=tenant.slug)


def _ticket(tenant: Tenant, ticket: Line, now: datetime, lang: Language) -> tuple[str, int, str, str, str, str, str]:
    due_text, due_kind = "", ""
    if ticket.due_at:
        left = ticket.due_at - now
        due_kind = "late" if left < timedelta(0) else "soon" if left < timedelta(hours=4) else ""
        words = in_words(abs(left), lang)
        due_text = _("%(time)s late", time=words) if due_kind == "late" else _("%(time)s left", time=words)
    url = url_for("tickets.ticket", slug=tenant.slug, number=ticket.number)
    return url, ticket.number, ticket.title, str(STATUS[ticket.status]), "", due_text, due_kind


def _safeguards(
    tenant: Tenant, states: Sequence[Line], guards: Glance, lang: Language
) -> list[tuple[str, str, str, str]]:
    """Backup, drill, permission review and leavers, each in its state and a sentence."""
    checks, slug = url_for("checks.index", slug=tenant.slug), tenant.slug
    backup, leavers = (_worst_of(states, key, lang) for key in GUARDS)
    return [
        (_("Backup"), *backup, url_for("safeguards.index", slug=slug)),
        (_("Restore drill"), *guards.drill, url_for("safeguards.drills", slug=slug)),
        (_("Permission review"), *guards.review, url_for("safeguards.reviews", slug=slug)),
        (_("Leavers"), *leavers, checks),
    ]


def _worst_of(states: Sequence[Line], key: str, lang: Language) -> tuple[str, str]:
    mine = [state for state in states if state.check == key]
    return (mine[0].state, sentence(mine[0], lang)) if mine else ("unknown", _("Nobody looks at this yet."))


def _contract() -> list[tuple[str, str, str | None]]:
    """What was agreed, and the hours that are not yet billed; the rate for those who see money."""
    row = session().execute(_contract_and_hours()).first()
    if row is None:
        return []
    rate = _("%(rate)s an hour", rate=show(Money(row.rate_minor, row.currency)))
    return [
        (_("Contract"), row.title, row.number or None),
        *([(_("Rate"), rate, None)] if allows(current().actor.role, "money.read") else []),
        (_("Not yet billed"), _("%(hours)s h", hours=hours_minutes(int(row.minutes) * 60)), None),
    ]


@cache
def _contract_and_hours() -> TextClause:
    unbilled = select(func.coalesce(func.sum(Entry.billable_minutes), 0)).where(
        Entry.billable, Entry.invoice_line_id.is_(None)
    )
    shown = (Contract.title, Contract.number, Contract.rate_minor, Contract.currency)
    newest = select(*shown, unbilled.scalar_subquery().label("minutes")).order_by(
        Contract.starts_on.desc(), Contract.id.desc()
    )
    return spelled_out(newest.limit(1))


def _logged(tenant: Tenant, entry: Line) -> tuple[str, str, str]:
    day = local_day(entry.started_at, tenant.time_zone)
    when = f"{day:%m-%d} {show_hour(entry.started_at, tenant.time_zone)}"
    return when, f"{entry.content} ({hours_minutes(entry.worked_seconds)})", url_for("worklog.client", slug=tenant.slug)


@cache
def _people_and_guards() -> TextClause:
    """Whom to phone, how the safeguards stand and what of them falls due, in one row; put together once."""
    first = select(Contact).order_by(Contact.is_vendor, Contact.position, Contact.id).limit(6).subquery("first_six")
    people = select(func.jsonb_agg(func.to_jsonb(literal_column("first_six")))).select_from(first).scalar_subquery()
    due = select(duties_of().subquery().c.duties).scalar_subquery()
    guards = (column.label(name) for name, column in glance_columns().items())
    return spelled_out(select(people.label("people"), due.label("due"), *guards))


def _beside(
    tenant: Tenant, now: datetime, lang: Language
) -> tuple[list[tuple[str, str, str]], Glance, list[Duty]]:  # fmt: skip
    """The people on the page, the safeguards, and what of them is due within two weeks."""
    asked = {"now": now, "near": now + AHEAD}
    row = session().execute(_people_and_guards(), asked).mappings().one()
    today = local_day(now, tenant.time_zone)
    listed = [(c["name"], c["duty"], " · ".join(filter(None, (c["phone"], c["note"])))) for c in row["people"] or ()]
    return listed, glance(row, now, lang), duties(row["due"] or (), tenant.time_zone, today, today + AHEAD)


def _systems(
    tenant: Tenant, connections: Sequence[Connection], states: Sequence[Line]
) -> list[tuple[str, str, str, str]]:
    """The connections the frame has already read, each with the worst of its states."""
    worst: dict[int | None, str] = {}
    for state in reversed(states):
        worst[state.connection_id] = state.state
    url = url_for("tenants.connections", slug=tenant.slug)
    return [
        (one.name, " · ".join(filter(None, (one.version, _sets(one.account_sets)))), worst.get(one.id, "unknown"), url)
        for one in connections
    ]


def _sets(account_sets: list[Any]) -> str:
    if not account_sets:
        return ""
    codes = ", ".join(str(one.get("code", "")) if isinstance(one, dict) else str(one) for one in account_sets[:4])
    return str(_("account sets %(codes)s", codes=codes))


def _agenda(
    tenant: Tenant, tickets: Sequence[Line], due: Sequence[Duty], now: datetime
) -> list[tuple[str, str, str, str]]:
    """What is to be done on a day: the scheduled tickets, and what of the safeguards falls due; the oldest first."""
    planned = [
        (
            local_day(ticket.scheduled_for, tenant.time_zone),
            f"#{ticket.number} {ticket.title}",
            url_for("tickets.ticket", slug=tenant.slug, number=ticket.number),
        )
        for ticket in tickets
        if ticket.scheduled_for
    ]
    planned += [(one.due_on, named(one), page(one, tenant.slug)) for one in due]
    today = local_day(now, tenant.time_zone)
    return [(show_day(day, "zh")[5:10], text, "late" if day < today else "", url) for day, text, url in sorted(planned)]
