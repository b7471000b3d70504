"""The test button: ask for a test message, and keep what was answered."""

from datetime import datetime

from flask_babel import lazy_gettext as _l

from service_desk.alerts.delivery.models import Destination
from service_desk.alerts.delivery.pace import Outcome
from service_desk.jobs import enqueue
from service_desk.lib.errors import Refused
from service_desk.scope import load

STATES = {"sent": "sent", "unknown": "maybe_sent"}


def ask(row: Destination, *, now: datetime) -> None:
    """Have a worker send a test message to a destination. Raises Refused while one is under way."""
    if row.test_state == "asked" and row.tested_at is not None and (now - row.tested_at).total_seconds() < 90:
        raise Refused(_l("A test is under way. Its answer appears here in a moment."))
    row.test_state, row.tested_at, row.test_answer, row.test_ms = "asked", now, "", None
    enqueue("try_channel", row.id, slot=f"try-{row.id}-{now.timestamp():.3f}")


def keep(destination_id: int, outcome: Outcome, now: datetime) -> None:
    """Keep how the test ended. A test that arrives forgives what was refused before, and nothing else changes."""
    row = load(Destination, destination_id, lock=True)
    row.test_state = STATES.get(outcome.verdict, "failed")
    row.test_answer, row.test_ms, row.tested_at = outcome.answer[:500], outcome.took_ms, now
    if row.test_state == "sent":
        row.failures = 0
