"""SQL Server's wire in pure Python (python-tds): the same session as over ODBC, where no driver can be installed.

It is what the agent at a client's has with it. python-tds would want pyOpenSSL to encrypt; here the encryption of
Python itself is put in its place, with the certificate and the name checked by it.
"""

import ssl
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache, cached_property
from typing import Any

from connectors import odbc
from connectors.base import ConnectorError, Deadline, milliseconds_since
from connectors.driver_errors import login_error, translated
from connectors.facts import Params
from connectors.reach import dial
from connectors.tds import prelogin

PURE = "pytds"
PRELOGIN_PACKET = 0x12
BUFFER = 65536


class Session(odbc.Session):
    """One login over python-tds. What it raises is told as the same reasons as over ODBC."""

    def _execute(self, sql: str, params: Sequence[Any], rows: int = 0) -> list[Any]:
        seconds = min(odbc.STATEMENT_SECONDS, max(1, round(self.deadline.left())))
        try:
            self.connection._tds_socket.sock.settimeout(seconds)
            with self.connection.cursor() as cursor:
                cursor.execute(_numbered(sql) if params else sql, tuple(params) or None)
                return _rows(cursor, rows) if rows else []
        except self.driver_error as error:
            raise self.translated(error, {"seconds": seconds}) from None
        except Exception as error:
            # It reads the wire in Python, so an answer that makes no sense can raise anything.
            raise ConnectorError("bad_answer", {"what": type(error).__name__}) from None

    @cached_property
    def driver_error(self) -> Any:
        """Its own errors, and those of the socket under it."""
        return driver().Error, OSError

    def translated(self, error: Exception, params: Params) -> ConnectorError:
        return translated(_as_odbc(error), params)


def _numbered(sql: str) -> str:
    """The statement with its places as python-tds wants them."""
    return sql.replace("%", "%%").replace("?", "%s")


def _rows(cursor: Any, most: int) -> list[Any]:
    """The rows as tuples that know their columns, like those of pyodbc."""
    if cursor.description is None:
        return []
    named = type("Row", (tuple,), {"cursor_description": cursor.description})
    return [named(row) for row in cursor.fetchmany(most)]


def _as_odbc(error: Exception) -> Exception:
    """The error as pyodbc would have told it: a state, and the server's number before the text."""
    if isinstance(error, TimeoutError):
        return Exception("HYT00", "")
    if isinstance(error, OSError) or type(error).__name__ == "ClosedConnectionError":
        return Exception("08S01", "")
    number = getattr(error, "number", None)
    return Exception("", f"({number}) {error}" if number else str(error))


@contextmanager
def connected(target: odbc.Target, deadline: Deadline) -> Iterator[Session]:
    """Dial, log in once and set the manners. Raises ConnectorError; a wrong password is tried exactly once."""
    start = time.perf_counter()
    connection = _log_in(target, min(odbc.LOGIN_SECONDS, max(1, round(deadline.left()))))
    try:
        session = Session(connection, deadline, target.user)
        session._execute(odbc.PREAMBLE, ())
        session.connect_ms = milliseconds_since(start)
        yield session
    finally:
        connection.close()


def _log_in(target: odbc.Target, seconds: int) -> Any:
    pytds = driver()
    wire = dial(target.address, seconds)
    where: Params = {"host": target.address.host, "port": target.address.port, "seconds": seconds}
    try:
        return pytds.connect(
            dsn=target.address.host,
            sock=wire,
            user=target.user,
            password=target.password,
            database=target.database,
            cafile="" if target.encryption == "off" else target.encryption,
            validate_host=False,
            readonly=True,
            autocommit=True,
            appname="Service Desk",
            login_timeout=seconds,
            timeout=seconds,
        )
    except ssl.SSLError:
        raise ConnectorError("tls_refused", where) from None
    except (pytds.Error, OSError) as error:
        raise login_error(_as_odbc(error), {**where, "database": target.database}) from None
    except Exception as error:
        prelogin(target.address, seconds)
        raise ConnectorError("bad_answer", {"what": type(error).__name__}) from None


@cache
def driver() -> Any:
    """The module, fitted to how we connect: once, never again by itself, encrypted by Python. Raises ConnectorError."""
    try:
        import pytds  # noqa: PLC0415 - only whoever reads SQL Server this way needs it
        import pytds.tls  # noqa: PLC0415
        import pytds.utils  # noqa: PLC0415
    except ImportError:
        raise ConnectorError("driver_missing", {"driver": "python-tds"}) from None
    pytds.utils.exponential_backoff = _once
    pytds.tls.OPENSSL_AVAILABLE = True
    pytds.tls.create_context = _context
    pytds.tls.establish_channel = _encrypt
    return pytds


def _once(work: Callable[[float], Any], *, max_time_sec: float, **_: Any) -> Any:
    """In place of trying again: a refused login must not be repeated, and the first reason is the one to tell."""
    return work(max_time_sec)


def _context(encryption: str) -> ssl.SSLContext:
    """`verified`: the certificate and the name are checked. `required`: any certificate, as old servers make one."""
    context = ssl.create_default_context()
    # SQL Server before 2022 knows no TLS 1.3 inside its protocol.
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    if encryption == "required":
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
        context.set_ciphers("DEFAULT@SECLEVEL=0")
    return context


def _encrypt(session: Any) -> None:
    """Shake hands inside packets of the greeting (MS-TDS 2.2.6.5), then let everything run through the encryption."""
    login = session.conn._login
    if login.tls_ctx is None:
        raise ConnectorError("tls_refused")
    wire = Encrypted(session.conn.sock, login.tls_ctx, login.server_name)
    while not wire.shaken():
        _sent_as_greeting(session, wire.leaving())
        session._reader.begin_response()
        while not session._reader.stream_finished():
            wire.came(session._reader.recv(BUFFER))
    if rest := wire.leaving():
        _sent_as_greeting(session, rest)
    session.conn.sock = session._writer._transport = session._reader._transport = wire


def _sent_as_greeting(session: Any, data: bytes) -> None:
    if data:
        session._writer.begin_packet(PRELOGIN_PACKET)
        session._writer.write(data)
        session._writer.flush()


class Encrypted:
    """A socket through which everything goes encrypted, with the methods python-tds asks of one."""

    def __init__(self, wire: Any, context: ssl.SSLContext, host: str) -> None:
        self._wire = wire
        self._in, self._out = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._in, self._out, server_hostname=host)
        self.settimeout, self.gettimeout = wire.settimeout, wire.gettimeout

    def shaken(self) -> bool:
        """One step of the handshake; True when it is done. Raises ssl.SSLError."""
        try:
            self._tls.do_handshake()
        except ssl.SSLWantReadError:
            return False
        return True

    def leaving(self) -> bytes:
        """What is to be sent."""
        return self._out.read()

    def came(self, data: bytes) -> None:
        """What was received. Raises ConnectionResetError when the other side has ended it."""
        if not data:
            raise ConnectionResetError
        self._in.write(data)

    def sendall(self, data: Any, _flags: int = 0) -> None:
        """Encrypt and send."""
        self._tls.write(bytes(data))
        self._wire.sendall(self.leaving())

    def recv(self, size: int, _flags: int = 0) -> bytes:
        """Receive and decrypt; nothing at the end."""
        while True:
            try:
                return self._tls.read(size)
            except ssl.SSLWantReadError:
                data = self._wire.recv(BUFFER)
                if not data:
                    return b""
                self._in.write(data)

    def recv_into(self, buffer: Any, size: int = 0, _flags: int = 0) -> int:
        """The same into a buffer."""
        data = self.recv(size or len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        """Close the socket; what a reader still hears is over."""
        self._wire.close()

    def shutdown(self, how: int = 2) -> None:
        """End the socket under it."""
        self._wire.shutdown(how)
