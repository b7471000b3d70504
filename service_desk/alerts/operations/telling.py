"""Tell the engineers of one run in one mail each: in their language, with one client's data."""

from collections.abc import Sequence

from service_desk.accounts.models import Practice
from service_desk.alerts.models import Incident, IncidentMail
from service_desk.alerts.operations.noticing import Noticed
from service_desk.alerts.words import Told, mail
from service_desk.checks.reading import sentence_of
from service_desk.lib.clock import Language, language
from service_desk.mail import Mail, Postman, post
from service_desk.scope import current, session
from service_desk.tenants.models import Tenant
from service_desk.tickets.jobs import engineers


def tell(noticed: Noticed) -> list[Mail]:
    """Write the mails of a run into the outbox; nothing new, no mail. Returns them."""
    if not noticed.opened and not noticed.ended:
        return []
    scope = current()
    lang = language(session().get_one(Practice, scope.practice_id).language)
    tenant = session().get_one(Tenant, scope.tenant_id)
    told = [_told(one, noticed, tenant, lang) for one in noticed.opened]
    ended = [_told(one, noticed, tenant, lang) for one in noticed.ended]
    subject, body = mail(told, ended, tenant.short_name, f"{Postman.config.base_url}/alerts", lang)
    mails = [post(person.email, subject, body, about="incidents") for person in engineers()]
    _remember([*noticed.opened, *noticed.ended], mails)
    return mails


def _remember(incidents: Sequence[Incident], mails: Sequence[Mail]) -> None:
    """So that an incident's page can show what was told to whom, and how far it came."""
    session().add_all(
        IncidentMail(incident_id=incident.id, mail_id=mail.id) for incident in incidents for mail in mails
    )


def _told(incident: Incident, noticed: Noticed, tenant: Tenant, lang: Language) -> Told:
    ticket = noticed.tickets.get(incident.ticket_id or 0)
    base = f"{Postman.config.base_url}/t/{tenant.slug}"
    return Told(
        check=incident.check,
        severity=incident.severity,
        sentence=sentence_of(incident.check, incident.severity, incident.params, incident.reason, lang),
        number=ticket.number if ticket else None,
        link=f"{base}/tickets/{ticket.number}" if ticket else f"{base}/incidents/{incident.id}",
    )
