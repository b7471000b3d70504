"""When a shrinking series reaches its end: a robust slope through daily values. Pure.

The slope is the median of the slopes of all pairs (Theil 1950, Sen 1968): a clean-up or a single large file, up to
two days in ten, does not bend it.
"""

from collections.abc import Sequence
from datetime import date
from statistics import median

DAYS = 30  # how far back the forecast looks
LEAST = 7  # with fewer days nothing is said

Daily = Sequence[tuple[date, float]]


def slope(points: Daily) -> float:
    """Change per day, the median over all pairs of different days; 0 where there is no pair."""
    rates = [
        (late[1] - early[1]) / (late[0] - early[0]).days
        for n, early in enumerate(points)
        for late in points[n + 1 :]
        if late[0] != early[0]
    ]
    return median(rates) if rates else 0.0


def days_until(points: Daily, end: float, today: date) -> float | None:
    """In how many days the series reaches `end`, at its pace of the last thirty days.

    None when it does not move there, when there are fewer than seven days, and when the values jump about more than
    they move: a quarter of the days then lies off the line by more than half of the way made.
    """
    lately = [point for point in points if 0 <= (today - point[0]).days <= DAYS]
    if len(lately) < LEAST:
        return None
    pace = slope(lately)
    last = lately[-1][1]
    if pace == 0 or (end - last) * pace < 0:
        return None
    return None if _restless(lately, pace) else (end - last) / pace


def enough(points: Daily, today: date) -> int:
    """How many days of the last thirty the series has."""
    return sum(0 <= (today - day).days <= DAYS for day, _ in points)


def _restless(points: Daily, pace: float) -> bool:
    first = points[0][0]
    base = median(value - pace * (day - first).days for day, value in points)
    off = sorted(abs(value - base - pace * (day - first).days) for day, value in points)
    return off[len(off) * 3 // 4] > abs(pace) * (points[-1][0] - first).days / 2
