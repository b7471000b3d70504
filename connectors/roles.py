"""The vendor's own role for a reader: what an administrator clicks so that a login may read exactly this, and the undo.

Where there is no SQL to run, these steps stand in its place.
"""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Role:
    """Steps in plain English, for the product to translate: `give` sets the login up, `take` takes it away again."""

    give: tuple[str, ...]
    take: tuple[str, ...]
