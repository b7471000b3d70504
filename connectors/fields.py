"""The fields of a connection's form, and the check of what was typed into them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from connectors.errors import N_, ConnectorError

ENCRYPTION = {
    "verified": N_("Encrypted, certificate checked"),
    "required": N_("Encrypted, any certificate"),
    "off": N_("Not encrypted"),
}


@dataclass(frozen=True, kw_only=True)
class Field:
    """One field of a connection's form.

    `type`: text, secret, integer, flag or choice (`choices`: value -> label). `repoints`: changing it may send the
    secret somewhere else, so the secret must be typed again. `long`: a text of several lines. `demo_only` and
    `demo_choices`: the field, or those of its choices, are offered only where loopback targets are allowed.
    """

    name: str
    label: str
    type: Literal["text", "secret", "integer", "flag", "choice"] = "text"
    default: str | int | bool | None = None
    required: bool = False
    repoints: bool = False
    choices: Mapping[str, str] = field(default_factory=dict)
    hint: str | None = None
    long: bool = False
    demo_only: bool = False
    demo_choices: tuple[str, ...] = ()

    @property
    def secret(self) -> bool:
        return self.type == "secret"


def checked_settings(
    fields: Sequence[Field], settings: Mapping[str, Any], secrets: Mapping[str, str]
) -> dict[str, Any]:
    """The settings with defaults filled in. Raises ConnectorError `bad_settings` naming the field."""
    found: dict[str, Any] = {}
    for entry in fields:
        value = (secrets if entry.secret else settings).get(entry.name)
        value = entry.default if value in (None, "") else value
        if not _fits(entry, value):
            raise ConnectorError("bad_settings", {"field": entry.name}, field=entry.name)
        if not entry.secret:
            found[entry.name] = value
    return found


def _fits(entry: Field, value: Any) -> bool:
    if value is None:
        return not entry.required
    if entry.type == "integer":
        return isinstance(value, int) and not isinstance(value, bool)
    if entry.type == "flag":
        return isinstance(value, bool)
    return isinstance(value, str) and "\x00" not in value and (not entry.choices or value in entry.choices)
