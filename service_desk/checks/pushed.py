"""What an agent or a script hands over, read strictly: every value has the type its fact says, or nothing is taken.

Pure. Whoever pushes holds a key of one client, and still may be broken or bent: what is read here reaches the judging
and the database, so wrong types, numbers that are none, moments without a zone and texts that no database takes are
refused with words that say where.
"""

from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from functools import cache
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from connectors.facts import FACTS, VERSION, Fact, Look, Unknown
from connectors.reasons import REASONS
from connectors.steps import STEPS
from service_desk.checks.finding import Check

LOOKS = 200  # of one push
FACTS_OF_A_LOOK = 20_000
TEXT = 4000  # characters of one text
LARGEST = 2**63
OLDEST = timedelta(days=31)
TRUSTED_CLOCK = timedelta(seconds=60)  # a clock that is off by less is taken at its word


class Garbage(ValueError):
    """What was pushed cannot be read; the text says where and what."""


def moment(value: Any, where: str = "seen_at") -> datetime:
    """A moment with its zone. Raises Garbage."""
    try:
        found = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        raise Garbage(f"{where} is not a moment") from None
    if found.tzinfo is None or not 2000 < found.year < 2200:
        raise Garbage(f"{where} is not a moment with a zone")
    return found.astimezone(UTC)


def looks_from(data: Any, now: datetime, drift: timedelta) -> list[Look]:
    """The looks of a push, moved by how much the sender's clock is ahead where that is more than a minute.

    Raises Garbage, also for a moment that lies in the future or more than a month back: facts are judged by their own
    time, so that time has to be possible.
    """
    if not isinstance(data, list) or not 0 < len(data) <= LOOKS:
        raise Garbage(f"looks must be a list of 1 to {LOOKS}")
    ahead = drift if abs(drift) > TRUSTED_CLOCK else timedelta()
    looks = [_moved(_look(one, f"looks[{at}]"), ahead) for at, one in enumerate(data)]
    for look in looks:
        if not now - OLDEST < look.seen_at <= now + TRUSTED_CLOCK:
            raise Garbage(f"a look of {look.kind} was taken at {look.seen_at.isoformat()}, which cannot be")
    return looks


def _look(data: Any, where: str) -> Look:
    if not isinstance(data, dict) or data.get("v") != VERSION or data.get("kind") not in FACTS:
        raise Garbage(f"{where} is not a look of version {VERSION}")
    found, kind = data.get("facts"), FACTS[data["kind"]]
    if not isinstance(found, list) or len(found) > FACTS_OF_A_LOOK:
        raise Garbage(f"{where}.facts must be a list of at most {FACTS_OF_A_LOOK}")
    took = data.get("took_ms") or 0.0
    return Look(
        kind=data["kind"],
        account_set=_read(data.get("account_set"), str | None, f"{where}.account_set"),
        seen_at=moment(data.get("seen_at"), f"{where}.seen_at"),
        took_ms=_read(took, float, f"{where}.took_ms"),
        truncated=data.get("truncated") is True,
        facts=tuple(_fact(kind, one, f"{where}.facts[{at}]") for at, one in enumerate(found)),
        unknown=_unknown(data.get("unknown"), where),
    )


def _fact(kind: type[Fact], data: Any, where: str) -> Fact:
    if not isinstance(data, dict):
        raise Garbage(f"{where} is not an object")
    hints = _hints(kind.kind)
    if odd := set(data) - set(hints):
        raise Garbage(f"{where} has a field that {kind.kind} does not know: {sorted(odd)[0][:40]!r}")
    try:
        return kind(**{name: _read(value, hints[name], f"{where}.{name}") for name, value in data.items()})
    except TypeError:
        raise Garbage(f"{where} lacks a field of {kind.kind}") from None


@cache
def _hints(kind: str) -> dict[str, Any]:
    hints = get_type_hints(FACTS[kind])
    return {one.name: hints[one.name] for one in fields(FACTS[kind])}


def _unknown(data: Any, where: str) -> Unknown | None:
    if data is None:
        return None
    if not isinstance(data, dict) or data.get("reason") not in REASONS:
        raise Garbage(f"{where}.unknown has no reason that is known here")
    texts = {name: _read(data.get(name), str | None, f"{where}.unknown") for name in ("right", "grant", "field")}
    return Unknown(reason=data["reason"], params=_params(data.get("params") or {}, f"{where}.unknown.params"), **texts)


def steps_from(data: Any) -> list[dict[str, Any]]:
    """The steps of a probe. Raises Garbage."""
    if not isinstance(data, list) or not 0 < len(data) <= LOOKS:
        raise Garbage(f"steps must be a list of 1 to {LOOKS}")
    return [_step(one, f"steps[{at}]") for at, one in enumerate(data)]


def _step(data: Any, where: str) -> dict[str, Any]:
    if (
        not isinstance(data, dict)
        or data.get("name") not in STEPS
        or data.get("state") not in ("ok", "failed", "unknown")
    ):
        raise Garbage(f"{where} is not a step")
    reason = data.get("reason")
    if reason is not None and reason not in REASONS:
        raise Garbage(f"{where} has a reason that is not known here")
    texts = {name: _read(data.get(name), str | None, where) for name in ("field", "right", "grant")}
    kept = {name: _params(data.get(name) or {}, f"{where}.{name}") for name in ("params", "detail")}
    if data["name"] == "account_sets" and data["state"] == "ok":
        _account_set(kept["detail"], f"{where}.detail")
    return {"name": data["name"], "state": data["state"], "reason": reason, **kept, **texts}


def _account_set(detail: Mapping[str, Any], where: str) -> None:
    """The page of the connection and everything that is pushed for it later ask account sets for these."""
    for name, hint in (("code", str), ("name", str), ("database", str | None)):
        _read(detail.get(name), hint, f"{where}.{name}")


def metrics_from(data: Any) -> dict[str, float]:
    """The numbers a job reports: at most 20 names of letters, digits and _. Raises Garbage."""
    if not isinstance(data, dict) or not 0 < len(data) <= 20:
        raise Garbage("metrics must be an object of 1 to 20 numbers")
    for name in data:
        if not name.isidentifier() or not name.isascii() or len(name) > 40:
            raise Garbage("a metric is named with letters, digits and _")
    return {name: float(_read(value, float, name)) for name, value in data.items()}


def _read(value: Any, hint: Any, where: str) -> Any:
    """A value as the type its field says. Raises Garbage."""
    if get_origin(hint) in (UnionType, Union):
        inner = [one for one in get_args(hint) if one is not NoneType]
        return None if value is None else _read(value, inner[0], where)
    if get_origin(hint) is tuple:
        if not isinstance(value, list) or len(value) > 1000:
            raise Garbage(f"{where} is not a list")
        return tuple(_read(one, get_args(hint)[0], where) for one in value)
    reader = READERS.get(hint, _params)
    return reader(value, where)


def _text(value: Any, where: str) -> str:
    if not isinstance(value, str):
        raise Garbage(f"{where} is not a text")
    if "\x00" in value or any("\ud800" <= letter <= "\udfff" for letter in value):
        raise Garbage(f"{where} holds a character that is none")
    return value[:TEXT]


def _flag(value: Any, where: str) -> bool:
    if not isinstance(value, bool):
        raise Garbage(f"{where} is not true or false")
    return value


def _whole(value: Any, where: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or abs(value) >= LARGEST:
        raise Garbage(f"{where} is not a whole number")
    return value


def _number(value: Any, where: str) -> float:
    # NaN and the infinities are left out by the reader of the JSON; 1e400 becomes one here.
    if not isinstance(value, int | float) or isinstance(value, bool) or not abs(value) < 1e18:
        raise Garbage(f"{where} is not a number")
    return value


def _decimal(value: Any, where: str) -> Decimal:
    try:
        found = Decimal(value) if isinstance(value, str) and len(value) <= 60 else Decimal("nan")
    except InvalidOperation:
        found = Decimal("nan")
    if not found.is_finite() or abs(found) >= Decimal(10) ** 24:
        raise Garbage(f"{where} is not a decimal number")
    return found


def _day(value: Any, where: str) -> date:
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError):
        raise Garbage(f"{where} is not a date") from None


def _params(value: Any, where: str) -> dict[str, Any]:
    if not isinstance(value, dict) or len(value) > 50:
        raise Garbage(f"{where} is not an object")
    return {_text(name, where): _plain(one, where) for name, one in value.items()}


def _plain(value: Any, where: str) -> Any:
    if value is None or isinstance(value, bool):
        return value
    return _text(value, where) if isinstance(value, str) else _number(value, where)


READERS: dict[Any, Any] = {
    str: _text,
    bool: _flag,
    int: _whole,
    float: _number,
    Decimal: _decimal,
    datetime: moment,
    date: _day,
}


def _moved(look: Look, ahead: timedelta) -> Look:
    """The look as a clock like ours would have dated it. All its moments are its own clock's minus an age."""
    if not ahead:
        return look
    return replace(look, seen_at=look.seen_at - ahead, facts=tuple(_fact_moved(fact, ahead) for fact in look.facts))


def _fact_moved(fact: Fact, ahead: timedelta) -> Fact:
    moved: dict[str, Any] = {name: at - ahead for name, at in vars(fact).items() if isinstance(at, datetime)}
    return replace(fact, **moved)


def seen_at(looks: Sequence[Look], now: datetime) -> datetime:
    """When the newest of these looks was taken; never later than now."""
    return min(now, max(look.seen_at for look in looks))


def covers(looks: Sequence[Look], check: Check) -> bool:
    """True when these looks have every kind of facts that a check needs, or one of those it can do with."""
    told = {look.kind for look in looks}
    return set(check.kinds) <= told if check.kinds else not told.isdisjoint(check.also)
