"""Text as it comes from people and as it may go out: normal forms, search grams, markdown, single lines."""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal, InvalidOperation
from functools import cache, lru_cache
from typing import TYPE_CHECKING

import nh3
from markupsafe import Markup

if TYPE_CHECKING:
    from collections.abc import Iterable

    from markdown_it import MarkdownIt

    from service_desk.lib.clock import Language

_TAGS = {
    "p", "br", "hr", "h1", "h2", "h3", "h4", "h5", "h6", "strong", "em", "s", "code", "pre", "blockquote",
    "ul", "ol", "li", "table", "thead", "tbody", "tr", "th", "td", "a",
}  # fmt: skip
_ATTRIBUTES = {"a": {"href", "title"}, "ol": {"start"}}
_SCHEMES = {"http", "https", "mailto"}
# Markdown nests without limit for whoever types ">>>>": what lies deeper is not shown (the source is kept).
_NESTING = 20
_LINE_BREAKS = re.compile("[\r\n\v\f\x1c-\x1e\x85\u2028\u2029]+")
# Letters, digits and ideographs of every script; anything else separates words.
_WORDS = re.compile(r"[^\W_]+")


def normalise(text: str) -> str:
    """Return NFKC form: full-width letters, digits and punctuation become the plain ones."""
    return unicodedata.normalize("NFKC", text)


def clean_id(text: str) -> str:
    """Normalise an identifier (tax number, account number, invoice number): NFKC, capitals, no blanks or marks."""
    return "".join(char for char in normalise(text).upper() if not char.isspace() and not _unseen(char))


def clean_number(text: str) -> Decimal:
    """Read a number typed with any keyboard: full-width digits, grouping commas, the ideographic full stop.

    Raises ValueError when it is none, or not finite.
    """
    plain = "".join(normalise(text).split()).replace("。", ".")
    if not re.fullmatch(r"[+-]?(\d+|\d{1,3}(,\d{3})+)?(\.\d*)?", plain) or not any(char.isdigit() for char in plain):
        raise ValueError("not a number")
    try:
        return Decimal(plain.replace(",", ""))
    except InvalidOperation as error:
        raise ValueError("not a number") from error


def one_line(text: str, limit: int = 200) -> str:
    """Return ``text`` as one line of at most ``limit`` characters, safe as a mail header or a log line.

    Line breaks of every kind become a blank; control characters and marks that reverse the reading direction go.
    """
    flat = "".join(char for char in _LINE_BREAKS.sub(" ", text) if not _unseen(char) or char == "\t")
    flat = " ".join(flat.split())
    return flat if len(flat) <= limit else flat[: limit - 1].rstrip() + "…"


def _unseen(char: str) -> bool:
    """True for control characters, zero-width and direction marks, lone surrogates and private ones."""
    return unicodedata.category(char) in {"Cc", "Cf", "Cs", "Co", "Cn"}


def _runs(text: str) -> list[str]:
    return _WORDS.findall(normalise(text).casefold())


def grams(text: str) -> frozenset[str]:
    """Return every character and every pair of neighbours inside the words of ``text``, normalised, small letters.

    Chinese has no blanks between words, so pairs are what an index can look up; single characters serve a
    one-character search. Whatever is found in a text as it stands, ``query_grams`` of it lies in these.
    """
    found: set[str] = set()
    for run in _runs(text):
        found.update(run)
        found.update(run[place : place + 2] for place in range(len(run) - 1))
    return frozenset(found)


def query_grams(query: str) -> frozenset[str]:
    """Return the grams a text must all have to contain ``query``: pairs, or the character of a one-character word."""
    found: set[str] = set()
    for run in _runs(query):
        found.update(run[place : place + 2] for place in range(max(1, len(run) - 1)))
    return frozenset(found)


@cache
def _parser() -> MarkdownIt:
    from markdown_it import MarkdownIt  # noqa: PLC0415 - no start of a program waits for it

    return MarkdownIt("commonmark", {"html": False, "breaks": True, "maxNesting": _NESTING}).enable(
        ["table", "strikethrough"]
    )


def told_together(sentences: Iterable[str], lang: Language) -> str:
    """Whole sentences one after the other: English puts a space between them, Chinese none."""
    return ("" if lang == "zh" else " ").join(sentences)


@lru_cache(maxsize=512)
def markdown(source: str) -> Markup:
    """Turn markdown into HTML that is inert: no raw HTML, no image, no script, links only http(s) and mailto.

    The parser already leaves raw HTML as text; nh3 then lets only the listed tags pass, so that a hole in the one
    is closed by the other.
    """
    return sanitised(_parser().render(source))


def sanitised(html: str) -> Markup:
    """Return ``html`` from anywhere with only the tags of a plain article left, links only http(s) and mailto."""
    cleaned = nh3.clean(
        html,
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        url_schemes=_SCHEMES,
        link_rel="noopener noreferrer nofollow",
    )
    return Markup(cleaned)  # noqa: S704 - nh3 let it pass


def excerpt(source: str, limit: int = 160) -> str:
    """Return the beginning of a markdown text as one plain line, for lists and search results."""
    return one_line(markdown(source).striptags(), limit)
