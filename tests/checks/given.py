"""What the tests of the catalogue share: one check judged on given facts, and what it says then."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from connectors.facts import Fact
from service_desk.checks.catalog import CATALOG
from service_desk.checks.finding import Before, Finding, Own, Seen, Settings
from service_desk.checks.reading import sentence_of

NOW = datetime(2026, 11, 20, 2, tzinfo=UTC)  # a Friday, ten in the morning in Shanghai
SHANGHAI = ZoneInfo("Asia/Shanghai")
NAMES = {"001": "示例五金"}


def limits(key: str, **more: Any) -> Settings:
    """A plan as it is proposed."""
    check = CATALOG[key]
    given = {"warn": check.warn, "crit": check.crit, "names": NAMES, "today": NOW.date()}
    return Settings(bad=check.bad, **{**given, "wall": NOW.astimezone(SHANGHAI), **more})


def judged(
    key: str,
    *facts: Fact,
    own: Sequence[Own] = (),
    sets: Sequence[str | None] = ("001",),
    before: Mapping[str, Before] | None = None,
    history: Mapping[str, Sequence[tuple[date, float]]] | None = None,
    at: datetime = NOW,
    **settings: Any,
) -> list[Finding]:
    """What a check makes of these facts with its own limits."""
    seen = Seen(facts=facts, own=tuple(own), places=tuple(sets), before=before or {}, history=history or {})
    return CATALOG[key].judge(seen, limits(key, **settings), at)


def told(key: str, findings: Sequence[Finding], lang: str = "zh") -> list[tuple[str, str]]:
    """State and sentence of each finding."""
    return [(one.state, sentence(key, one, lang)) for one in findings]


def sentence(key: str, one: Finding, lang: str = "zh") -> str:
    """The sentence of a finding, as the page of its state says it."""
    params = {**one.params, "wording": one.wording, "reason": dict(one.reason_params)}
    return sentence_of(key, one.state, params, one.reason, lang)


def kept(findings: Sequence[Finding], at: datetime) -> dict[str, Before]:
    """What is known at the next look: memory travels as JSON."""
    return {
        one.subject: Before(value=one.value, memory=json.loads(json.dumps(one.memory or {})), seen_at=at)
        for one in findings
    }


def looks(key: str, *rounds: Sequence[Fact], minutes: float = 5, **settings: Any) -> list[list[Finding]]:
    """One look after another, each `minutes` after the one before and with what was remembered of it.

    The last one is at `NOW`; facts are taken as they are given.
    """
    found: list[list[Finding]] = []
    before: dict[str, Before] = {}
    for back, facts in zip(range(len(rounds) - 1, -1, -1), rounds, strict=True):
        at = NOW - timedelta(minutes=minutes * back)
        found.append(judged(key, *facts, before=before, at=at, **settings))
        before = {**before, **kept(found[-1], at)}
    return found


def days(*values: float) -> list[tuple[date, float]]:
    """A daily series that ends today."""
    return [(NOW.date() - timedelta(days=len(values) - 1 - n), value) for n, value in enumerate(values)]
