"""One delivery on its way: taken with its turn, marked before it is given away, and what became of it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from flask_babel import lazy_gettext as _l
from sqlalchemy import func, select, update

from service_desk.accounts.models import Practice, PracticeMember
from service_desk.alerts.channels import CHANNELS, Channel
from service_desk.alerts.channels.message import Message
from service_desk.alerts.delivery.models import BellItem, Delivery, Destination
from service_desk.alerts.delivery.pace import PATIENCE, Outcome, after, turn
from service_desk.alerts.delivery.saying import Speaker
from service_desk.alerts.delivery.sealing import open_sealed
from service_desk.audit.operations import record
from service_desk.jobs import enqueue
from service_desk.lib.clock import language
from service_desk.lib.errors import Refused
from service_desk.lib.i18n import N_, say
from service_desk.mail import Postman, post
from service_desk.scope import load, session

DOUBTFUL = ("failed", "maybe_sent", "dropped")
SENT_AGAIN = "sent again as #"
GONE = N_("This channel was removed or switched off meanwhile.")
UNTOLD = N_("Nothing of it was left to tell.")
OFF_SUBJECT = N_("Alarms no longer go to %(name)s")
OFF_BODY = N_(
    "%(channel)s %(name)s refused %(n)s messages in a row and is switched off. Its last answer:\n\n%(answer)s\n\n"
    "Mend it and switch it on again here:\n%(link)s"
)


@dataclass(frozen=True)
class Ready:
    """A message that may go now, and all that is needed to hand it over."""

    channel: Channel
    values: dict[str, str]
    message: Message


def take(delivery_id: int, now: datetime) -> Ready | None:
    """Make a delivery ready and mark it as being handed over, which the caller commits before giving it away.

    None when there is nothing to do now: it is over, its destination is gone, or its turn is later (a job is queued).
    What another worker had begun and did not finish is perhaps sent, unless its receiver can tell a second copy.
    """
    row = _locked(delivery_id)
    if row is None or row.state not in ("waiting", "handing_over"):
        return None
    destination, channel = _destination(row), CHANNELS.get(row.channel)
    if destination is None or channel is None or channel.request is None:
        _over(row, "dropped", GONE, now)
        return None
    if row.state == "handing_over" and not channel.repeatable:
        _over(row, "maybe_sent", "", now)
        return None
    if _waits(row, destination, channel, now):
        return None
    message = _message(row)
    if message is None:
        _over(row, "dropped", UNTOLD, now)
        return None
    row.state, row.attempts = "handing_over", row.attempts + 1
    return Ready(channel, {**destination.settings, **open_sealed(destination)}, message)


def _locked(delivery_id: int) -> Delivery | None:
    return session().scalars(select(Delivery).where(Delivery.id == delivery_id).with_for_update()).first()


def _destination(row: Delivery) -> Destination | None:
    """Locked, because messages of other clients line up at the same one."""
    wanted = select(Destination).where(Destination.id == row.destination_id, Destination.enabled)
    return session().scalars(wanted.with_for_update()).first()


def _over(row: Delivery, state: str, answer: str, now: datetime) -> None:
    row.state, row.answer, row.ended_at = state, answer, now


def _waits(row: Delivery, destination: Destination, channel: Channel, now: datetime) -> bool:
    """True when its turn is later: it then has a place in the line, and a job for that moment."""
    mine = turn(destination.paced_until, now, channel.per_minute, row.slot_at)
    destination.paced_until = mine.next_at
    if mine.at <= now:
        row.slot_at = None
        return False
    row.slot_at = row.due_at = mine.at
    _queue(row, mine.at, f"turn-{mine.at.timestamp():.3f}")
    return True


def _queue(row: Delivery, due_at: datetime, what: str) -> None:
    enqueue("deliver", row.id, slot=f"deliver-{what}-{row.id}", due_at=due_at)


def _message(row: Delivery) -> Message | None:
    return Speaker(row.notice_ids).message(row.notice_ids, "desk", f"alarm-{row.tenant_id}-{row.id}", row.created_at)


def keep(delivery_id: int, outcome: Outcome, now: datetime) -> None:
    """Write down how a handing-over ended, and go on: again later, or without a destination that refuses for good."""
    row = _locked(delivery_id)
    if row is None or row.state != "handing_over":
        return
    channel = CHANNELS[row.channel]
    coming = after(outcome, row.attempts, now, repeatable=channel.repeatable)
    row.state, row.answer, row.took_ms = coming.state, outcome.answer[:500], outcome.took_ms
    if coming.due_at is not None:
        row.due_at = coming.due_at
        _queue(row, coming.due_at, f"try-{row.attempts}")
    else:
        row.ended_at = now
    _count(row, outcome, now)
    if outcome.wait_s:
        _leave_alone(row, now + timedelta(seconds=outcome.wait_s))


def _leave_alone(row: Delivery, until: datetime) -> None:
    """Who asked to be left alone is sent nothing meanwhile, whichever client it is about."""
    later = func.greatest(func.coalesce(Destination.paced_until, until), until)
    session().execute(update(Destination).where(Destination.id == row.destination_id).values(paced_until=later))


def _count(row: Delivery, outcome: Outcome, now: datetime) -> None:
    """Only what was refused for good counts against a destination: a server that is away comes back."""
    if outcome.verdict not in ("sent", "never"):
        return
    failures = Destination.failures + 1 if outcome.verdict == "never" else 0
    changed = update(Destination).where(Destination.id == row.destination_id).values(failures=failures)
    destination = session().scalars(changed.returning(Destination)).first()
    if destination is not None and destination.enabled and destination.failures >= PATIENCE:
        switch_off(destination, outcome.answer, now)


def switch_off(destination: Destination, answer: str, now: datetime) -> None:
    """Nobody is told over this any more; who keeps it learns so by bell and mail, without a word of any client."""
    destination.enabled, destination.off_why, destination.changed_at = False, answer[:500], now
    record("channel.off", f"destination:{destination.id}", answer=answer[:200])
    practice = session().get_one(Practice, destination.practice_id)
    lang = language(practice.language)
    page = "notifications" if destination.person_id else "channels"
    values = {
        "name": destination.name,
        "channel": say(lang, CHANNELS[destination.channel].label),
        "n": destination.failures,
        "answer": say(lang, answer),
        "link": f"{Postman.config.base_url}/settings/{page}/{destination.id}",
    }
    for member in _keepers(destination):
        post(member.email, say(lang, OFF_SUBJECT, **values), say(lang, OFF_BODY, **values), about="channel")
        session().add(BellItem(person_id=member.person_id, kind="channel", subject_id=destination.id, at=now))


def _keepers(destination: Destination) -> list[PracticeMember]:
    """The person whose it is, or the owners of the practice."""
    present = select(PracticeMember).where(PracticeMember.ended_at.is_(None))
    if destination.person_id is not None:
        return list(session().scalars(present.where(PracticeMember.person_id == destination.person_id)))
    return list(session().scalars(present.where(PracticeMember.role == "owner").order_by(PracticeMember.id)))


def again(delivery_id: int, *, now: datetime) -> Delivery:
    """Send once more what did not arrive or perhaps did not: a new message, because somebody decided so.

    Raises NotThere, and Refused for what did arrive, is under way, or was sent again already.
    """
    row = load(Delivery, delivery_id, lock=True)
    if row.state not in DOUBTFUL or row.channel == "email" or row.answer.startswith(SENT_AGAIN):
        raise Refused(_l("This message is not in doubt."))
    if _destination(row) is None:
        raise Refused(_l("This channel was removed or switched off meanwhile."))
    names = ("notice_ids", "severity", "destination_id", "person_id", "recipient_id", "channel", "to_name")
    copy = Delivery(state="waiting", due_at=now, created_at=now, **{name: getattr(row, name) for name in names})
    session().add(copy)
    session().flush()  # The job needs its number.
    row.answer = f"{SENT_AGAIN}{copy.id}"
    _queue(copy, now, "again")
    record("delivery.again", f"delivery:{row.id}", to=row.to_name)
    return copy


def give_up(delivery_id: int, now: datetime) -> None:
    """The worker was cut off in every attempt: perhaps sent when it had been given away, else not sent."""
    row = _locked(delivery_id)
    if row is not None and row.state in ("waiting", "handing_over"):
        _over(row, "maybe_sent" if row.state == "handing_over" else "failed", row.answer, now)
