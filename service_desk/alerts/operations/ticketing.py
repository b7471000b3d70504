"""The tickets of incidents: opened for what is critical, told and closed when it is over, brought back with it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cached_property

from service_desk.alerts.delivery.saying import spoken_for
from service_desk.alerts.models import Incident
from service_desk.alerts.rules import Key, priority
from service_desk.checks.catalog import CATALOG
from service_desk.checks.models import CheckState
from service_desk.checks.reading import remedy, sentence_of, subject_words, title
from service_desk.lib.clock import Language, language, show_time
from service_desk.lib.i18n import N_, say
from service_desk.scope import session
from service_desk.tenants.models import Tenant
from service_desk.tickets import operations as tickets
from service_desk.tickets.models import Ticket

AUTHOR = "Service Desk"
TITLE = N_("%(check)s: %(subject)s")
GREEN_AGAIN = N_("The check is green again since %(at)s.")
RED_AGAIN = N_("The check is not green any more since %(at)s.")


class Words:
    """How things are said in a client's tickets: its language, its wall clock. Read when first asked for."""

    @cached_property
    def tenant(self) -> Tenant:
        return spoken_for()[0]

    @cached_property
    def lang(self) -> Language:
        return language(self.tenant.language)

    @property
    def zone(self) -> str:
        return self.tenant.time_zone

    def at(self, text: str, at: datetime) -> str:
        return say(self.lang, text, at=show_time(at, self.zone, self.lang))

    def draft(self, incident: Incident, state: CheckState | None) -> tickets.Draft:
        said = sentence_of(incident.check, incident.severity, incident.params, incident.reason, self.lang)
        about = subject_words(state, self.lang) if state is not None else incident.subject
        name = title(incident.check, self.lang)
        return tickets.Draft(
            title=say(self.lang, TITLE, check=name, subject=about) if about else name,
            body="\n\n".join(part for part in (said, remedy(incident.check, self.lang)) if part),
            priority=priority(CATALOG[incident.check].priority if incident.check in CATALOG else 2),
            source="alert",
            author_name=AUTHOR,
            connection_id=incident.connection_id,
            category="fault",
            check=incident.check,
            subject=incident.subject,
        )


def key_of(row: Incident | CheckState) -> Key:
    """What an incident or a state is about."""
    return row.connection_id, row.check, row.subject


def open_tickets(opened: Sequence[Incident], states: Mapping[Key, CheckState], now: datetime) -> dict[int, Ticket]:
    """One ticket for each of these incidents that has none; returns the new ones by their ids."""
    without = [incident for incident in opened if incident.ticket_id is None]
    if not without:
        return {}
    words, found = Words(), {}
    drafts = [words.draft(incident, states.get(key_of(incident))) for incident in without]
    for incident, ticket in zip(without, tickets.open_tickets(drafts, now=now), strict=True):
        incident.ticket_id = ticket.id
        found[ticket.id] = ticket
    return found


def bring_back(incident: Incident, at: datetime, words: Words, now: datetime) -> None:
    """The same trouble within half an hour: the same ticket."""
    if (ticket := _ticket_of(incident)) is not None:
        tickets.note(ticket, words.at(RED_AGAIN, at), now=now)
        if ticket.status in tickets.OVER:
            tickets.set_status(ticket, "open", now=now)


def close_tickets(over: Sequence[Incident], words: Words, now: datetime) -> None:
    """They are gone. Their tickets are closed with them; one that a person has touched is only told so."""
    ended = [(one.ticket_id, one.resolved_at or now) for one in over if one.ticket_id is not None]
    if ended:
        tickets.end_by_machine({number: words.at(GREEN_AGAIN, at) for number, at in ended}, now=now)


def _ticket_of(incident: Incident) -> Ticket | None:
    if incident.ticket_id is None:
        return None
    return session().get(Ticket, {"tenant_id": incident.tenant_id, "id": incident.ticket_id}, with_for_update=True)
