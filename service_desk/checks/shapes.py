"""The few shapes that most findings have: a measured value, a count with names, the growth of a counter. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median
from typing import Any

from connectors.facts import Server
from service_desk.checks.finding import RANK, Before, Finding, Level, Memory, Seen, Settings

LISTED = 20  # rows of the list under a finding
SPOKEN = 3  # names in a sentence
HOUR = 3600.0
LONGEST_S = 10**9  # no server has been up for thirty years
COUNTING = "counting"  # reason: a difference needs two looks

Param = str | int | float | None


def measured(
    value: float,
    settings: Settings,
    *,
    subject: str = "",
    wording: str = "",
    rows: Sequence[str] = (),
    memory: Memory | None = None,
    **params: Param,
) -> Finding:
    """A value against its limits. `rows` are listed under the sentence, one line each."""
    return Finding(
        subject=subject,
        state=settings.level(value),
        value=round(value, 2),
        params={**params, **listed(rows)},
        wording=wording,
        memory=memory,
    )


def counted(names: Sequence[str], settings: Settings, *, count: int | None = None, **rest: Any) -> Finding:
    """How many there are, the first by name. With none it says `ok`, with any it says `bad`, whatever the limits."""
    number = len(names) if count is None else count
    wording = rest.pop("wording", "") or ("bad" if number else "ok")
    return measured(number, settings, wording=wording, rows=names, count=number, names=spoken(names), **rest)


def flagged(faults: Sequence[str], *, level: Level = "warn", subject: str = "", **params: Param) -> Finding:
    """Something that is right or wrong and has no limits; the first of `faults` names the sentence."""
    return Finding(
        subject=subject,
        state=level if faults else "ok",
        value=float(len(faults)),
        params=params,
        wording=faults[0] if faults else "",
    )


def listed(rows: Sequence[str]) -> dict[str, Param]:
    """The rows as a parameter, cut to what a page shows."""
    return {"rows": "\n".join(one.replace("\n", " ") for one in rows[:LISTED])} if rows else {}


def spoken(names: Sequence[str]) -> str:
    """The first names, as a sentence says them."""
    return "、".join(names[:SPOKEN]) + ("…" if len(names) > SPOKEN else "")


def graver(*levels: Level) -> Level:
    """The worst of some levels."""
    return max(levels, key=lambda level: RANK[level])


def accepted(settings: Settings, name: str = "accepted") -> frozenset[str]:
    """Names that this client's plan accepts as they are, for comparing with `plain`."""
    return frozenset(plain(str(one)) for one in settings.options.get(name, ()))


def plain(text: str) -> str:
    """A name without differences of case and blanks."""
    return "".join(text.casefold().split())


@dataclass(frozen=True)
class Growth:
    """By how much counters grew, and in how many seconds."""

    by: Mapping[str, float]
    seconds: float


def grown(before: Before | None, counts: Mapping[str, float], at: datetime, started: datetime | None) -> Growth | None:
    """The growth of counters since the look before; None when there is nothing to compare with.

    That is at the first look, and when the counters began anew: one of them is smaller than it was, or the server was
    `started` since.
    """
    memory = before.memory if before is not None else {}
    earlier, since = memory.get("counts"), memory.get("at")
    if not isinstance(earlier, Mapping) or not isinstance(since, int | float):
        return None
    seconds = at.timestamp() - since
    common = counts.keys() & earlier.keys()
    if seconds <= 0 or _anew(started, since) or any(counts[name] < earlier[name] for name in common):
        return None
    return Growth({name: counts[name] - earlier[name] for name in common}, seconds)


def noted(counts: Mapping[str, float], at: datetime) -> Memory:
    """What `grown` needs at the next look."""
    return {"counts": dict(counts), "at": at.timestamp()}


def last_hour(
    before: Before | None, total: float, at: datetime, started: datetime | None
) -> tuple[float | None, dict[str, Any]]:
    """How much a counter grew in the last hour (or since counting began), and what to remember of it.

    None at the first look and where the counter began anew. Samples are kept for an hour, at most sixty.
    """
    samples = [pair for pair in (before.memory.get("samples", ()) if before is not None else ()) if len(pair) == 2]
    now = at.timestamp()
    if samples and (total < samples[-1][1] or _anew(started, samples[-1][0]) or samples[-1][0] >= now):
        samples = []
    kept = [pair for pair in samples if now - pair[0] <= HOUR][-60:] or samples[-1:]
    memory = {"samples": [*kept, [now, total]]}
    return (total - kept[0][1] if kept else None), memory


def _anew(started: datetime | None, since: float) -> bool:
    return started is not None and started.timestamp() > since


def begun(memory: Memory, subject: str = "") -> Finding:
    """Counting has begun, or begun anew: the next look tells."""
    return Finding(subject=subject, state="unknown", reason=COUNTING, memory=memory)


def started_at(seen: Seen) -> datetime | None:
    """When the server was started; None where it does not tell."""
    for fact in seen.of(Server):
        if fact.started_age_s is not None:
            # Seconds are rounded on the far side; a minute later than told is still the same start.
            return fact.seen_at - timedelta(seconds=min(max(fact.started_age_s, 0), LONGEST_S) + 60)
    return None


def recent(before: Before | None, value: float, keep: int) -> tuple[list[float], Memory]:
    """The values of the looks before, oldest first, and what to remember: these with the new one, `keep` at most."""
    past = [float(one) for one in (before.memory.get("recent", ()) if before is not None else ())]
    return past, {"recent": [*past, value][-keep:]}


def usual(values: Sequence[float]) -> float | None:
    """The median; None without values."""
    return median(values) if values else None


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which `share` of the values lie (nearest rank). `values` must not be empty."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def changed(before: Before | None, items: Iterable[str]) -> tuple[list[str], list[str], Memory] | None:
    """What was added to a set of texts and what was taken away since the look before; None at the first look."""
    now = sorted(set(items))
    if before is None or "items" not in before.memory:
        return None
    was = set(before.memory["items"])
    return [one for one in now if one not in was], sorted(was - set(now)), {"items": now}
