"""What every fact is."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

Params = Mapping[str, str | int | float | None]


@dataclass(frozen=True, kw_only=True)
class Fact:
    """One thing seen. `account_set` is null when it belongs to the whole connection."""

    kind: ClassVar[str]
    account_set: str | None = None
    seen_at: datetime

    @property
    def subject(self) -> str:
        """What the fact is about, as a stable text within its connection and kind."""
        return self.account_set or ""
