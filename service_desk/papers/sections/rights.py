"""The last permission review: when, what was found, what was decided."""

from collections.abc import Mapping
from typing import Any

from service_desk.lib.i18n import N_
from service_desk.papers.section import Asked, Section
from service_desk.papers.sections.safeguards import finding_line
from service_desk.safeguards.operations.reviews import findings_of
from service_desk.safeguards.reading import last_review


def gather(asked: Asked) -> Mapping[str, Any]:
    """The newest signed review with its findings; nothing when there never was one."""
    row = last_review()
    lines = [finding_line(one, asked.lang) for one in findings_of(row)] if row is not None else []
    return {"review": row, "lines": lines}


SECTION = Section("rights", N_("Who may do what"), gather)
