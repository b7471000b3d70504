"""The words of the demo, read from `content/`: clients, what happens to them, and what was learnt from it."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).with_name("content")
ENGINEER = {"zh": "示例工程师", "en": "Demo Engineer"}
# How `say` names who speaks: the engineer, an internal note, a check.
OWN_SIDE = {"工程师": "desk", "Engineer": "desk", "备注": "note", "检查": "machine"}


@dataclass(frozen=True, kw_only=True)
class Work:
    """One planned piece of work: minutes, 内容, 问题, 解决方案."""

    minutes: int
    content: str
    problem: str = ""
    solution: str = ""
    activity: str = "support"


@dataclass(frozen=True, kw_only=True)
class Line:
    """Something said: `side` is desk, client, machine or note; `asks`: the ticket then waits for the client."""

    by: str
    side: str
    text: str
    asks: bool = False


@dataclass(frozen=True, kw_only=True)
class Story:
    """One kind of trouble, from its first word to its last. `when`: any, month_start, month_end, year_start."""

    key: str
    title: str
    category: str
    priority: str
    by: str
    say: tuple[Line, ...]
    work: tuple[Work, ...]
    source: str = "portal"
    when: str = "any"
    times: int = 1
    clients: tuple[str, ...] = ()
    article: str = ""
    check: str = ""
    age_hours: float = 0
    scheduled_days: int | None = None
    items: tuple[str, ...] = ()
    done: int = 0


@dataclass(frozen=True, kw_only=True)
class Routine:
    """Work that nobody asks for: `each` month, month_start, quarter or fortnight."""

    key: str
    each: str
    activity: str
    minutes: tuple[int, int]
    content: str
    problem: str
    solution: str


@dataclass(frozen=True, kw_only=True)
class Book:
    """The stories and routines of one language, and words that are not a client's own."""

    stories: tuple[Story, ...]
    routines: tuple[Routine, ...]
    words: Mapping[str, Sequence[str]]


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """One client as `clients.toml` describes it; `raw` holds what is written to rows as it stands."""

    key: str
    raw: Mapping[str, Any]
    book: Book
    open: tuple[Story, ...]
    words: Mapping[str, Sequence[str]]

    @property
    def zone(self) -> str:
        return str(self.raw["time_zone"])

    @property
    def engineer(self) -> str:
        return ENGINEER["en" if self.raw["language"] == "en" else "zh"]


@dataclass(frozen=True, kw_only=True)
class Article:
    """A page of the library."""

    key: str
    title: str
    tags: tuple[str, ...]
    body: str


@dataclass(frozen=True, kw_only=True)
class Content:
    """Everything the demo has to say."""

    practice: Mapping[str, Any]
    sheets: tuple[Sheet, ...]
    today: tuple[tuple[str, int, Work], ...]
    filler: tuple[Work, ...]
    articles: tuple[Article, ...] = field(default_factory=tuple)


@cache
def read() -> Content:
    """All of it."""
    found = _toml("clients")
    books = {name: _book(_toml(name)) for name in ("stories", "stories_en")}
    return Content(
        practice=found["practice"],
        sheets=tuple(_sheet(client, books[client["stories"]]) for client in found["client"]),
        today=tuple(
            (one["client"], one["begin"], Work(**{name: one[name] for name in one if name not in ("client", "begin")}))
            for one in found["today"]
        ),
        filler=tuple(Work(minutes=0, activity="check", **one) for one in found["filler"]),
        articles=tuple(_article(path) for path in sorted((FOLDER / "articles").glob("*.md"))),
    )


def _toml(name: str) -> dict[str, Any]:
    return tomllib.loads((FOLDER / f"{name}.toml").read_text(encoding="utf-8"))


def _book(found: Mapping[str, Any]) -> Book:
    return Book(
        stories=tuple(_story(one) for one in found["story"]),
        routines=tuple(Routine(**{**one, "minutes": tuple(one["minutes"])}) for one in found["routine"]),
        words=found["words"],
    )


def _story(one: Mapping[str, Any]) -> Story:
    given = {name: value for name, value in one.items() if name not in ("say", "work", "for", "items")}
    return Story(
        **{"key": "", **given},
        say=tuple(_line(who, text) for who, text in one["say"]),
        work=tuple(_work(*row) for row in one.get("work", ())),
        clients=tuple(one.get("for", ())),
        items=tuple(one.get("items", ())),
    )


def _line(who: str, text: str) -> Line:
    name = who.removesuffix("?")
    return Line(by=name, side=OWN_SIDE.get(name, "client"), text=text, asks=who.endswith("?"))


def _work(minutes: int, content: str, problem: str, solution: str) -> Work:
    return Work(minutes=minutes, content=content, problem=problem, solution=solution)


def _sheet(client: Mapping[str, Any], book: Book) -> Sheet:
    return Sheet(
        key=client["key"],
        raw=client,
        book=book,
        open=tuple(_story(one) for one in client.get("open", ())),
        words={**book.words, **client["words"]},
    )


def _article(path: Path) -> Article:
    title, _, rest = path.read_text(encoding="utf-8").partition("\n")
    tags, _, body = rest.strip().partition("\n")
    return Article(
        key=path.stem,
        title=title.removeprefix("# ").strip(),
        tags=tuple(tag.strip() for tag in tags.removeprefix("标签：").split(",")),
        body=body.strip() + "\n",
    )
