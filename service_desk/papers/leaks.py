"""No paper leaves with a secret in it: the text of every section is searched for every secret of the client.

A password may have been typed into a ticket or an article by somebody; that is where such a leak comes from. Pure.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

_TAG = re.compile(r"<[^>]*>")
# Shorter than this a secret is found in ordinary words, so it must stand alone to count.
SHORT = 6


@dataclass(frozen=True)
class Leak:
    """A secret that would be printed: which one (its name, never its value) and in which section."""

    secret: str
    section: str


def find_leaks(sections: Mapping[str, str], secrets: Iterable[tuple[str, str]]) -> list[Leak]:
    """Look for each secret (name, value) in each section's markup, as text and as it stands in attributes.

    Upper and lower case, full-width forms, blanks and line breaks inside do not hide it.
    """
    named = [(name, value.strip()) for name, value in secrets if value.strip()]
    found: list[Leak] = []
    for section, markup in sections.items():
        texts = (_plain(_TAG.sub("", markup)), _plain(_TAG.sub(" ", markup)), _plain(markup))
        found.extend(Leak(name, section) for name, value in named if any(_holds(text, value) for text in texts))
    return found


def _plain(markup: str) -> str:
    return unicodedata.normalize("NFKC", html.unescape(markup)).casefold()


def _holds(text: str, value: str) -> bool:
    wanted = unicodedata.normalize("NFKC", value).casefold()
    if len(wanted) < SHORT:
        return re.search(rf"(?<!\w){re.escape(wanted)}(?!\w)", text) is not None
    return "".join(wanted.split()) in "".join(text.split())
