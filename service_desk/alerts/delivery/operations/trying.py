"""The test button: ask for a test message, and keep what was answered."""

from datetime import datetime

from flask_babel import lazy_gettext as _l

from service_desk.accounts.models import Practice
from service_desk.alerts.channels import CHANNELS
from service_desk.alerts.channels.message import Message
from service_desk.alerts.delivery.models import Destination
from service_desk.alerts.delivery.pace import Outcome
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
    """Have a worker send a test message to a destination. Raises Refused while one is under way."""
    if row.test_state == "asked" and row.tested_at is not None and (now - row.tested_at).total_seconds() < 90:
        raise Refused(_l("A test is under way. Its answer appears here in a moment."))
    row.test_state, row.tested_at, row.test_answer, row.test_ms = "asked", now, "", None
    if CHANNELS[row.channel].road == "outbox":
        _by_mail(row, now)
    else:
        enqueue("try_channel", row.id, slot=f"try-{row.id}-{now.timestamp():.3f}")


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
