"""Practices: set up one, and what stands on its letterhead."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from service_desk.accounts.models import Practice
from service_desk.accounts.operations import inviting, people
from service_desk.audit.operations import record
from service_desk.scope import SYSTEM, current, gate, practice_scope, session

LETTERHEAD = (
    "name",
    "legal_name",
    "tax_number",
    "address",
    "phone",
    "email",
    "bank_name",
    "bank_account",
    "time_zone",
    "language",
    "currency",
)


@dataclass(frozen=True)
class NewPractice:
    """A practice just set up. `invitation_path` leads its owner in; None when a password was given at once."""

    practice_id: int
    owner_id: int | None
    invitation_path: str | None


def create_practice(
    owner_email: str,
    owner_name: str,
    practice_name: str,
    now: datetime,
    *,
    password: str | None = None,
    language: str = "zh_Hans_CN",
    is_demo: bool = False,
) -> NewPractice:
    """Set up a practice with its first owner.

    Without a password the owner gets an invitation by mail (its path is returned too, for an installation without
    mail); with one (the demo) the person exists at once. Raises Invalid.
    """
    owner_id = people.create_person(owner_email, owner_name, password, language, now) if password else None
    practice_id = int(gate("gate_new_ids", p_kind="practice")[0].id)
    with practice_scope(practice_id, SYSTEM, writing=True):
        row = Practice(id=practice_id, name=practice_name, language=language, is_demo=is_demo, created_at=now)
        session().add(row)
        session().flush()  # Everything else belongs to it.
        record("practice.created", name=practice_name)
        if owner_id is not None:
            people.join(owner_id, "owner", owner_name, owner_email, now)
            return NewPractice(practice_id, owner_id, None)
        _, token = inviting.invite(
            email=owner_email, name=owner_name, role="owner", place_name=practice_name, language=language, now=now
        )
    return NewPractice(practice_id, None, f"/invitation/{token}")


def practice() -> Practice:
    """The practice in scope."""
    return session().get_one(Practice, current().practice_id)


def change_letterhead(values: dict[str, Any]) -> Practice:
    """Change what stands on the letterhead; `values` may name the fields of LETTERHEAD and nothing else."""
    row = practice()
    changed = sorted(name for name in LETTERHEAD if name in values and getattr(row, name) != values[name])
    for name in changed:
        setattr(row, name, values[name])
    if changed:
        record("practice.changed", fields=changed)
    return row
