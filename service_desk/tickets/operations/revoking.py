"""The ticket of a permission review: what is to be taken away as a list, and what the next snapshot showed of it.

The review stands on a lower floor and only says that something changed; here the ticket is made to fit, however often
that is asked for. Whoever changes a decision changes the list; the ticket stays one.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select

from service_desk.lib.clock import Language, language, local_day, show_day
from service_desk.lib.i18n import N_, say
from service_desk.safeguards.models import AccessFinding, AccessReview
from service_desk.safeguards.words import OUTCOMES, finding_sentence
from service_desk.scope import load, session
from service_desk.tenants.models import Tenant
from service_desk.tickets.models import OVER, Ticket, TicketItem, TicketMessage
from service_desk.tickets.operations.course import set_status
from service_desk.tickets.operations.facts import add_items, drop_item, set_priority, tick
from service_desk.tickets.operations.opening import open_ticket
from service_desk.tickets.operations.talking import note

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


def follow(review_id: int, now: datetime) -> None:
    """Make the ticket of a review say what the review says; without anything to take away there is none."""
    review = load(AccessReview, review_id, lock=True)
    tenant = Tenant.here()
    lang, rows = language(tenant.language), _findings(review_id)
    listed = [one for one in rows if one.decision == "revoke"]
    ticket = load(Ticket, review.ticket_id, lock=True) if review.ticket_id is not None else None
    fresh = [one for one in listed if one.item_id is None] if review.state in ("open", "done") else []
    if fresh:
        ticket = _listing(review, ticket, fresh, tenant, now)
    if ticket is None:
        return
    _dropped(ticket, [one for one in rows if one.item_id is not None and one.decision != "revoke"], lang, now)
    if review.state == "called_off":
        _say_once(ticket, say(lang, CALLED_OFF), now)
    elif review.state == "done" and listed:
        lines = "\n".join(f"- {_named(one, lang)}" for one in listed)
        _say_once(ticket, f"{say(lang, SIGNED)}\n\n{lines}", now, public=True)
        _looked_again(ticket, listed, tenant, now)


def _findings(review_id: int) -> list[AccessFinding]:
    mine = select(AccessFinding).where(AccessFinding.review_id == review_id)
    return list(session().scalars(mine.order_by(AccessFinding.id)))


def _listing(
    review: AccessReview, ticket: Ticket | None, fresh: Sequence[AccessFinding], tenant: Tenant, now: datetime
) -> Ticket:
    """Put these on the list of the review's ticket, which is opened for the first of them."""
    lang, grave = language(tenant.language), any(one.grave == "crit" for one in fresh)
    if ticket is None:
        day = show_day(local_day(review.requested_at, tenant.time_zone), lang)
        ticket = open_ticket(
            title=say(lang, TITLE, day=day), body=say(lang, BODY, day=day), priority="P2" if grave else "P3",
            source="desk", category="access", author_name=fresh[0].decided_by, now=now,
        )  # fmt: skip
        review.ticket_id = ticket.id
    elif ticket.status in OVER:
        set_status(ticket, "open", now=now)
    if grave and ticket.priority > "P2":
        set_priority(ticket, "P2", now=now)
    for one, item_id in zip(fresh, add_items(ticket, [_named(one, lang) for one in fresh]), strict=True):
        one.item_id = item_id
    return ticket


def _dropped(ticket: Ticket, rows: Sequence[AccessFinding], lang: Language, now: datetime) -> None:
    """Somebody decided otherwise: these go off the list, and the ticket says so."""
    for one in rows:
        if one.item_id is not None:
            drop_item(ticket, one.item_id)
            one.item_id = None
            note(ticket, say(lang, NOT_ANY_MORE, what=_named(one, lang)), now=now)


def _looked_again(ticket: Ticket, listed: Sequence[AccessFinding], tenant: Tenant, now: datetime) -> None:
    """What the next snapshot showed: what is gone is ticked off, what is still there is named."""
    seen_at = max((one.outcome_at for one in listed if one.outcome_at is not None), default=None)
    if seen_at is None:
        return
    lang = language(tenant.language)
    gone = {one.item_id for one in listed if one.outcome == "gone"} - {None}
    for item in session().scalars(select(TicketItem).where(TicketItem.id.in_(gone), TicketItem.done_at.is_(None))):
        tick(ticket, item.id, now=now)
    counted = {word: sum(one.outcome == word for one in listed) for word in OUTCOMES}
    lines = [say(lang, LOOKED, day=show_day(local_day(seen_at, tenant.time_zone), lang), **counted)]
    lines += [say(lang, STILL_THERE, what=_named(one, lang)) for one in listed if one.outcome == "still"]
    _say_once(ticket, "\n\n".join(lines), now)


def _say_once(ticket: Ticket, body: str, now: datetime, *, public: bool = False) -> None:
    said = select(TicketMessage.id).where(TicketMessage.ticket_id == ticket.id, TicketMessage.body == body)
    if session().scalar(said.limit(1)) is None:
        note(ticket, body, now=now, public=public)


def _named(row: AccessFinding, lang: Language) -> str:
    return say(lang, NAMED, system=row.system, finding=finding_sentence(row.rule, row.params, lang))
