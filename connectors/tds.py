"""The greeting of a SQL Server, as its wire protocol begins; asked before any credentials are sent."""

import socket
import struct
from dataclasses import dataclass

from connectors.base import ConnectorError
from connectors.facts import Params
from connectors.reach import Address, dial


@dataclass(frozen=True)
class Prelogin:
    """What a SQL Server says about itself before any login: version, and whether it can encrypt."""

    version: str
    encrypts: bool


def prelogin(address: Address, seconds: float) -> Prelogin:
    """Greet a SQL Server as the TDS protocol begins (MS-TDS 2.2.6.5), without credentials.

    Raises ConnectorError silent_server, wrong_protocol, or what dialling raises.
    """
    where: Params = {"host": address.host, "port": address.port, "seconds": round(seconds, 1)}
    # Two options, VERSION (0, 6 bytes) and ENCRYPTION (1, 1 byte: off), their places, the end mark, their values.
    body = struct.pack(">BHHBHHB", 0, 11, 6, 1, 17, 1, 0xFF) + bytes(6) + b"\x00"
    with dial(address, seconds) as wire:
        try:
            wire.sendall(struct.pack(">BBHHBB", 0x12, 1, 8 + len(body), 0, 1, 0) + body)
            head = _exactly(wire, 8)
            size = struct.unpack(">H", head[2:4])[0]
            if head[0] != 4 or not 8 < size <= 4096:
                raise ConnectorError("wrong_protocol", where)
            return _prelogin_answer(_exactly(wire, size - 8))
        except TimeoutError:
            raise ConnectorError("silent_server", where) from None
        except (OSError, struct.error, IndexError):
            raise ConnectorError("wrong_protocol", where) from None


def _prelogin_answer(body: bytes) -> Prelogin:
    version, encrypts, at = "", False, 0
    while body[at] != 0xFF:
        option, offset, size = struct.unpack(">BHH", body[at : at + 5])
        if option == 0 and size >= 4:
            version = "{}.{}.{}".format(*struct.unpack(">BBH", body[offset : offset + 4]))
        if option == 1:
            # 2 = the server cannot encrypt; every other value says that it can.
            encrypts = body[offset] != 2
        at += 5
    return Prelogin(version, encrypts)


def _exactly(wire: socket.socket, size: int) -> bytes:
    found = b""
    while len(found) < size:
        part = wire.recv(size - len(found))
        if not part:
            raise ConnectionResetError
        found += part
    return found
