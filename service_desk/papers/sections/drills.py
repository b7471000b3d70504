"""The log of restore drills: how proven the backups are, the last ten drills, what is planned."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from service_desk.lib.i18n import N_, say
from service_desk.papers.section import Asked, Section
from service_desk.papers.sections.safeguards import drill_line
from service_desk.safeguards import drilling, reading, words
from service_desk.safeguards.models import RestoreDrill
from service_desk.scope import session

LAST = 10


def gather(asked: Asked) -> Mapping[str, Any]:
    """Proof per plan, and the record."""
    last = reading.last_drills()
    plans = [one for one in reading.plans() if one.row.drill_every_days]
    held = select(RestoreDrill).where(RestoreDrill.state == "done").order_by(RestoreDrill.finished_at.desc())
    proofs = []
    for one in plans:
        found = last.get(one.row.id)
        days = one.row.drill_every_days or drilling.EVERY_DAYS
        proof = drilling.proof(found.good_at if found else None, days, asked.now)
        proofs.append(
            (one.row.subject or one.connection, drilling.GRAVE[proof], say(asked.lang, words.PROOFS[proof]),
             found.good_at if found else None, found.due_on if found else None, days)
        )  # fmt: skip
    return {"proofs": proofs, "held": [drill_line(row, asked.lang) for row in session().scalars(held.limit(LAST))]}


SECTION = Section("drills", N_("Restore drills"), gather)
