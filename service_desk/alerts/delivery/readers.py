"""Who may be told of the client in scope, with what each wants: the practice's channels, its people, the client's."""

from collections.abc import Mapping, Sequence

from sqlalchemy import select
from sqlalchemy.orm import load_only

from service_desk.accounts.models import PracticeMember
from service_desk.alerts.channels import CHANNELS
from service_desk.alerts.delivery.models import ClientRecipient, Destination, QuietHours
from service_desk.alerts.delivery.plan import Reader
from service_desk.alerts.delivery.wishes import ENGINEERS, Quiet, Wish
from service_desk.scope import session
from service_desk.tenants.models import Tenant
from service_desk.tickets.jobs import STAFF_OF_CLIENT

OWNERS_FROM = 1  # the step of escalation from which on the owners are told whatever they want


_STAFF = STAFF_OF_CLIENT.add_columns(QuietHours).outerjoin(QuietHours, QuietHours.person_id == PracticeMember.person_id)
_WISHES = (
    Destination.person_id, Destination.channel, Destination.name, Destination.settings, Destination.severities,
    Destination.when_over, Destination.client_ids, Destination.digest, Destination.digest_minute, Destination.enabled,
)  # fmt: skip
_DESTINATIONS = select(Destination).options(load_only(*_WISHES)).order_by(Destination.id)
_RECIPIENTS = select(ClientRecipient).order_by(ClientRecipient.id)
Staff = Sequence[tuple[PracticeMember, Quiet | None]]


def staff() -> Staff:
    """Who of the practice is told about the client in scope, each with their quiet hours."""
    return [(member, quiet_of(row) if row else None) for member, row in session().execute(_STAFF).all()]


def readers(tenant: Tenant, people: Staff) -> list[Reader]:
    """Everybody who could be told about this client; only people who work for it, and only the client's own people."""
    quiet = {member.person_id: hours for member, hours in people}
    rows = session().scalars(_DESTINATIONS).all()
    own_mail = {row.person_id: row for row in rows if row.person_id and row.channel == "email"}
    without_mail = {person_id for person_id, row in own_mail.items() if not row.enabled}
    mailed = [member for member, _quiet in people if member.person_id not in without_mail]
    return [
        *(_by_mail(one, own_mail.get(one.person_id), quiet, tenant.time_zone) for one in mailed),
        *_others([row for row in rows if row.enabled], quiet, tenant),
        *(_of_client(row, tenant) for row in session().scalars(_RECIPIENTS)),
    ]


def quiet_of(row: QuietHours) -> Quiet:
    """A stored row as the rule reads it."""
    return Quiet(from_minute=row.from_minute, until_minute=row.until_minute, zone=row.zone, breaks=row.breaks)


def wish_of(row: Destination, zone: str, quiet: Quiet | None) -> Wish:
    """What a destination wants."""
    return Wish(
        severities=row.severities,
        when_over=row.when_over,
        clients=row.client_ids,
        digest=row.digest,
        digest_minute=row.digest_minute,
        zone=quiet.zone if quiet else zone,
        quiet=quiet,
    )


def _by_mail(member: PracticeMember, row: Destination | None, quiet: Mapping[int, Quiet | None], zone: str) -> Reader:
    """Somebody's own mail address, by their wish or by the usual one."""
    mine = quiet.get(member.person_id)
    usual = Wish(severities=ENGINEERS.severities, zone=zone, quiet=mine)
    return Reader(
        wish=wish_of(row, zone, mine) if row else usual,
        channel="email",
        name=member.name,
        address=member.email,
        destination_id=row.id if row else None,
        person_id=member.person_id,
        steps=OWNERS_FROM if member.role == "owner" else None,
    )


def _others(rows: Sequence[Destination], quiet: Mapping[int, Quiet | None], tenant: Tenant) -> list[Reader]:
    """The practice's channels, and those of people who work for this client: `quiet` names every one of these."""
    return [
        Reader(
            wish=wish_of(row, tenant.time_zone, quiet.get(row.person_id or 0)),
            channel=row.channel,
            name=row.name,
            address=str(row.settings.get("address", "")),
            destination_id=row.id,
            person_id=row.person_id,
        )
        for row in rows
        if row.channel in CHANNELS
        and not (row.person_id and row.channel == "email")
        and (row.person_id is None or row.person_id in quiet)
    ]


def _of_client(row: ClientRecipient, tenant: Tenant) -> Reader:
    wish = Wish(
        severities=row.severities,
        when_over=row.when_over,
        digest=row.digest,
        digest_minute=row.digest_minute,
        zone=tenant.time_zone,
    )
    return Reader(wish=wish, channel="email", name=row.name, address=row.email, face="client", recipient_id=row.id)
