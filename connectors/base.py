"""What every connector is: typed fields, a staged probe, account sets, capabilities, and facts collected by kind."""

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Literal, TypeVar

from connectors.errors import N_, ConnectorError, sentence
from connectors.facts import FACTS, Fact, Look, Reachable, Unknown
from connectors.fields import ENCRYPTION, Field, checked_settings
from connectors.steps import STEPS, Step, walked
from connectors.untold import UNTOLD

if TYPE_CHECKING:
    from connectors.questions import Question
    from connectors.roles import Role
    from connectors.scripts import Script

__all__ = [
    "ENCRYPTION",
    "N_",
    "STEPS",
    "AccountSet",
    "Capability",
    "Connector",
    "ConnectorError",
    "Deadline",
    "Field",
    "Need",
    "Reader",
    "Seen",
    "Spot",
    "Step",
    "checked_settings",
    "fact",
    "milliseconds_since",
    "now",
    "sentence",
    "unseen",
    "walked",
]

S = TypeVar("S")
M = TypeVar("M", bound=Callable[..., "Seen"])


@dataclass(frozen=True, kw_only=True)
class AccountSet:
    """An account set 账套, company or book: its code in facts, its name, and the database that holds it."""

    code: str
    name: str
    database: str | None = None
    year: int | None = None


@dataclass(frozen=True, kw_only=True)
class Capability:
    """Whether a fact kind can be told; `unknown` says why not, or why that could not be found out."""

    kind: str
    state: Literal["supported", "unsupported", "unknown"]
    account_set: str | None = None
    unknown: Unknown | None = None


@dataclass(frozen=True, kw_only=True)
class Need:
    """A table and the columns of it that a fact kind reads, in one database (or one model and its fields)."""

    table: str
    columns: tuple[str, ...]
    database: str = ""


@dataclass(frozen=True, kw_only=True)
class Spot:
    """Where and when a look is taken: the account set, and the moment in UTC that its facts carry."""

    account_set: AccountSet | None
    seen_at: datetime

    @property
    def code(self) -> str | None:
        return self.account_set.code if self.account_set else None

    def ago(self, seconds: int | None) -> datetime | None:
        """The moment that lies this many seconds back; None stays None."""
        return None if seconds is None else self.seen_at - timedelta(seconds=seconds)


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What one reader found. `truncated`: the row cap was reached."""

    facts: Sequence[Fact] = ()
    truncated: bool = False


@dataclass(frozen=True, kw_only=True)
class Reader:
    """One fact kind of a connector: how it is read, and what must be there and readable for it."""

    kind: str
    per: Literal["connection", "account_set"]
    needs: tuple[Need, ...]
    method: str


def fact(kind: str, *, per: Literal["connection", "account_set"], needs: Iterable[Need] = ()) -> Callable[[M], M]:
    """Declare a method `(self, session, spot) -> Seen` as the reader of a fact kind, with what it needs."""

    def mark(method: M) -> M:
        method.reader = Reader(kind=kind, per=per, needs=tuple(needs), method=method.__name__)  # type: ignore[attr-defined]
        return method

    return mark


class Deadline:
    """A budget of seconds that runs from now."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    def left(self) -> float:
        """Seconds left, never negative."""
        return max(0.0, self._end - time.monotonic())


class Connector(ABC, Generic[S]):
    """One kind of system. Made with one connection's settings and secrets; used once; never shared by threads."""

    kind: ClassVar[str]
    label: ClassVar[str]
    fields: ClassVar[tuple[Field, ...]]
    # What is read, and what the reading was tried on, in English: nobody shall take a fixture for the product.
    about: ClassVar[str] = ""
    verified: ClassVar[str] = ""
    # Fact kinds that this system cannot tell -> why, in English, where that says more than `UNTOLD` does.
    cannot: ClassVar[Mapping[str, str]] = {}
    # What an administrator clicks where there is no SQL to run.
    role: ClassVar["Role | None"] = None

    def __init__(
        self, settings: Mapping[str, Any], secrets: Mapping[str, str], *, allow_loopback: bool = False
    ) -> None:
        self.settings = checked_settings(self.fields, settings, secrets)
        self.secrets = dict(secrets)
        self.allow_loopback = allow_loopback

    @classmethod
    def readers(cls) -> dict[str, Reader]:
        """Fact kind -> its reader; of several, the first by name."""
        return {reader.kind: reader for reader in reversed(cls.all_readers())}

    @classmethod
    def all_readers(cls) -> list[Reader]:
        """Every reader. A kind may have several, such as rights in the ERP and rights on its server."""
        marked = (getattr(getattr(cls, name), "reader", None) for name in dir(cls))
        return [reader for reader in marked if isinstance(reader, Reader)]

    @classmethod
    def used_readers(cls) -> list[Reader]:
        """Every reader of the kinds that this system tells."""
        told = cls.readers()
        return [reader for reader in cls.all_readers() if reader.kind in told]

    @classmethod
    def columns_read(cls) -> dict[str, tuple[str, ...]]:
        """Table -> every column of it that any SQL statement reads; empty where the system is not asked in SQL."""
        return {}

    @classmethod
    def script(cls, user: str, account_sets: Sequence[AccountSet] = ()) -> "Script | None":
        """What an administrator runs so that `user` may read exactly what is declared; None where there is no SQL."""
        return None

    @classmethod
    def asks(cls) -> "tuple[Question, ...]":
        """Every question that is ever asked, with its certainty, where they are not SQL statements."""
        return ()

    @abstractmethod
    def open(self, deadline: Deadline) -> AbstractContextManager[S]:
        """Log in once. Raises ConnectorError."""

    @abstractmethod
    def probe(self, deadline: Deadline) -> Iterator[Step]:
        """Walk the steps of `STEPS` and say for each what was found; ends at the first that bars the way."""

    @abstractmethod
    def list_account_sets(self, session: S) -> list[AccountSet]:
        """The account sets behind an open session, by code. Raises ConnectorError."""

    @abstractmethod
    def check_need(self, session: S, need: Need, account_set: AccountSet | None) -> None:
        """Raise ConnectorError when this table, one of its columns or the right to read them is missing."""

    def account_sets(self, deadline: Deadline) -> list[AccountSet]:
        """Log in and list the account sets. Raises ConnectorError."""
        with self.open(deadline) as session:
            return self.list_account_sets(session)

    def capabilities(self, deadline: Deadline) -> list[Capability]:
        """For each fact kind (and account set): supported, unsupported because something is missing, or unknown."""
        with self.open(deadline) as session:
            sets = self.list_account_sets(session)
            return [found for kind in FACTS for found in self._capability(session, kind, sets)]

    def _capability(self, session: S, kind: str, sets: list[AccountSet]) -> Iterator[Capability]:
        readers = [reader for reader in self.used_readers() if reader.kind == kind]
        if not readers:
            yield Capability(kind=kind, state="unsupported", unknown=self._unsupported(kind).unknown())
        for reader in readers:
            yield from self._capability_of(session, reader, sets)

    def _capability_of(self, session: S, reader: Reader, sets: list[AccountSet]) -> Iterator[Capability]:
        kind = reader.kind
        for place in sets if reader.per == "account_set" else [None]:
            code = place.code if place else None
            try:
                for need in reader.needs:
                    self.check_need(session, need, place)
                yield Capability(kind=kind, state="supported", account_set=code)
            except ConnectorError as error:
                # A right can be given: whether the system can tell is not known until then.
                lacks = error.permanent and error.reason != "missing_right"
                state: Literal["unsupported", "unknown"] = "unsupported" if lacks else "unknown"
                yield Capability(kind=kind, state=state, account_set=code, unknown=error.unknown())

    def collect(
        self, kinds: Sequence[str], deadline: Deadline, account_sets: Sequence[str] | None = None
    ) -> Iterator[Look]:
        """Look for the fact kinds with one login; never raises ConnectorError, every failure is a look.

        `account_sets` limits the kinds that are read per account set to these codes; None means all of them.
        """
        readers = self.used_readers()
        told = {reader.kind for reader in readers}
        for kind in kinds:
            if kind not in told:
                yield unseen(kind, self._unsupported(kind))
        wanted = [reader for kind in kinds for reader in readers if reader.kind == kind]
        try:
            with self.open(deadline) as session:
                yield from self._looks(session, wanted, deadline, account_sets)
        except ConnectorError as error:
            yield from (unseen(reader.kind, error) for reader in wanted)

    def _looks(
        self, session: S, readers: list[Reader], deadline: Deadline, codes: Sequence[str] | None
    ) -> Iterator[Look]:
        shared = [reader for reader in readers if reader.per == "connection"]
        inside = [reader for reader in readers if reader.per == "account_set"]
        for reader in shared:
            yield self._look(session, reader, None, deadline)
        if not inside:
            return
        try:
            sets = {found.code: found for found in self.list_account_sets(session)}
        except ConnectorError as error:
            yield from (unseen(reader.kind, error) for reader in inside)
            return
        for code in sets if codes is None else codes:
            for reader in inside:
                if code in sets:
                    yield self._look(session, reader, sets[code], deadline)
                else:
                    missing = ConnectorError("unknown_account_set", {"account_set": code})
                    yield replace(unseen(reader.kind, missing), account_set=code)

    def _look(self, session: S, reader: Reader, place: AccountSet | None, deadline: Deadline) -> Look:
        spot = Spot(account_set=place, seen_at=now())
        start = time.perf_counter()
        look = Look(kind=reader.kind, account_set=spot.code, seen_at=spot.seen_at)
        try:
            if not deadline.left():
                raise ConnectorError("budget_spent")
            seen: Seen = getattr(self, reader.method)(session, spot)
            look = replace(look, facts=tuple(seen.facts), truncated=seen.truncated)
        except ConnectorError as error:
            look = replace(look, unknown=error.unknown())
        except Exception as error:
            # One kind that meets rows it does not understand must not darken the others. Its text could hold anything.
            failed = ConnectorError("reader_failed", {"what": type(error).__name__})
            look = replace(look, unknown=failed.unknown())
        return replace(look, took_ms=milliseconds_since(start))

    def _unsupported(self, kind: str) -> ConnectorError:
        return ConnectorError("unsupported", {"missing": self.cannot.get(kind, UNTOLD[kind])})


def unseen(kind: str, error: ConnectorError) -> Look:
    """The look of a kind that could not be read at all.

    A server that serves nobody is itself a fact of the kind `reachable`; everything else is unknown.
    """
    at = now()
    if kind == "reachable" and error.down:
        fact = Reachable(seen_at=at, up=False, reason=error.reason, params=error.params)
        return Look(kind=kind, seen_at=at, facts=(fact,))
    return Look(kind=kind, seen_at=at, unknown=error.unknown())


def now() -> datetime:
    """This moment in UTC."""
    return datetime.now(UTC)


def milliseconds_since(start: float) -> float:
    """Milliseconds since a `time.perf_counter()` reading, to a tenth."""
    return round((time.perf_counter() - start) * 1000, 1)
