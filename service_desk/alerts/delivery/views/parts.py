"""What the pages of delivery share."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from flask import g
from flask_babel import get_locale
from sqlalchemy import select

from service_desk.alerts.channels import CHANNELS
from service_desk.alerts.channels.wire import NOT_SENT
from service_desk.alerts.delivery.operations.sending import GONE, UNTOLD
from service_desk.alerts.delivery.operations.trying import OUTBOX
from service_desk.checks.reading import state_word
from service_desk.lib.clock import language
from service_desk.lib.i18n import say
from service_desk.scope import Scope, practice_scope, session
from service_desk.tenants.models import Tenant

OURS = {*NOT_SENT.values(), GONE, UNTOLD, OUTBOX}


def now() -> datetime:
    """The moment a view passes down."""
    return datetime.now(UTC)


def lang() -> Any:
    """The language of the page."""
    return language(str(get_locale() or "zh"))


@contextmanager
def overview() -> Iterator[Scope]:
    """Every client this person may see, read-only: what a form that was posted needs when it comes back."""
    with practice_scope(g.place.practice_id, g.actor, tenants=g.place.tenant_ids) as scope:
        yield scope


@contextmanager
def writing() -> Iterator[Scope]:
    """The practice's own rows."""
    with practice_scope(g.place.practice_id, g.actor, writing=True) as scope:
        yield scope


def client_names() -> dict[int, str]:
    """The clients this person may see, by number."""
    rows = session().execute(select(Tenant.id, Tenant.short_name).where(Tenant.closed_at.is_(None)))
    return {row.id: row.short_name for row in rows.all()}


def channel_label(key: str) -> str:
    """The name of a channel; one that is no longer there stands for itself."""
    return say(lang(), CHANNELS[key].label) if key in CHANNELS else key


def channel_how(key: str) -> str:
    """Where its address comes from."""
    return say(lang(), CHANNELS[key].how)


def severity_label(severity: str) -> str:
    """The word for a severity."""
    return state_word(severity, lang())


def answer(kept: str) -> str:
    """An answer as a page shows it: ours in the reader's language, somebody else's as it came."""
    return say(lang(), kept) if kept in OURS else kept
