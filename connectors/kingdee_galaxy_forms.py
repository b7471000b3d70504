"""The fixed questions to Galaxy, and how each is spelled for one installation. Pure: no wire here.

Field keys change their case from one installation to the next, so each question is spelled with the keys that the
installation itself tells of the form (QueryBusinessInfo).
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from connectors.base import ConnectorError, Need
from connectors.questions import Question
from connectors.statements import HERE

_NAMED = re.compile(r"\{(F\w+)\}")


@dataclass(frozen=True, kw_only=True)
class FormQuestion(Question):
    """A question about one form; its further parts are explained in the data file."""

    also: tuple[str, ...] = ()
    organisation: str = ""

    @property
    def need(self) -> Need:
        """The form and the fields without which it cannot be answered."""
        own = [self.organisation] if self.organisation else []
        wanted = [*self.columns, *_NAMED.findall(self.where or ""), *own]
        return Need(table=self.of, columns=tuple(dict.fromkeys(base(key) for key in wanted)))

    @property
    def identity(self) -> str:
        """The field that tells records apart."""
        return self.order or "FID"

    def spelled(self, keys: "Keys", values: Mapping[str, str], organisation: str | None) -> tuple[list[str], str]:
        """The fields and the filter as this installation writes them. Raises ConnectorError missing_column.

        `values` are what the names in braces that are no fields stand for; `organisation` limits the answer to one.
        """
        present = [key for key in self.extra if keys.has(key)]
        fields = [keys.spell(key) for key in (*self.columns, *present)]
        parts = [self.where] if self.where else []
        parts += [one for one in self.also if all(keys.has(key) for key in _NAMED.findall(one))]
        conditions = [_filled(one, keys, values) for one in parts]
        if self.organisation and organisation is not None:
            own = organisation.replace("'", "''")
            conditions.append(f"{keys.spell(self.organisation)}.FNumber='{own}'")
        return fields, " and ".join(conditions)

    def named(self, keys: "Keys", row: list[Any]) -> dict[str, Any]:
        """A row by the names of the data file; an optional field that is not there is None."""
        present = [key for key in self.extra if keys.has(key)]
        found = dict(zip((*self.columns, *present, self.identity), row, strict=True))
        return {**dict.fromkeys(self.extra), **found}


def _filled(text: str, keys: "Keys", values: Mapping[str, str]) -> str:
    return re.sub(r"\{(\w+)\}", lambda found: values.get(found[1]) or keys.spell(found[1]), text)


class Keys:
    """The field keys of one form as an installation spells them; unknown (None) where it does not tell."""

    def __init__(self, form: str, told: frozenset[str] | None) -> None:
        self.form = form
        self._by_lower = None if told is None else {key.lower(): key for key in told}

    @property
    def told(self) -> bool:
        """Whether the installation tells which fields the form has."""
        return self._by_lower is not None

    def has(self, key: str) -> bool:
        """Whether the form has this field; where nothing is told, only what is required is asked for."""
        return self._by_lower is not None and base(key).lower() in self._by_lower

    def spell(self, key: str) -> str:
        """The key in the installation's own spelling. Raises ConnectorError missing_column."""
        if self._by_lower is None:
            return key
        first, dot, rest = key.partition(".")
        if first.lower() not in self._by_lower:
            raise ConnectorError("missing_column", {"table": self.form, "column": first})
        return self._by_lower[first.lower()] + dot + rest

    def identity(self, key: str) -> str:
        """A primary key, which is not always told among the fields."""
        return self.spell(key) if self.has(key) else key


def base(key: str) -> str:
    """The field itself, without what is read of the record behind it."""
    return key.partition(".")[0]


def keys_told(answer: Any) -> frozenset[str] | None:
    """The field keys in an answer of QueryBusinessInfo; None when it holds none."""
    data = answer.get("Result", {}).get("NeedReturnData") if isinstance(answer, dict) else None
    entries = (data.get("Entrys") if isinstance(data, dict) else None) or []
    return (
        frozenset(str(one["Key"]) for entry in entries for one in entry.get("Fields") or [] if one.get("Key")) or None
    )


def load() -> dict[str, FormQuestion]:
    """All questions by name, in the file's order."""
    with (HERE / "kingdee_galaxy.toml").open("rb") as source:
        return {name: _question(name, entry) for name, entry in tomllib.load(source).items()}


def _question(name: str, entry: dict[str, Any]) -> FormQuestion:
    lists = {part: tuple(entry.pop(part, ())) for part in ("columns", "extra", "also")}
    return FormQuestion(name=name, **{**entry, **lists})


QUESTIONS = load()


def question_of(need: Need) -> FormQuestion:
    """The question that a need belongs to."""
    return next(one for one in QUESTIONS.values() if one.need == need)
