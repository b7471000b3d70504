"""An Oracle database, whatever runs on it: its state, space, backups, logins, and who waits for whom."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack
from typing import ClassVar

from connectors import oracle_wire as wire
from connectors import probing
from connectors.base import (
    ENCRYPTION,
    N_,
    AccountSet,
    Connector,
    ConnectorError,
    Deadline,
    Field,
    Need,
    Step,
    walked,
)
from connectors.oracle_state import STATEMENTS, OracleState
from connectors.reach import Address, resolve
from connectors.scripts import PASSWORD, Script
from connectors.statements import needs

# What a login that only reads may have; anything else could change something.
READING = frozenset({"CREATE SESSION", "SELECT ANY DICTIONARY", "SET CONTAINER"})


class Oracle(OracleState, Connector[wire.Session]):
    """Oracle Database 12.2 and later, without its client libraries."""

    kind = "oracle"
    label = N_("Oracle Database")
    fields: ClassVar[tuple[Field, ...]] = (
        Field(name="host", label=N_("Server"), required=True, repoints=True, hint=N_("Name or IP address")),
        Field(name="port", label=N_("Port"), type="integer", default=1521, required=True, repoints=True),
        Field(
            name="service",
            label=N_("Service name"),
            required=True,
            repoints=True,
            hint=N_("The name that lsnrctl status shows, for example ORCLPDB1"),
        ),
        Field(name="user", label=N_("Login"), required=True, repoints=True, hint=N_("A login that may only read")),
        Field(name="password", label=N_("Password"), type="secret", required=True),
        Field(
            name="encryption",
            label=N_("Encryption"),
            type="choice",
            default="off",
            choices=ENCRYPTION,
            repoints=True,
            hint=N_("Only where the listener has a TCPS port; usually that is 2484"),
        ),
        Field(
            name="authority",
            label=N_("Certificate of its own authority"),
            long=True,
            repoints=True,
            hint=N_("PEM text. Only what it signed is trusted then; leave it empty for a public certificate."),
        ),
    )
    about = N_(
        "State, space, backups and jobs of the database, logins with their roles, and sessions that run long, wait or "
        "hold others up. No table of anybody's data is read, and no text of a statement."
    )
    verified = N_(
        "Oracle's own driver against closed, silent and foreign ports; the statements only against a stand-in for its "
        "answers. No Oracle database has been in front of it yet."
    )
    cannot: ClassVar = {
        "stock": N_("a database server by itself knows no stock"),
        "vouchers": N_("a database server by itself knows no vouchers"),
        "periods": N_("a database server by itself knows no accounting periods"),
    }

    @classmethod
    def script(cls, user: str, account_sets: Sequence[AccountSet] = ()) -> Script:
        """The login that may read exactly the views that are read."""
        name = wire.quoted(user)
        tables = dict.fromkeys(need.table for need in needs(STATEMENTS, *STATEMENTS) if need.table != "session_privs")
        run = [f'CREATE USER {name} IDENTIFIED BY "{PASSWORD}";', f"GRANT CREATE SESSION TO {name};"]
        run += [f"GRANT SELECT ON {wire.granted(table)} TO {name};" for table in tables]
        return Script(run="\n".join(run), undo=f"DROP USER {name};")

    def _address(self) -> Address:
        return resolve(self.settings["host"], self.settings["port"], allow_loopback=self.allow_loopback)

    def open(self, deadline: Deadline) -> AbstractContextManager[wire.Session]:
        """Log in once."""
        target = wire.Target(
            address=self._address(),
            service=self.settings["service"],
            user=self.settings["user"],
            password=self.secrets["password"],
            encryption=self.settings["encryption"],
            authority=self.settings.get("authority"),
        )
        return wire.connected(target, deadline)

    def list_account_sets(self, session: wire.Session) -> list[AccountSet]:
        """The schemas of people and applications; the service itself where none is to be seen."""
        names = [str(row[0]) for row in session.rows(STATEMENTS["schemas"]).rows] or [session.service]
        return [AccountSet(code=name, name=name, database=name) for name in names]

    def check_need(self, session: wire.Session, need: Need, account_set: AccountSet | None) -> None:
        """Prove view, columns and right by asking for no row."""
        session.look_at(need)

    def probe(self, deadline: Deadline) -> Iterator[Step]:
        """Walk from the name to the schemas; one login, tried once."""
        with ExitStack() as stack:
            yield from walked(self._stages(stack, deadline))

    def _stages(self, stack: ExitStack, deadline: Deadline) -> Iterator[tuple[str, Callable[[], Iterable[Step]]]]:
        host, port = self.settings["host"], self.settings["port"]
        session: list[wire.Session] = []
        yield "name", lambda: probing.name_step(host, port, allow_loopback=self.allow_loopback)
        yield "tcp", lambda: probing.tcp_step(self._address(), deadline)
        yield "login", lambda: self._login_steps(stack, deadline, session)
        wanted = [(need, None) for statement in STATEMENTS.values() for need in statement.needs]
        check = self.check_need
        yield "rights", lambda: probing.rights_steps(lambda need, at: check(session[0], need, at), wanted, set())
        yield "read_only", lambda: _read_only_step(session[0])
        yield "version", lambda: [Step(name="version", state="ok", detail={"version": self.version(session[0])})]
        yield "account_sets", lambda: probing.account_set_steps(self.list_account_sets(session[0]))

    def _login_steps(self, stack: ExitStack, deadline: Deadline, session: list[wire.Session]) -> Iterator[Step]:
        session.append(stack.enter_context(self.open(deadline)))
        plain = self.settings["encryption"] == "off"
        yield Step(name="tls", state="ok", reason="no_encryption" if plain else None, field="encryption")
        yield Step(name="login", state="ok", detail={"ms": session[0].connect_ms})
        yield Step(name="database", state="ok", detail={"database": session[0].service})


def _read_only_step(session: wire.Session) -> Iterator[Step]:
    try:
        how = [str(row[0]) for row in session.rows(STATEMENTS["own_rights"]).rows if str(row[0]) not in READING]
    except ConnectorError as error:
        yield Step.of("read_only", error, "unknown")
        return
    if not how:
        yield Step(name="read_only", state="ok")
        return
    params = {"how": ", ".join(how[:6]), "database": session.service}
    yield Step(name="read_only", state="failed", reason="login_can_write", params=params, field="user")
