"""The test button: ask for a test message, and keep what was answered."""

from datetime import datetime, timedelta

from flask_babel import lazy_gettext as _l

from service_desk.accounts.models import Practice
from service_desk.alerts.channels import CHANNELS
from service_desk.alerts.channels.message import Message
from service_desk.alerts.delivery.models import Destination
from service_desk.alerts.delivery.operations.sending import Ready
from service_desk.alerts.delivery.pace import Outcome, turn
from service_desk.alerts.delivery.sealing import open_sealed
from service_desk.alerts.words import mail_body, test_message
from service_desk.jobs import enqueue
from service_desk.lib.clock import language
from service_desk.lib.errors import Refused
from service_desk.lib.i18n import N_
from service_desk.mail import Postman, post
from service_desk.scope import current, load, session

OUTBOX = N_("The mail is in the outbox.")
STATES = {"sent": "sent", "unknown": "maybe_sent"}


def ask(row: Destination, *, now: datetime) -> None:
    """Have a worker send a test message to a destination, in its turn: a robot counts it like any other message.

    Raises Refused while one is under way. Until it was sent, `tested_at` is the slot it holds.
    """
    row = load(Destination, row.id, lock=True)
    if row.test_state == "asked" and row.tested_at is not None and (now - row.tested_at).total_seconds() < 90:
        raise Refused(_l("A test is under way. Its answer appears here in a moment."))
    row.test_state, row.tested_at, row.test_answer, row.test_ms = "asked", now, "", None
    if CHANNELS[row.channel].road == "outbox":
        _by_mail(row, now)
        return
    mine = turn(row.paced_until, now, CHANNELS[row.channel].per_minute)
    row.paced_until = mine.next_at
    _queue(row, mine.at)


def _queue(row: Destination, at: datetime) -> None:
    row.tested_at = at
    enqueue("try_channel", row.id, slot=f"try-{row.id}-{at.timestamp():.3f}", due_at=at)


def take(destination_id: int, ident: str, now: datetime) -> Ready | None:
    """A test message that may go now; None when its turn is later (a job is queued) or it was answered already."""
    row = load(Destination, destination_id, lock=True)
    channel = CHANNELS[row.channel]
    if row.test_state != "asked":
        return None
    mine = turn(row.paced_until, now, channel.per_minute, row.tested_at)
    row.paced_until = mine.next_at
    if mine.at > now:
        _queue(row, mine.at)
        return None
    return Ready(channel, {**row.settings, **open_sealed(row)}, message(row, ident, now))


def message(row: Destination, ident: str, now: datetime) -> Message:
    """The test message of a destination; no client is in scope where it is made, so none can be in it."""
    practice = session().get_one(Practice, current().practice_id)
    page = "notifications" if row.person_id else "channels"
    link = f"{Postman.config.base_url}/settings/{page}/{row.id}"
    return test_message(CHANNELS[row.channel].label, practice.name, link, language(practice.language), ident, now)


def _by_mail(row: Destination, now: datetime) -> None:
    said = message(row, f"test-{row.id}", now)
    post(str(row.settings["address"]), said.subject, mail_body(said), about="channel")
    row.test_state, row.test_answer = "sent", OUTBOX


def keep(destination_id: int, outcome: Outcome, now: datetime) -> None:
    """Keep how the test ended. A test that arrives forgives what was refused before, and nothing else changes."""
    row = load(Destination, destination_id, lock=True)
    row.test_state = STATES.get(outcome.verdict, "failed")
    row.test_answer, row.test_ms, row.tested_at = outcome.answer[:500], outcome.took_ms, now
    if row.test_state == "sent":
        row.failures = 0
    if outcome.wait_s:
        until = now + timedelta(seconds=outcome.wait_s)
        row.paced_until = max(row.paced_until or until, until)
