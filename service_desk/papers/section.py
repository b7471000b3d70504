"""What a section is: a title, a template, and how its figures are gathered. Nothing else is known of a paper."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from service_desk.lib.clock import Language

if TYPE_CHECKING:
    from service_desk.accounts.models import Practice
    from service_desk.papers.models import Paper
    from service_desk.tenants.models import Tenant


@dataclass(frozen=True)
class Asked:
    """What a section may look at: the paper asked for, the client, the practice, the moment, the language.

    `handed` are figures that only the floor above knows (the handover's score and its missing things).
    """

    paper: Paper
    tenant: Tenant
    practice: Practice | None
    now: datetime
    lang: Language
    handed: Mapping[str, Any]

    @property
    def zone(self) -> str:
        return self.tenant.time_zone


@dataclass(frozen=True)
class Section:
    """`gather` runs in the client's scope and answers plain figures; the template `papers/sections/<key>.html` says
    them. A section whose `listed` is False (the cover) is not in the table of contents."""

    key: str
    title: str
    gather: Callable[[Asked], Mapping[str, Any]]
    listed: bool = True
