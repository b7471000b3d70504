"""Drafts: what a person has typed and not yet sent, kept per form. Works in every scope that carries the person."""

import json
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert

from service_desk.accounts.models import Draft
from service_desk.lib.errors import Invalid
from service_desk.scope import current, session

LONGEST = 200_000


def is_secret(field: str) -> bool:
    """True for a form's field that must not be shown again, nor be kept anywhere on the way."""
    return field in ("proof", "code") or any(word in field for word in ("password", "secret", "token"))


def save_draft(place: str, fields: dict[str, Any], now: datetime) -> None:
    """Keep what stands in a form. `place` names the form, such as `reply/17`. Raises Invalid when it is too much."""
    kept = {name: value for name, value in fields.items() if name != "made_for" and not is_secret(name)}
    text = json.dumps(kept, ensure_ascii=False)
    if len(text) > LONGEST or len(place) > 200:
        raise Invalid("too long to be kept as a draft")
    statement = insert(Draft).values(person_id=current().person_id, place=place, text=text, saved_at=now)
    session().execute(
        statement.on_conflict_do_update(index_elements=["person_id", "place"], set_={"text": text, "saved_at": now})
    )


def load_draft(place: str) -> dict[str, Any]:
    """What was kept for this form, by field; empty when nothing was."""
    text = session().scalar(select(Draft.text).where(Draft.place == place))
    found: dict[str, Any] = json.loads(text) if text else {}
    return found


def drop_draft(place: str) -> None:
    """The form was sent: its draft goes."""
    session().execute(delete(Draft).where(Draft.place == place))
