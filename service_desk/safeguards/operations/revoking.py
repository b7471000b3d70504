"""Rights that are to be taken away: one ticket for each review names them, the next snapshot says what became of them.

The list stands in the ticket as points to tick off. Whoever changes a decision changes the list; the ticket stays one.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select

from service_desk.lib.clock import Language, language, local_day, show_day
from service_desk.lib.i18n import N_, say
from service_desk.safeguards import revoking, words
from service_desk.safeguards.finding import Finding
from service_desk.safeguards.models import AccessFinding, AccessReview, AccessSnapshot
from service_desk.scope import current, load, session
from service_desk.tenants.models import Tenant
from service_desk.tickets import operations as tickets
from service_desk.tickets.models import Ticket, TicketItem

TITLE = N_("Take away the rights named by the permission review of %(day)s")
BODY = N_(
    "The permission review of %(day)s decided that what stands on the checklist is to be taken away. The next review "
    "looks whether it happened."
)
SIGNED = N_("The review is signed. To be taken away:")
NOT_ANY_MORE = N_("Not to be taken away any more: %(what)s")
CALLED_OFF = N_("The review was called off. What stands on the checklist was decided before that.")
LOOKED = N_("Looked at again on %(day)s: %(gone)s gone, %(still)s still there, %(unseen)s could not be seen.")
NAMED = N_("%(system)s: %(finding)s")
STILL_THERE = N_("Still there: %(what)s")


def to_take_away(review: AccessReview, row: AccessFinding, now: datetime) -> None:
    """Put the finding on the list of the review's ticket, which is opened for the first one; once, however often."""
    if row.item_id is not None:
        return
    tenant, ticket = _tenant(), ticket_of(review)
    if ticket is None:
        ticket = _opened(review, row, tenant, now)
        review.ticket_id = ticket.id
    elif ticket.status in tickets.OVER:
        tickets.set_status(ticket, "open", now=now)
    if row.grave == "crit" and ticket.priority > "P2":
        tickets.set_priority(ticket, "P2", now=now)
    row.item_id = tickets.add_items(ticket, [_named(row, language(tenant.language))])[0]


def not_to_take_away(review: AccessReview, row: AccessFinding, now: datetime) -> None:
    """Somebody decided otherwise: it goes off the list, and the ticket says so."""
    ticket = ticket_of(review)
    if row.item_id is None or ticket is None:
        return
    lang = language(_tenant().language)
    tickets.drop_item(ticket, row.item_id)
    row.item_id = None
    tickets.note(ticket, say(lang, NOT_ANY_MORE, what=_named(row, lang)), now=now)


def signed(review: AccessReview, now: datetime) -> None:
    """The decisions stand: the client reads the whole list in the ticket."""
    ticket = ticket_of(review)
    listed = _revoked(review.id)
    if ticket is not None and listed:
        lang = language(_tenant().language)
        lines = "\n".join(f"- {_named(one, lang)}" for one in listed)
        tickets.note(ticket, f"{say(lang, SIGNED)}\n\n{lines}", now=now, public=True)


def called_off(review: AccessReview, now: datetime) -> None:
    """The ticket of a review without a result says so, and a person decides what becomes of it."""
    ticket = ticket_of(review)
    if ticket is not None:
        tickets.note(ticket, say(language(_tenant().language), CALLED_OFF), now=now)


def look_again(review: AccessReview, data: Mapping[str, Any], found: Sequence[Finding], now: datetime) -> None:
    """By what `review` has just seen: say of each right that the review before it took away whether it is gone."""
    before = load(AccessReview, review.before_id) if review.before_id is not None else None
    listed = _revoked(before.id) if before is not None else []
    then = _seen(before) if before is not None else None
    if before is None or then is None or not listed:
        return
    earlier = load(AccessReview, before.before_id) if before.before_id is not None else None
    seen = revoking.Seen(_seen(earlier) if earlier is not None else None, then, data, found)
    for one in listed:
        one.outcome, one.outcome_at = revoking.outcome(one, seen), now
    if (ticket := ticket_of(before)) is not None:
        _tell(ticket, listed, now)


def _tell(ticket: Ticket, listed: Sequence[AccessFinding], now: datetime) -> None:
    tenant = _tenant()
    lang = language(tenant.language)
    gone = {one.item_id for one in listed if one.outcome == revoking.GONE} - {None}
    for item in session().scalars(select(TicketItem).where(TicketItem.id.in_(gone), TicketItem.done_at.is_(None))):
        tickets.tick(ticket, item.id, now=now)
    counted = {word: sum(one.outcome == word for one in listed) for word in words.OUTCOMES}
    lines = [say(lang, LOOKED, day=show_day(local_day(now, tenant.time_zone), lang), **counted)]
    lines += [say(lang, STILL_THERE, what=_named(one, lang)) for one in listed if one.outcome == revoking.STILL]
    tickets.note(ticket, "\n\n".join(lines), now=now)


def ticket_of(review: AccessReview) -> Ticket | None:
    """The ticket of a review, if something was to be taken away."""
    return load(Ticket, review.ticket_id, lock=True) if review.ticket_id is not None else None


def _opened(review: AccessReview, row: AccessFinding, tenant: Tenant, now: datetime) -> Ticket:
    lang, actor = language(tenant.language), current().actor
    day = show_day(local_day(review.requested_at, tenant.time_zone), lang)
    return tickets.open_ticket(
        title=say(lang, TITLE, day=day),
        body=say(lang, BODY, day=day),
        priority="P2" if row.grave == "crit" else "P3",
        source="desk",
        category="access",
        author_name=actor.name,
        author_person_id=actor.person_id,
        now=now,
    )


def _named(row: AccessFinding, lang: Language) -> str:
    return say(lang, NAMED, system=row.system, finding=words.finding_sentence(row.rule, row.params, lang))


def _revoked(review_id: int) -> list[AccessFinding]:
    mine = select(AccessFinding).where(AccessFinding.review_id == review_id, AccessFinding.decision == "revoke")
    return list(session().scalars(mine.order_by(AccessFinding.id)))


def _seen(review: AccessReview) -> Mapping[str, Any] | None:
    if review.snapshot_id is None:
        return None
    return session().scalar(select(AccessSnapshot.data).where(AccessSnapshot.id == review.snapshot_id))


def _tenant() -> Tenant:
    return session().get_one(Tenant, current().tenant_id)
