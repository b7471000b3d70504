"""What every connector over SAP HANA shares: fields, the way there, and the walk of a probe."""

from abc import abstractmethod
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, ExitStack
from typing import Any

from connectors import hana_wire, probing
from connectors.base import ENCRYPTION, N_, Connector, Deadline, Field, Step, walked
from connectors.hana_wire import Session, Target
from connectors.reach import Address, resolve

FIELDS: tuple[Field, ...] = (
    Field(name="host", label=N_("Server"), required=True, repoints=True, hint=N_("Name or IP address")),
    Field(name="port", label=N_("Port"), type="integer", default=30015, required=True, repoints=True,
          hint=N_("3<number of the instance>15, or 3<number>13 of a tenant")),
    Field(name="tenant", label=N_("Tenant database"), repoints=True, hint=N_("Empty where there is only one")),
    Field(name="user", label=N_("Login"), required=True, repoints=True, hint=N_("A login that may only read")),
    Field(name="password", label=N_("Password"), type="secret", required=True),
    Field(name="encryption", label=N_("Encryption"), type="choice", default="required", choices=ENCRYPTION,
          repoints=True),
)  # fmt: skip


class OverHana(Connector[Session]):
    """A connector over SAP's driver."""

    def _address(self) -> Address:
        return resolve(self.settings["host"], self.settings["port"], allow_loopback=self.allow_loopback)

    def open(self, deadline: Deadline) -> AbstractContextManager[Session]:
        """Log in once, read only."""
        target = Target(
            address=self._address(),
            user=self.settings["user"],
            password=self.secrets["password"],
            encryption=self.settings["encryption"],
            tenant=self.settings["tenant"] or "",
        )
        return hana_wire.connected(target, deadline)

    def probe(self, deadline: Deadline) -> Iterator[Step]:
        """Walk from the name to the account sets; one login, tried once."""
        with ExitStack() as stack:
            yield from walked(self._stages(stack, deadline))

    def _stages(self, stack: ExitStack, deadline: Deadline) -> Iterator[tuple[str, Callable[[], Iterable[Step]]]]:
        host, port = self.settings["host"], self.settings["port"]
        session: list[Session] = []
        yield "name", lambda: probing.name_step(host, port, allow_loopback=self.allow_loopback)
        yield "tcp", lambda: probing.tcp_step(self._address(), deadline)
        yield "login", lambda: self._login_steps(stack, deadline, session)
        yield "rights", lambda: self._rights_steps(session[0])
        yield "read_only", lambda: self._read_only_steps(session[0])
        yield "version", lambda: [Step(name="version", state="ok", detail={"version": self._version(session[0])})]
        yield "account_sets", lambda: probing.account_set_steps(self.list_account_sets(session[0]))

    def _login_steps(self, stack: ExitStack, deadline: Deadline, session: list[Session]) -> Iterator[Step]:
        """The driver encrypts and logs in at one go, so both are known at once."""
        session.append(stack.enter_context(self.open(deadline)))
        plain = self.settings["encryption"] == "off"
        yield Step(name="tls", state="ok", reason="no_encryption" if plain else None, field="encryption")
        yield Step(name="login", state="ok", detail={"ms": session[0].connect_ms})
        yield Step(name="database", state="ok", detail={"database": self.settings["tenant"] or self.settings["host"]})

    @abstractmethod
    def _rights_steps(self, session: Session) -> Iterator[Step]:
        """Whether everything that is read may be read."""

    @abstractmethod
    def _read_only_steps(self, session: Session) -> Iterator[Step]:
        """Whether the login could change anything."""

    @abstractmethod
    def _version(self, session: Session) -> str:
        """What HANA calls its version. Raises ConnectorError."""


def writable(rights: Iterable[Any], where: str) -> Iterator[Step]:
    """The step of a login that could change something; nothing where it could not."""
    if how := ", ".join(str(row[0]) for row in rights):
        params = {"how": how, "database": where}
        yield Step(name="read_only", state="failed", reason="login_can_write", params=params, field="user")
