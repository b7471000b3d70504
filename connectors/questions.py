"""The fixed questions to an ERP that is asked over HTTP, one data file for each system.

Like the statements of databases, the files are also the page that tells a client what is read. A model, a document
type or a path stands here and nowhere in code, with how certain it is.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from connectors.base import Need
from connectors.statements import HERE

Certainty = Literal["vendor", "public", "unverified"]


@dataclass(frozen=True, kw_only=True)
class Question:
    """One fixed question that only reads.

    `title` and `zh`: what it asks for, in both languages. `of`: the model, document type or path. A column `a|b` is
    called a in some versions and b in others; its value goes by the first name. `extra`: columns whose absence leaves a
    gap. `within`: what a child table is read through. `method`: how a path is asked, where `of` is one; whatever is
    sent with POST only reads as well. `where`: the filter in the system's own form, values bound as `$name`. `cap`:
    most rows kept; `page`: most rows asked for at once. `certainty`: whether name and columns stand in the vendor's
    documents, in several public programs that use them, or are general knowledge.
    """

    name: str
    title: str
    zh: str = ""
    of: str
    method: Literal["GET", "POST"] = "POST"
    columns: tuple[str, ...] = ()
    extra: tuple[str, ...] = ()
    within: str = ""
    where: Any = None
    order: str | None = None
    cap: int = 5000
    page: int = 1000
    certainty: Certainty = "unverified"

    @property
    def need(self) -> Need:
        """What must be there and readable for it."""
        return Need(table=self.of, columns=self.columns)


def load(name: str) -> dict[str, Question]:
    """All questions of one data file by name, in the file's order."""
    with (HERE / f"{name}.toml").open("rb") as source:
        return {key: _question(key, entry) for key, entry in tomllib.load(source).items()}


def _question(key: str, entry: dict[str, Any]) -> Question:
    columns, extra = (tuple(entry.pop(part, ())) for part in ("columns", "extra"))
    return Question(name=key, columns=columns, extra=extra, **entry)


def needs(questions: Mapping[str, Question], *names: str) -> tuple[Need, ...]:
    """Everything that these questions read."""
    return tuple(questions[name].need for name in names)


def bound(template: Any, values: Mapping[str, Any]) -> Any:
    """The filter with its `$names` replaced by values; never by text inside text. Raises KeyError on an unknown one."""
    if isinstance(template, str) and template.startswith("$"):
        return values[template[1:]]
    if isinstance(template, list):
        return [bound(part, values) for part in template]
    if isinstance(template, dict):
        return {name: bound(part, values) for name, part in template.items()}
    return template


def called(column: str, known: frozenset[str]) -> str | None:
    """By which of its names a column is known; None where by none."""
    return next((name for name in column.split("|") if name in known), None)
