"""Tell people by mail that something was said in their ticket: a link to the very thing, one client's data only.

A job of its own makes the tickets of permission reviews follow them.
"""

from datetime import UTC, datetime

from sqlalchemy import or_, select

from service_desk.accounts.models import Practice, PracticeMember
from service_desk.jobs import Claim
from service_desk.lib.clock import language
from service_desk.lib.i18n import N_, say
from service_desk.lib.text import excerpt
from service_desk.mail import Postman, post
from service_desk.scope import current, session
from service_desk.tenants.models import Tenant, TenantAssignment, TenantMember
from service_desk.tickets.models import Ticket, TicketMessage
from service_desk.tickets.operations import revoking

SUBJECT = N_("[%(client)s #%(number)s] %(title)s")
TO_CLIENT = N_("%(author)s answered your ticket:\n\n%(text)s\n\nRead it and answer here:\n%(link)s\n")
TO_DESK = N_("%(author)s of %(client)s wrote:\n\n%(text)s\n\nOpen the ticket:\n%(link)s\n")


def told(claim: Claim) -> None:
    """Mail one public message: the desk's to whoever opened the ticket, a client's to the desk."""
    with claim.finishing():
        message = session().get(TicketMessage, {"tenant_id": claim.tenant_id, "id": claim.subject_id})
        if message is None or not message.public:
            return
        ticket = session().get_one(Ticket, {"tenant_id": claim.tenant_id, "id": message.ticket_id})
        tenant = session().get_one(Tenant, claim.tenant_id)
        if message.side == "client":
            _to_desk(message, ticket, tenant)
        else:
            _to_client(message, ticket, tenant)


def follow_review(claim: Claim) -> None:
    """Make the ticket of a permission review say what was decided, signed or seen since."""
    with claim.finishing():
        revoking.follow(claim.subject_id, datetime.now(UTC))


def _to_client(message: TicketMessage, ticket: Ticket, tenant: Tenant) -> None:
    """Only to the person who opened it, and only while that person still belongs to the client."""
    if ticket.author_person_id is None:
        return
    still = or_(TenantMember.ends_at.is_(None), TenantMember.ends_at > datetime.now(UTC))
    present = select(TenantMember).where(TenantMember.ended_at.is_(None), still)
    member = session().scalars(present.where(TenantMember.person_id == ticket.author_person_id)).first()
    if member is not None:
        link = f"{Postman.config.base_url}/portal/{tenant.slug}/tickets/{ticket.number}"
        _post(member.email, TO_CLIENT, tenant.language, message, ticket, tenant, link)


def _to_desk(message: TicketMessage, ticket: Ticket, tenant: Tenant) -> None:
    practice = session().get_one(Practice, current().practice_id)
    link = f"{Postman.config.base_url}/t/{tenant.slug}/tickets/{ticket.number}"
    people = session().scalars(STAFF_OF_CLIENT).all()
    own = [person for person in people if person.person_id == ticket.assignee_person_id]
    for person in own or people:
        _post(person.email, TO_DESK, practice.language, message, ticket, tenant, link)


# Who of the practice is told about the client in scope: its owners, and the staff assigned to this client.
STAFF_OF_CLIENT = (
    select(PracticeMember)
    .where(
        PracticeMember.ended_at.is_(None),
        (PracticeMember.role == "owner") | PracticeMember.person_id.in_(select(TenantAssignment.person_id)),
    )
    .order_by(PracticeMember.id)
)


def _post(
    address: str, body: str, locale: str, message: TicketMessage, ticket: Ticket, tenant: Tenant, link: str
) -> None:
    lang = language(locale)
    values = {
        "author": message.author_name,
        "client": tenant.short_name,
        "number": ticket.number,
        "title": ticket.title,
        "text": excerpt(message.body, 1000),
        "link": link,
    }
    post(address, say(lang, SUBJECT, **values), say(lang, body, **values), about=f"ticket:{ticket.id}")
