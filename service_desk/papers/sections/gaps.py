"""How complete this pack is, and what is missing, as the handover counted it when the pack was asked for."""

from collections.abc import Mapping
from typing import Any

from service_desk.lib.i18n import N_
from service_desk.papers.section import Asked, Section


def gather(asked: Asked) -> Mapping[str, Any]:
    """The score and the missing things, handed in."""
    return {
        "score": asked.handed.get("score"),
        "blockers": asked.handed.get("blockers", ()),
        "missing": asked.handed.get("missing", ()),
    }


SECTION = Section("gaps", N_("What is still missing"), gather)
