"""The cover: for whom, by whom, which version, how secret, from when."""

from collections.abc import Mapping
from typing import Any

from service_desk.lib.i18n import N_
from service_desk.papers.section import Asked, Section


def gather(asked: Asked) -> Mapping[str, Any]:
    """The names on the cover."""
    practice = asked.practice
    return {
        "client": asked.tenant.legal_name or asked.tenant.name,
        "by": (practice.legal_name or practice.name) if practice else "",
        "engineer": asked.tenant.engineer_name or asked.paper.requested_by,
        "reach": [text for text in (practice.phone, practice.email) if text] if practice else [],
    }


SECTION = Section("cover", N_("Cover"), gather, listed=False)
