"""What 用友's and 畅捷通's open platforms share: lists in pages by a token, and answers that nothing describes.

Which parts a row has is only seen from rows, and an app is told of what it was not granted only when it asks.
"""

from abc import abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, Generic, TypeVar

from connectors import https
from connectors.base import N_, ConnectorError, Need, Seen, Spot, fact
from connectors.facts import OddDates, Shape, Stock
from connectors.http_base import OverHttp
from connectors.http_session import HttpSession
from connectors.http_values import day, number, odd, paged
from connectors.questions import Question, called
from connectors.zones import CHINA, day_in

SAMPLE = 50

# Kinds of the business that neither platform lists, in as far as is known; what one of them does stands with it.
NO_LIST = dict.fromkeys(
    ("grants", "tasks", "jobs", "errors", "failed_logins", "seats", "interfaces", "master_gaps", "unbalanced",
     "ledger_gaps", "number_ranges"),
    N_("the open platform has no list of it that we know of"),
)  # fmt: skip

Rows = list[dict[str, Any]]


class PlatformSession(HttpSession):
    """One app of one client. `page` is what the platforms differ in."""

    def __init__(self, web: https.Web, questions: Mapping[str, Question]) -> None:
        super().__init__(web)
        self.questions = questions

    @abstractmethod
    def page(self, question: Question, place: int, size: int, given: Mapping[str, Any]) -> Rows:
        """The rows of one page, the first is 1. `given`: what the question binds beside days. Raises ConnectorError."""

    def given(self, question: Question) -> Mapping[str, Any]:
        """What a question binds where only a sample of rows is wanted. Raises ConnectorError."""
        return {}

    def check(self, need: Need) -> None:
        """The right and the columns, by a sample of rows."""
        known = self.known(need.table, need.columns)
        if missing := next((name for name in need.columns if not called(name, known)), None):
            raise ConnectorError("missing_column", {"table": need.table, "column": missing})

    def known(self, model: str, names: Sequence[str]) -> frozenset[str]:
        """The parts that rows of a sample have; all of `names` where there is no row to tell. Raises ConnectorError."""
        wanted = set(names)
        question = next(
            one for one in self.questions.values() if one.of == model and wanted <= {*one.columns, *one.extra}
        )
        there = self.parts(question)
        return frozenset(names) if there is None else there

    def sample(self, question: Question) -> None:
        self.parts(question)

    def parts(self, question: Question) -> frozenset[str] | None:
        """The parts that a sample of rows has; None where there is no row. Raises ConnectorError."""
        found = self.page(question, 1, SAMPLE, self.given(question))
        return frozenset(name for row in found for name in row) if found else None

    def rows(self, question: Question, **given: Any) -> tuple[Rows, bool]:
        """Rows with the question's columns, and whether there are more than its cap. Raises ConnectorError."""
        found, more = paged(lambda place: self.page(question, place, question.page, given), question.page, question.cap)
        seen = frozenset(name for row in found for name in row)
        if missing := next((name for name in question.columns if found and not called(name, seen)), None):
            raise ConnectorError("missing_column", {"table": question.of, "column": missing})
        names = (*question.columns, *question.extra)
        return [{name: row.get(name) for name in names} for row in found], more


P = TypeVar("P", bound=PlatformSession)


class OnPlatform(OverHttp[P], Generic[P]):
    """A system behind an open platform."""

    @fact("shapes", per="connection")
    def shapes(self, session: P, spot: Spot) -> Seen:
        """Parts that rows should have and a sample lacks; a list without rows says nothing of its shape."""
        facts = []
        for question in (self.questions[name] for name in self.sampled):
            there = session.parts(question)
            if there is not None:
                missing = tuple(name for name in question.columns if not called(name, there))
                facts.append(Shape(seen_at=spot.seen_at, name=question.of, missing=missing))
        return Seen(facts=facts)


def not_granted(path: str) -> ConnectorError:
    """What an app that was not granted an interface runs into."""
    right = f"the interface {path}, granted to this app on the open platform"
    return ConnectorError("missing_right", {"table": path}, right=right)


def below_zero(rows: Iterable[Mapping[str, Any]], names: Mapping[str, str], spot: Spot) -> list[Stock]:
    """Items below zero by warehouse, their rows summed. `names`: field of the fact -> part of the row."""
    found: dict[tuple[str, str], Stock] = {}
    for row in rows:
        quantity = number(row[names["quantity"]])
        if quantity is None or quantity >= 0:
            continue
        told = {field: row.get(part) for field, part in names.items() if field not in ("quantity", "item", "warehouse")}
        key = str(row[names["warehouse"]] or ""), str(row[names["item"]] or "")
        before = found.get(key)
        found[key] = Stock(
            seen_at=spot.seen_at,
            warehouse=key[0],
            item=key[1],
            quantity=quantity + (before.quantity if before else 0),
            rows=1 + (before.rows if before else 0),
            **told,
        )
    return list(found.values())


def dated_after(kind: str, rows: Iterable[Mapping[str, Any]], parts: tuple[str, str], spot: Spot) -> OddDates:
    """Documents dated after today in China, each once. `parts`: what holds the date and what the number."""
    when, name = parts
    today = china_day(spot)
    late = [str(row[name]) for row in rows if (found := day(row[when])) and found > today]
    return odd(kind, list(dict.fromkeys(late)), spot)


def china_day(spot: Spot) -> date:
    """The day of the look on China's calendar."""
    return day_in(CHINA, spot.seen_at)
