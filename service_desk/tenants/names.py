"""What a client is called in addresses and on its badge."""

import re

from service_desk.lib.text import normalise

LONGEST = 40
COLOURS = 16
# Neighbours in this order lie far apart on the colour circle.
_SPREAD = (0, 8, 4, 12, 2, 10, 6, 14, 1, 9, 5, 13, 3, 11, 7, 15)


def slug_of(text: str) -> str:
    """Small Latin letters, digits and single hyphens of a name; `client` when there are none, as in Chinese names."""
    plain = re.sub(r"[^a-z0-9]+", "-", normalise(text).lower().encode("ascii", "ignore").decode()).strip("-")
    return plain[:LONGEST].strip("-") or "client"


def numbered(slug: str, number: int) -> str:
    """The slug itself, then `slug-2`, `slug-3`… within the same length."""
    if number < 2:
        return slug
    ending = f"-{number}"
    return slug[: LONGEST - len(ending)].rstrip("-") + ending


def initial_of(name: str) -> str:
    """The one character on the badge: the first letter, digit or ideograph."""
    return next((char.upper() for char in normalise(name) if char.isalnum()), "?")


def free_colour(taken: list[int], fallback: int = 0) -> int:
    """The colour that is used least, far from the others; with nothing known, spread by the client's number."""
    if not taken:
        return _SPREAD[fallback % COLOURS]
    return min(_SPREAD, key=lambda colour: (taken.count(colour), _SPREAD.index(colour)))
