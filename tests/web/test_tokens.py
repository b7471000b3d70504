"""The colours of the desk: readable by day and by night, the same names in both, one palette everywhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import service_desk

STATIC = Path(service_desk.__file__).parent / "web" / "static"
BASE = STATIC.parent / "templates" / "web" / "base.html"
CLIENT = re.compile(r"\.client-c(\d\d) \{([^}]*)\}")


def _values(block: str) -> dict[str, str]:
    return dict(re.findall(r"--([a-z0-9-]+): ([^;]+);", block))


def _root(sheet: str) -> dict[str, str]:
    """The custom properties of the first ``:root`` block of a stylesheet."""
    found = re.search(r"^:root \{(.*?)^\}", (STATIC / sheet).read_text("utf-8"), re.S | re.M)
    assert found, sheet
    return _values(found[1])


def _clients(sheet: str) -> dict[int, dict[str, str]]:
    return {int(index): _values(block) for index, block in CLIENT.findall((STATIC / sheet).read_text("utf-8"))}


def _luminance(colour: str) -> float:
    """Relative luminance as WCAG 2.2 defines it, of ``#rrggbb``."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _contrast(one: str, other: str) -> float:
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


LIGHT, DARK = _root("tokens.css"), {**_root("tokens.css"), **_root("dark.css")}
PAIRS = [
    *((ink, ground) for ink in ("ink", "ink-2", "ink-3", "accent") for ground in ("bg", "panel", "raised", "sunken")),
    *((state, ground) for state in ("ok", "warn", "crit", "none") for ground in ("bg", "panel", f"{state}-soft")),
    ("accent", "accent-soft"), ("accent-ink", "accent"), ("accent-ink", "accent-strong"), ("ink-2", "warn-soft"),
    ("on-mark", "crit-mark"), ("ink", "warn-soft"), ("ink", "crit-soft"),
]  # fmt: skip
MARKS = [(mark, "panel") for mark in ("ok", "warn-mark", "crit-mark", "none-mark", "field-line")]


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize(("words", "ground"), PAIRS)
def test_it_keeps_words_readable(theme: dict[str, str], words: str, ground: str) -> None:
    assert _contrast(theme[words], theme[ground]) >= 4.5


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize(("mark", "ground"), MARKS)
def test_it_keeps_shapes_and_borders_visible(theme: dict[str, str], mark: str, ground: str) -> None:
    assert _contrast(theme[mark], theme[ground]) >= 3


def test_it_gives_every_colour_a_night_value() -> None:
    colours = {name for name, value in _root("tokens.css").items() if value.startswith(("#", "rgb("))}
    assert colours <= set(_root("dark.css"))
    assert set(_root("dark.css")) <= set(_root("tokens.css"))


def test_it_puts_white_on_every_client_colour() -> None:
    day = _clients("tokens.css")
    assert sorted(day) == list(range(16))
    assert min(_contrast("#ffffff", colour["client"]) for colour in day.values()) >= 4.5


def test_it_writes_in_every_client_colour() -> None:
    day, night = _clients("tokens.css"), _clients("dark.css")
    assert sorted(night) == list(range(16))
    assert min(_contrast(colour["client-ink"], LIGHT["panel"]) for colour in day.values()) >= 4.5
    assert min(_contrast(colour["client-ink"], DARK["panel"]) for colour in night.values()) >= 4.5


def test_it_tells_clients_apart() -> None:
    assert len({colour["client"] for colour in _clients("tokens.css").values()}) == 16


def test_it_says_the_same_colour_as_a_triplet() -> None:
    for colour in _clients("tokens.css").values():
        triplet = [int(colour["client"][place : place + 2], 16) for place in (1, 3, 5)]
        assert colour["client-rgb"] == " ".join(map(str, triplet))


def test_it_paints_the_tab_icon_in_the_client_colours() -> None:
    found = re.search(r"set client_hex = \((.*?)\)", BASE.read_text("utf-8"), re.S)
    assert found
    assert re.findall(r"#[0-9a-f]{6}", found[1]) == [colour["client"] for colour in _clients("tokens.css").values()]


def test_it_names_colours_in_the_tokens_alone() -> None:
    for sheet in STATIC.glob("*.css"):
        if sheet.name not in ("tokens.css", "dark.css"):
            text = re.sub(r'url\("[^"]*"\)', "", sheet.read_text("utf-8"))
            assert not re.findall(r"#[0-9a-fA-F]{6}\b", text), sheet.name
