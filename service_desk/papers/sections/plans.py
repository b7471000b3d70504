"""The backup plans against what really happened, the copies and 3-2-1: what the successor must keep going."""

from collections.abc import Mapping
from typing import Any

from service_desk.lib.i18n import N_, say
from service_desk.papers.section import Asked, Section
from service_desk.safeguards import words
from service_desk.safeguards.page import register_page


def gather(asked: Asked) -> Mapping[str, Any]:
    """The register as the page has it, at the moment the paper was asked for."""
    lang = asked.lang
    seen = register_page(asked.tenant, asked.now, lang)
    return {
        "seen": seen,
        "copies": [
            (
                one.name,
                say(asked.lang, words.MEDIA[one.medium]),
                say(asked.lang, words.DEVICES[one.row.device]),
                kind,
                said,
            )
            for one, kind, said in seen.copies
        ],
    }


SECTION = Section("plans", N_("Backup plans"), gather)
