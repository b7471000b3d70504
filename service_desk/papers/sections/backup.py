"""Whether the data is safe, as the checks on backups see it."""

from collections.abc import Mapping
from typing import Any

from service_desk.checks.catalog import CATALOG
from service_desk.lib.i18n import N_
from service_desk.papers.section import Asked, Section
from service_desk.papers.sections.checks import spoken, states


def gather(asked: Asked) -> Mapping[str, Any]:
    """The states of every backup check."""
    keys = [key for key in CATALOG if key.startswith("bak.")]
    return {"lines": [spoken(one, asked.lang) for one in states(*keys)]}


SECTION = Section("backup", N_("Backups"), gather)
