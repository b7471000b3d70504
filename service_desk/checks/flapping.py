"""When a state comes and goes so often that every change told would be noise. Pure.

The rule is that of Nagios Core (base/flapping.c): of the last 21 confirmed states, each of the twenty changes between
neighbours counts 0.75 (the oldest) to 1.25 (the newest); a fifth of all is flapping, a twentieth is calm, and in
between nothing changes.
"""

from itertools import pairwise

RING = 21
OLD, NEW = 0.75, 1.25
STARTS, STOPS = 20.0, 5.0  # percent
LETTERS: dict[str, str] = {"ok": "o", "unknown": "u", "warn": "w", "crit": "c"}
LEVELS: dict[str, str] = {letter: level for level, letter in LETTERS.items()}


def turned(ring: str, state: str) -> str:
    """The ring with one more confirmed state at its end."""
    return (ring + LETTERS[state])[-RING:]


def change(ring: str) -> float:
    """How much the ring changes, in percent: 0 when it never did, 100 when it did every time.

    A ring that is not full yet counts as if its first state had always been.
    """
    full = ring[:1] * (RING - len(ring)) + ring
    weights = (OLD + (place - 1) * (NEW - OLD) / (RING - 2) for place in range(1, RING))
    changed = (now != before for before, now in pairwise(full))
    return sum(weight for weight, differs in zip(weights, changed, strict=False) if differs) * 100 / (RING - 1)


def flaps(ring: str, flapping: bool) -> bool:
    """Whether it flaps now, given whether it did before."""
    percent = change(ring)
    return percent >= STARTS or (flapping and percent > STOPS)
