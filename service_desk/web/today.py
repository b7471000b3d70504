"""The front page: who needs me, by when, and why; the healthy ones folded into one line.

Everything is read in the scope of the overview with a handful of aggregates, whatever the number of clients; only the
clients that are shown are looked at closely.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext
from markupsafe import Markup

from service_desk.accounts.roles import allows
from service_desk.checks.finding import RANK
from service_desk.checks.heat import worst_days
from service_desk.checks.reading import sentence, state_word
from service_desk.lib.charts import heat_strip
from service_desk.lib.clock import Language, ago, hours_minutes, in_words, local_day, show_hour
from service_desk.lib.money import Money, show
from service_desk.lib.text import told_together
from service_desk.safeguards.duties import Duty, duties
from service_desk.scope import current, session
from service_desk.web.drawing import address as url_for
from service_desk.web.duties import by_when, named, page
from service_desk.web.today_statements import CLIENTS, CLOSE_LOOK, OVERDUE, TICKETS, TROUBLES

SHOWN = 20  # clients that need somebody and are looked at closely
DUTIES = 8  # that are due, in their panel
NAMED = 50  # of the others who need somebody, and of those who are fine: names in a folded line
QUIET = timedelta(minutes=5)
NEVER = datetime.max.replace(tzinfo=UTC)


Found = Any  # a row of one of the statements


@dataclass(frozen=True)
class Need:
    """Why a client needs somebody: its worst state (`others` beside it), its first open ticket, what it owes."""

    client: Found
    trouble: Found | None
    ticket: Found | None
    owed: Found | None
    state: str

    @property
    def rank(self) -> tuple[int, datetime]:
        """Worst first; among equals whose ticket is due first."""
        due = self.ticket.due_at if self.ticket is not None else None
        return -RANK[self.state], due or NEVER


@dataclass
class Line:
    """One client that needs somebody, as the page shows it."""

    tenant: Found
    url: str
    note: str
    state: str
    why: str
    due: tuple[str, str, str] | None
    backup: tuple[str, str]
    strip: Markup | str
    drill: tuple[str, str] = ("", "")
    duty: str = ""
    hours: None = None
    money: tuple[str, str] | None = None


@dataclass
class Today:
    """The variables of web/today.html."""

    total: int
    needing: int
    nearest: tuple[str, str, str] | None
    rows: list[Line]
    others: list[tuple[Found, str, str]]
    calm_count: int
    calm: list[tuple[Found, str, str]]
    calm_note: str
    engine: tuple[str, str]
    queue: list[tuple[int, str, str, str, str, str]] = field(default_factory=list)
    duties: list[tuple[int, str, str, str, str, str]] = field(default_factory=list)
    duties_count: int = 0


def read(beat: datetime | None, now: datetime, lang: Language) -> Today:
    """Everything the table of clients and the queue need. `beat`: when the clock last went round."""
    clients = {row.id: row for row in session().execute(CLIENTS, {"near": now}).all()}
    troubles = {row.tenant_id: row for row in session().execute(TROUBLES).all()}
    tickets = session().execute(TICKETS, {"me": current().actor.person_id}).all()
    first = {row.tenant_id: row for row in tickets if row.first and row.tenant_id in clients}
    owed = _owed(now) if allows(current().actor.role, "money.read") else {}
    found = [_need(row, troubles.get(row.id), first.get(row.id), owed.get(row.id), now) for row in clients.values()]
    needs = sorted((need for need in found if need is not None), key=lambda need: need.rank)
    needy = {need.client.id for need in needs}
    calm = [row for row in clients.values() if row.id not in needy]
    engine, note = _engine(beat, now, lang)
    dated = [row for row in first.values() if row.due_at]
    nearest = min(dated, key=lambda row: row.due_at) if dated else None
    due = _fallen_due(clients.values(), now)
    return Today(
        total=len(clients),
        needing=len(needs),
        nearest=_nearest(nearest, clients, now, lang),
        rows=_look_closely(needs[:SHOWN], now, lang),
        others=[(need.client, _url(need.client), state_word(need.state, lang)) for need in needs[SHOWN:][:NAMED]],
        calm_count=len(calm),
        calm=[(row, _url(row), "") for row in calm[:NAMED]],
        calm_note=note,
        engine=engine,
        queue=_queue([row for row in tickets if not row.first], clients, now, lang),
        duties=[_duty(one, client, today) for one, client, today in due[:DUTIES]],
        duties_count=len(due),
    )


def _fallen_due(clients: Iterable[Found], now: datetime) -> list[tuple[Duty, Found, date]]:
    """What of the clients' safeguards is due by the end of their own day, the oldest first; with client and day."""
    found = []
    for client in clients:
        if client.duties:
            today = local_day(now, client.time_zone)
            found += [(one, client, today) for one in duties(client.duties, client.time_zone, today, today)]
    return sorted(found, key=lambda line: line[0])


def _duty(one: Duty, client: Found, today: date) -> tuple[int, str, str, str, str, str]:
    return (client.colour, page(one, client.slug), named(one), client.short_name, *by_when(one.due_on, today))


def _owed(now: datetime) -> dict[int, Found]:
    return {row.tenant_id: row for row in session().execute(OVERDUE, {"today": now.date()}).all()}


def _url(client: Found) -> str:
    return url_for("clients.overview", slug=client.slug)


def _need(client: Found, trouble: Found | None, ticket: Found | None, owed: Found | None, now: datetime) -> Need | None:
    """What a client needs somebody for, or None. A ticket that is neither late nor soon due nor paused can wait."""
    urgency = _urgency(ticket, now) if ticket is not None else ""
    waits = ticket is None or (ticket.due_at is not None and not urgency)
    if trouble is None and owed is None and waits:
        return None
    state = trouble.state if trouble is not None else ("warn" if urgency in ("late", "soon") else "ok")
    return Need(client, trouble, ticket, owed, state)


def _urgency(ticket: Found, now: datetime) -> str:
    """`late`, `soon` within four hours, `paused`, or nothing."""
    if ticket.due_at is None:
        return "paused" if ticket.status in ("waiting_client", "waiting_vendor", "scheduled") else ""
    left = ticket.due_at - now
    return "late" if left < timedelta(0) else "soon" if left < timedelta(hours=4) else ""


def _look_closely(needs: Sequence[Need], now: datetime, lang: Language) -> list[Line]:
    """Sentence, backup, heat strip and last touch of the clients that are shown."""
    if not needs:
        return []
    ids = [need.client.id for need in needs]
    strips = worst_days(ids, local_day(now, "UTC"), 30)
    states = [need.trouble.id if need.trouble is not None else None for need in needs]
    close = session().execute(CLOSE_LOOK, {"ids": ids, "states": states, "now": now}).all()
    facts = {fact.tenant_id: fact for fact in close}
    label = _("State of the last 30 days")
    return [
        _line(
            need, facts[need.client.id], heat_strip(strips.get(need.client.id, []), label=label, lang=lang), now, lang
        )
        for need in needs
    ]


def _line(need: Need, fact: Found, strip: Markup, now: datetime, lang: Language) -> Line:
    return Line(
        tenant=need.client,
        url=_url(need.client),
        note=" · ".join(filter(None, (fact.erp, _touched(fact.touched, now, lang)))),
        state=need.state,
        why=_why(need, fact, lang),
        due=_due(need.ticket, need.client.time_zone, now, lang) if need.ticket is not None else None,
        backup=_backup(fact.backup_hours, fact.backup_state, lang),
        strip=strip,
        drill=_drill(fact, now),
        duty=_next(fact, local_day(now, need.client.time_zone)),
        money=_money(need.owed, now) if need.owed is not None else None,
    )


def _money(owed: Found, now: datetime) -> tuple[str, str]:
    days = (now.date() - (owed.oldest or now.date())).days
    total = show(Money(int(owed.minor), owed.currency))
    return _("%(sum)s overdue by %(days)s days", sum=total, days=days), "critical"


def _why(need: Need, fact: Found, lang: Language) -> str:
    if need.trouble is None or fact.check is None:
        return f"#{need.ticket.number} {need.ticket.title}" if need.ticket is not None else ""
    said = sentence(fact, lang)
    if need.trouble.together > 1:
        more = ngettext("and %(num)s more", "and %(num)s more", need.trouble.together - 1)
        return told_together((said, more), lang)
    return said


def _due(ticket: Found, zone: str, now: datetime, lang: Language) -> tuple[str, str, str] | None:
    """When the ticket is due on the client's clock, how urgent that is, and what it is."""
    kind = _urgency(ticket, now)
    if ticket.due_at is None:
        return (_("paused"), "paused", f"#{ticket.number}") if kind else None
    day, shown = local_day(ticket.due_at, zone), show_hour(ticket.due_at, zone)
    if day != local_day(now, zone):
        shown = f"{day:%m-%d} {shown}"
    words = in_words(abs(ticket.due_at - now), lang)
    said = _("%(time)s late", time=words) if kind == "late" else _("%(time)s left", time=words)
    return shown, kind, f"#{ticket.number} · {said}"


def _nearest(
    ticket: Found | None, clients: Mapping[int, Found], now: datetime, lang: Language
) -> tuple[str, str, str] | None:
    if ticket is None:
        return None
    client = clients[ticket.tenant_id]
    due = _due(ticket, client.time_zone, now, lang)
    return (due[0], due[1], f"{client.short_name} · {due[2]}") if due else None


def _touched(at: datetime | None, now: datetime, lang: Language) -> str:
    return ago(at, now, lang) if at else ""


def _backup(hours: float | None, severity: int | None, lang: Language) -> tuple[str, str]:
    """How long ago the oldest of the last full backups ended; a client whose backups nobody sees says so."""
    if severity is None:
        return "—", ""
    if severity == -RANK["unknown"] or hours is None:
        return _("cannot see"), "paused"
    words = in_words(timedelta(hours=hours), lang)
    return _("%(time)s ago", time=words), {-RANK["crit"]: "late", -RANK["warn"]: "soon"}.get(severity, "")


def _drill(fact: Found, now: datetime) -> tuple[str, str]:
    """How long ago the backups were last proven; a client that wants no drills shows nothing of them."""
    if not fact.wanted:
        return "", ""
    if fact.unproven:
        return _("never drilled"), "late"
    days = (now - fact.oldest_good).days
    return _("drill %(n)s d ago", n=days), "soon" if fact.stale else ""


def _next(fact: Found, today: date) -> str:
    """A restore drill of the next two weeks, else the hours that wait to be billed."""
    if fact.drill_due is not None and fact.drill_due - today <= timedelta(days=14):
        return str(_("Restore drill %(day)s", day=f"{fact.drill_due:%m-%d}"))
    return str(_("%(hours)s h not billed yet", hours=hours_minutes(int(fact.unbilled) * 60))) if fact.unbilled else ""


def _engine(beat: datetime | None, now: datetime, lang: Language) -> tuple[tuple[str, str], str]:
    """Whether the checks go round: silence of the engine is a fault of ours and is said first."""
    if beat is None or now - beat > QUIET:
        since = _("never") if beat is None else ago(beat, now, lang)
        return ("crit", _("The checks are not running (last round: %(since)s).", since=since)), ""
    said = ago(beat, now, lang)
    return ("ok", _("All schedules run, last round %(since)s", since=said)), _("last round %(since)s", since=said)


def _queue(
    tickets: Sequence[Found], clients: Mapping[int, Found], now: datetime, lang: Language
) -> list[tuple[int, str, str, str, str, str]]:
    """My open tickets and those of nobody, the nearest due time first."""
    listed = []
    for ticket in tickets:
        client = clients[ticket.tenant_id]
        due = _due(ticket, client.time_zone, now, lang) or ("", "", "")
        url = url_for("tickets.ticket", slug=client.slug, number=ticket.number)
        listed.append((client.colour, url, f"#{ticket.number} {ticket.title}", client.short_name, due[0], due[1]))
    return listed
