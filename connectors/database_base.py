"""What every connector to a database server by its own driver shares: fields, the way there, the walk of a probe."""

from abc import abstractmethod
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from typing import Generic, Protocol, TypeVar

from connectors import probing
from connectors.base import ENCRYPTION, N_, AccountSet, Connector, Deadline, Field, Need, Step, walked
from connectors.reach import Address, resolve

# What a server of databases cannot tell, whatever runs on it.
_NO_RECORDS = N_("a database server by itself knows no records of an ERP; connect the ERP as a connection of its own")
NO_BUSINESS = {
    **dict.fromkeys(
        ("unbalanced", "approvals", "interfaces", "duplicates", "master_gaps", "odd_dates", "open_documents",
         "ledger_gaps", "timings"),
        _NO_RECORDS,
    ),
    "stock": N_("a database server by itself knows no stock"),
    "vouchers": N_("a database server by itself knows no vouchers"),
    "periods": N_("a database server by itself knows no accounting periods"),
}  # fmt: skip


class Login(Protocol):
    """What a session of any wire tells of itself."""

    connect_ms: float


S = TypeVar("S", bound=Login)


def server_fields(port: int, hint: str | None = None) -> tuple[Field, ...]:
    """Where the server is."""
    return (
        Field(name="host", label=N_("Server"), required=True, repoints=True, hint=N_("Name or IP address")),
        Field(name="port", label=N_("Port"), type="integer", default=port, required=True, repoints=True, hint=hint),
    )


def login_fields(*, password: bool = False, encryption: str = "required", hint: str | None = None) -> tuple[Field, ...]:
    """Who logs in (`password`: there has to be one), and how the way is protected by default."""
    return (
        Field(name="user", label=N_("Login"), required=True, repoints=True, hint=N_("A login that may only read")),
        Field(name="password", label=N_("Password"), type="secret", required=password),
        Field(
            name="encryption",
            label=N_("Encryption"),
            type="choice",
            default=encryption,
            choices=ENCRYPTION,
            repoints=True,
            hint=hint,
        ),
    )


AUTHORITY = Field(
    name="authority",
    label=N_("Certificate of its own authority"),
    long=True,
    repoints=True,
    hint=N_("PEM text. Only what it signed is trusted then; leave it empty for a public certificate."),
)


class OverDatabase(Connector[S], Generic[S]):
    """A connector whose login is one step, after which everything is asked over one session."""

    def address(self) -> Address:
        """The judged address. Raises ConnectorError."""
        return resolve(self.settings["host"], self.settings["port"], allow_loopback=self.allow_loopback)

    @abstractmethod
    def where(self) -> str:
        """What the login led into, as people know it."""

    @abstractmethod
    def wanted(self, session: S) -> list[tuple[Need, AccountSet | None]]:
        """Everything that is read, and where."""

    def optional(self) -> set[Need]:
        """What of it leaves a gap in the facts, never an unknown."""
        return set()

    @abstractmethod
    def read_only_steps(self, session: S) -> Iterator[Step]:
        """The steps of what the login could change; none where it can change nothing. Raises ConnectorError."""

    @abstractmethod
    def version(self, session: S) -> str:
        """What the server calls its version. Raises ConnectorError."""

    def encryption_steps(self, deadline: Deadline) -> Iterator[Step]:
        """Where the wire can ask before the login; otherwise it is known with the login. Raises ConnectorError."""
        yield from ()

    def probe(self, deadline: Deadline) -> Iterator[Step]:
        """Walk from the name to the account sets; one login, tried once."""
        with ExitStack() as stack:
            yield from walked(self._stages(stack, deadline))

    def _stages(self, stack: ExitStack, deadline: Deadline) -> Iterator[tuple[str, Callable[[], Iterable[Step]]]]:
        host, port = self.settings["host"], self.settings["port"]
        session: list[S] = []
        asked: list[Step] = []
        yield "name", lambda: probing.name_step(host, port, allow_loopback=self.allow_loopback)
        yield "tcp", lambda: probing.tcp_step(self.address(), deadline)
        yield "tls", lambda: _noted(self.encryption_steps(deadline), asked)
        yield "login", lambda: self._login_steps(stack, deadline, session, told=bool(asked))
        yield "rights", lambda: self._rights_steps(session[0])
        yield "read_only", lambda: list(self.read_only_steps(session[0])) or [Step(name="read_only", state="ok")]
        yield "version", lambda: [Step(name="version", state="ok", detail={"version": self.version(session[0])})]
        yield "account_sets", lambda: probing.account_set_steps(self.list_account_sets(session[0]))

    def _login_steps(self, stack: ExitStack, deadline: Deadline, session: list[S], *, told: bool) -> Iterator[Step]:
        """Most drivers encrypt and log in at one go, so both are known at once."""
        session.append(stack.enter_context(self.open(deadline)))
        if not told:
            plain = self.settings["encryption"] == "off"
            yield Step(name="tls", state="ok", reason="no_encryption" if plain else None, field="encryption")
        yield Step(name="login", state="ok", detail={"ms": session[0].connect_ms})
        yield Step(name="database", state="ok", detail={"database": self.where()})

    def _rights_steps(self, session: S) -> Iterator[Step]:
        yield from probing.rights_steps(
            lambda need, place: self.check_need(session, need, place), self.wanted(session), self.optional()
        )


def _noted(steps: Iterator[Step], kept: list[Step]) -> Iterator[Step]:
    for step in steps:
        kept.append(step)
        yield step


def writable(rights: Iterable[object], where: str) -> Iterator[Step]:
    """The step of a login that could change something; nothing where it could not."""
    if how := ", ".join(str(right) for right in rights):
        params = {"how": how, "database": where}
        yield Step(name="read_only", state="failed", reason="login_can_write", params=params, field="user")
