"""One permission review: what was seen, what could not be, each finding with its decision, signatures."""

from collections.abc import Mapping
from typing import Any

from service_desk.checks.reading import reason_of
from service_desk.lib.i18n import N_, say
from service_desk.papers.section import Asked, Section
from service_desk.papers.sections.safeguards import finding_line, signatures, subject
from service_desk.safeguards.models import AccessReview, AccessSnapshot
from service_desk.safeguards.operations.reviews import findings_of
from service_desk.scope import current, load, session

CUT = N_("There is more than one look takes in; the list is not complete.")


def gather(asked: Asked) -> Mapping[str, Any]:
    """The review the paper is about."""
    row = load(AccessReview, subject(asked.paper))
    seen = session().get(AccessSnapshot, (current().tenant_id, row.snapshot_id)) if row.snapshot_id else None
    return {
        "review": row,
        "snapshot": seen,
        "lines": [finding_line(one, asked.lang) for one in findings_of(row)],
        "unseen": [
            (one["connection"], one["kind"], say(asked.lang, CUT) if one["reason"] == "truncated"
             else reason_of(one["reason"], one["params"], asked.lang))
            for one in row.unseen
        ],
        "signatures": signatures(row),
    }  # fmt: skip


SECTION = Section("review", N_("Permission review"), gather)
