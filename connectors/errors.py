"""The one way in which something cannot be done or seen, and the mark for texts that the product translates."""

from collections.abc import Mapping
from typing import Any

from connectors.facts import Params, Unknown
from connectors.reasons import REASONS


def N_(message: str) -> str:  # noqa: N802 - the name that message extraction knows
    """Mark a text for translation by the product."""
    return message


class ConnectorError(Exception):
    """Something could not be done or seen: a reason code of `REASONS`, parameters, and what would mend it.

    `field` names the form field to correct, `grant` is the exact statement that gives the missing `right`.
    `permanent`: asking again is useless until a person acts. `down`: the far side serves nobody as seen from here.
    """

    def __init__(
        self,
        reason: str,
        params: Params | None = None,
        *,
        field: str | None = None,
        right: str | None = None,
        grant: str | None = None,
    ) -> None:
        super().__init__(reason)
        entry = REASONS[reason]
        self.reason = reason
        self.params: Params = dict(params or {})
        self.field = field or entry.field
        self.right = right
        self.grant = grant
        self.permanent = entry.permanent
        self.down = entry.down

    def __str__(self) -> str:
        return sentence(self.reason, self.params)

    def unknown(self) -> Unknown:
        """The same as the part of a look that says why there are no facts."""
        return Unknown(reason=self.reason, params=self.params, right=self.right, grant=self.grant, field=self.field)

    def to_json(self) -> dict[str, Any]:
        """`{"reason", "params", "field", "right", "grant", "permanent"}`."""
        named = {name: getattr(self, name) for name in ("reason", "field", "right", "grant", "permanent")}
        return {**named, "params": dict(self.params)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "ConnectorError":
        """Read back what `to_json` wrote."""
        return cls(data["reason"], data["params"], field=data["field"], right=data["right"], grant=data["grant"])


class _Blanks(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return "?"


def sentence(reason: str, params: Params) -> str:
    """The plain English sentence of a reason; a parameter that is not known reads as a question mark."""
    return REASONS[reason].sentence % _Blanks(params)
