"""What every ERP over HTTP shares: fields, the walk of a probe, one login, and what its wire itself tells.

An answer tells more than its body: the far clock, the certificate, the calls that are left.
"""

import time
from abc import abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from datetime import datetime
from typing import ClassVar, Generic, TypeVar

from connectors import https, probing
from connectors.base import (
    ENCRYPTION,
    N_,
    AccountSet,
    Connector,
    ConnectorError,
    Deadline,
    Field,
    Need,
    Reader,
    Seen,
    Spot,
    Step,
    fact,
    milliseconds_since,
    walked,
)
from connectors.facts import Quota, Reachable, Server, Shape, Timing, TlsCertificate
from connectors.http_session import HttpSession
from connectors.questions import Question, called
from connectors.reach import Address, resolve
from connectors.untold import BEHIND

LEAVE_SECONDS = 2

# The certificate that the address shows; it needs no right, only encryption.
CERTIFICATE = Need(table="TLS", columns=())


def web_fields(*, host: str | None = None, port: int = 443) -> tuple[Field, ...]:
    """Where the server is."""
    return (
        Field(
            name="host",
            label=N_("Server"),
            required=True,
            repoints=True,
            default=host,
            hint=N_("Name or IP address, without https://"),
        ),
        Field(name="port", label=N_("Port"), type="integer", default=port, required=True, repoints=True),
    )


def wire_fields() -> tuple[Field, ...]:
    """How the way there is protected."""
    return (
        Field(
            name="encryption",
            label=N_("Encryption"),
            type="choice",
            default="verified",
            choices=ENCRYPTION,
            repoints=True,
        ),
        Field(
            name="authority",
            label=N_("Certificate of its own authority"),
            long=True,
            repoints=True,
            hint=N_("PEM text. Only what it signed is trusted then; leave it empty for a public certificate."),
        ),
    )


T = TypeVar("T", bound=HttpSession)


class OverHttp(Connector[T], Generic[T]):
    """A connector over HTTP. `questions` is all that it ever asks; `timed` and `sampled` name some of them."""

    questions: ClassVar[Mapping[str, Question]] = {}
    timed: ClassVar[tuple[str, ...]] = ()
    sampled: ClassVar[tuple[str, ...]] = ()
    # Kinds told by every wire that mean nothing for this system.
    idle: ClassVar[frozenset[str]] = frozenset()
    # Kinds that need what not every version or installation has; the probe says so and is not barred by it.
    perhaps: ClassVar[frozenset[str]] = frozenset()
    # Kinds that lie behind the interface -> where they are told.
    behind: ClassVar[Mapping[str, str]] = BEHIND

    @classmethod
    def readers(cls) -> dict[str, Reader]:
        """Fact kind -> its reader."""
        return {kind: reader for kind, reader in super().readers().items() if kind not in cls.idle}

    def _unsupported(self, kind: str) -> ConnectorError:
        if kind in self.cannot or kind not in self.behind:
            return super()._unsupported(kind)
        return ConnectorError("unsupported", {"missing": self.behind[kind]})

    @classmethod
    def asks(cls) -> tuple[Question, ...]:
        """Everything that is ever asked, for the page that shows it to the client."""
        return tuple(cls.questions.values())

    @abstractmethod
    def session(self, web: https.Web) -> T:
        """A session over an open wire, not logged in yet."""

    def address(self) -> Address:
        """The judged address. Raises ConnectorError."""
        return resolve(self.settings["host"], self.settings["port"], allow_loopback=self.allow_loopback)

    def dialled(self, deadline: Deadline, address: Address | None = None) -> AbstractContextManager[https.Web]:
        """An open wire to the address, by the settings. Raises ConnectorError."""
        settings = self.settings
        return https.connected(
            address or self.address(), settings["encryption"], deadline, settings.get("authority") or None
        )

    def open(self, deadline: Deadline) -> AbstractContextManager[T]:
        """Log in once and log out at the end."""
        return self._logged_in(deadline)

    @contextmanager
    def _logged_in(self, deadline: Deadline) -> Iterator[T]:
        start = time.perf_counter()
        with self.dialled(deadline) as web:
            try:
                session = self.session(web)
                session.log_in()
            except ConnectorError as error:
                # Before the login there is no question to time out; the server as a whole is silent.
                if error.reason == "statement_timeout":
                    raise ConnectorError("silent_server", error.params) from None
                raise
            session.connect_ms = milliseconds_since(start)
            try:
                yield session
            finally:
                _leave(session)

    def check_need(self, session: T, need: Need, account_set: AccountSet | None) -> None:
        """The certificate by the wire, everything else by the session."""
        if need == CERTIFICATE:
            if self.settings["encryption"] == "off":
                raise ConnectorError("no_encryption")
            return
        session.check(need)

    def probe(self, deadline: Deadline) -> Iterator[Step]:
        """Walk from the name to the account sets; one login, tried once."""
        with ExitStack() as stack:
            yield from walked(self._stages(stack, deadline))

    def _stages(self, stack: ExitStack, deadline: Deadline) -> Iterator[tuple[str, Callable[[], Iterable[Step]]]]:
        host, port = self.settings["host"], self.settings["port"]
        session: list[T] = []
        yield "name", lambda: probing.name_step(host, port, allow_loopback=self.allow_loopback)
        yield "tcp", lambda: probing.tcp_step(self.address(), deadline)
        yield "tls", lambda: self._tls_step(deadline)
        yield "login", lambda: self._login_steps(stack, deadline, session)
        readers = self.readers().values()
        read = {need: None for reader in readers for need in reader.needs if need != CERTIFICATE}
        sure = {need for reader in readers for need in reader.needs if reader.kind not in self.perhaps}
        pairs = [(need, None) for need in read]
        yield (
            "rights",
            lambda: probing.rights_steps(lambda need, place: session[0].check(need), pairs, set(read) - sure),
        )
        yield "read_only", lambda: _read_only(session[0], [need.table for need in read], self._where())
        yield "version", lambda: [Step(name="version", state="ok", detail={"version": session[0].version()})]
        yield "account_sets", lambda: probing.account_set_steps(self.list_account_sets(session[0]))

    def _tls_step(self, deadline: Deadline) -> Iterator[Step]:
        with self.dialled(deadline):
            plain = self.settings["encryption"] == "off"
            yield Step(name="tls", state="ok", reason="no_encryption" if plain else None, field="encryption")

    def _login_steps(self, stack: ExitStack, deadline: Deadline, session: list[T]) -> Iterator[Step]:
        session.append(stack.enter_context(self.open(deadline)))
        yield Step(name="login", state="ok", detail={"ms": session[0].connect_ms})
        yield Step(name="database", state="ok", detail={"database": self._where()})

    def _where(self) -> str:
        return str(self.settings.get("database") or self.settings["host"])

    @fact("reachable", per="connection")
    def reachable(self, session: T, spot: Spot) -> Seen:
        """How long the login and the smallest question took."""
        start = time.perf_counter()
        session.ping()
        fact = Reachable(
            seen_at=spot.seen_at,
            up=True,
            connect_ms=session.connect_ms,
            answer_ms=milliseconds_since(start),
            version=session.version(),
        )
        return Seen(facts=[fact])

    @fact("server", per="connection")
    def server(self, session: T, spot: Spot) -> Seen:
        """Its version, and its clock by the Date header of an answer."""
        session.ping()
        clock = session.answered.clock_ahead_s if session.answered else None
        return Seen(facts=[Server(seen_at=spot.seen_at, clock_ahead_s=clock, version=session.version())])

    @fact("quotas", per="connection")
    def quotas(self, session: T, spot: Spot) -> Seen:
        """Calls left by the headers of an answer; without such headers only whether we are refused."""
        try:
            session.ping()
        except ConnectorError as error:
            if error.reason != "rate_limited":
                raise
        used, limit = session.quota()
        name = str(self.settings["host"])
        return Seen(facts=[Quota(seen_at=spot.seen_at, name=name, used=used, limit=limit, refused=session.refused)])

    @fact("tls", per="connection", needs=(CERTIFICATE,))
    def tls(self, session: T, spot: Spot) -> Seen:
        """The certificate of this very connection."""
        self.check_need(session, CERTIFICATE, None)
        not_after, issuer = _read(session.web.certificate())
        fact = TlsCertificate(
            seen_at=spot.seen_at,
            host=str(self.settings["host"]),
            not_after_at=not_after,
            issuer=issuer,
            trusted=self.settings["encryption"] == "verified" and not self.settings.get("authority"),
        )
        return Seen(facts=[fact])

    @fact("timings", per="connection")
    def timings(self, session: T, spot: Spot) -> Seen:
        """How long the timed questions take from here, rows and all."""
        facts = []
        for question in (self.questions[name] for name in self.timed):
            start = time.perf_counter()
            session.sample(question)
            took = milliseconds_since(start)
            facts.append(Timing(seen_at=spot.seen_at, report=question.of, took_ms=took))
        return Seen(facts=facts)

    @fact("shapes", per="connection")
    def shapes(self, session: T, spot: Spot) -> Seen:
        """Columns that the sampled questions read and that are not there; what only leaves a gap is named as well."""
        facts = []
        for question in (self.questions[name] for name in self.sampled):
            names = (*question.columns, *question.extra)
            known = session.known(question.of, names)
            missing = tuple(name for name in names if not called(name, known))
            facts.append(Shape(seen_at=spot.seen_at, name=question.of, missing=missing))
        return Seen(facts=facts)


def _read(certificate: bytes) -> tuple[datetime, str | None]:
    """The end of a certificate (DER) and who issued it. Raises ConnectorError driver_missing."""
    try:
        # Beside the agent it may not be there, and everything else works without it.
        from cryptography import x509  # noqa: PLC0415
    except ImportError:
        raise ConnectorError("driver_missing", {"driver": "cryptography"}) from None
    found = x509.load_der_x509_certificate(certificate)
    named = found.issuer.get_attributes_for_oid(x509.NameOID.ORGANIZATION_NAME)
    return found.not_valid_after_utc, str(named[0].value) if named else None


def _read_only(session: HttpSession, models: Sequence[str], where: str) -> Iterator[Step]:
    """Whether this login could change anything that is read here."""
    try:
        writable = session.writable(sorted(set(models)))
    except ConnectorError as error:
        yield Step.of("read_only", error, "unknown")
        return
    if not writable:
        yield Step(name="read_only", state="ok")
        return
    params = {"how": ", ".join(sorted(writable)), "database": where}
    yield Step(name="read_only", state="failed", reason="login_can_write", params=params, field="user")


def _leave(session: HttpSession) -> None:
    """Log out; a server that is gone by now has ended the session itself, and is not waited for."""
    session.web.deadline = Deadline(min(LEAVE_SECONDS, session.web.deadline.left()))
    try:
        session.log_out()
    except ConnectorError:
        return
