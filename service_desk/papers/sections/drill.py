"""One restore drill: steps with their times, row counts, evidence with its hashes, result, signatures."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from service_desk.files.models import StoredFile
from service_desk.lib.i18n import N_
from service_desk.papers.section import Asked, Section
from service_desk.papers.sections.safeguards import drill_line, signatures, step_lines, subject
from service_desk.safeguards.models import DrillStep, RestoreDrill
from service_desk.scope import load, session


def gather(asked: Asked) -> Mapping[str, Any]:
    """The drill the paper is about."""
    row = load(RestoreDrill, subject(asked.paper))
    steps = session().scalars(select(DrillStep).where(DrillStep.drill_id == row.id).order_by(DrillStep.position)).all()
    files = session().scalars(select(StoredFile).where(StoredFile.about == f"drill:{row.id}").order_by(StoredFile.id))
    return {
        "drill": row,
        "line": drill_line(row, asked.lang),
        "steps": step_lines(steps, asked.lang),
        "files": [(one.name, one.size, one.sha256.hex()) for one in files],
        "signatures": signatures(row),
    }


SECTION = Section("drill", N_("Restore drill"), gather)
