"""How values travel in TDS 7.4 (MS-TDS 2.2.5.4 to 2.2.5.6): the description of a column's type, and its values."""

import struct
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

# Chinese_PRC_CI_AS: its locale, its comparison flags, no sort order of old. Its code page is 936.
CHINESE = struct.pack("<IB", 0x0804 | 0xD0 << 16, 0)


@dataclass(frozen=True)
class Kind:
    """One type: its description in the head of the answer, and what a value, or none, looks like."""

    info: bytes
    value: Callable[[Any], bytes]
    none: bytes = b"\x00"

    def spelled(self, value: Any) -> bytes:
        """A value with its length before it."""
        return self.none if value is None else self.value(value)


def _sized(form: str) -> Callable[[Any], bytes]:
    return lambda value: bytes([struct.calcsize(form)]) + struct.pack(form, value)


def _decimal(scale: int) -> Kind:
    def spelled(value: Decimal) -> bytes:
        return b"\x11" + bytes([value >= 0]) + int(abs(value).scaleb(scale)).to_bytes(16, "little")

    return Kind(b"\x6a\x11\x26" + bytes([scale]), spelled)


def _money(value: Decimal) -> bytes:
    high, low = divmod(int(value.scaleb(4)), 2**32)
    return b"\x08" + struct.pack("<iI", high, low)


def _text(value: str) -> bytes:
    # Half of a pair is no text, and is sent all the same where a test wants it.
    wide = value.encode("utf-16-le", "surrogatepass")
    return struct.pack("<H", len(wide)) + wide


def _code_page(value: str) -> bytes:
    narrow = value.encode("gbk", "surrogateescape")
    return struct.pack("<H", len(narrow)) + narrow


def _long_text(value: str) -> bytes:
    # In pieces: the whole length, then pieces with theirs, then an empty one.
    wide = value.encode("utf-16-le")
    return struct.pack("<QI", len(wide), len(wide)) + wide + struct.pack("<I", 0)


def _datetime(value: datetime) -> bytes:
    days = (value - datetime(1900, 1, 1)).days  # noqa: DTZ001 - SQL Server's own moments have no zone
    ticks = round((value.hour * 3600 + value.minute * 60 + value.second) * 300)
    return b"\x08" + struct.pack("<iI", days, ticks)


def _day(value: date) -> bytes:
    return (value.toordinal() - 1).to_bytes(3, "little")


def _datetime2(value: datetime) -> bytes:
    micros = ((value.hour * 60 + value.minute) * 60 + value.second) * 10**6 + value.microsecond
    return b"\x08" + (micros * 10).to_bytes(5, "little") + _day(value.date())


TYPES: dict[str, Kind] = {
    "bit": Kind(b"\x68\x01", _sized("<?")),
    "tinyint": Kind(b"\x26\x01", _sized("<B")),
    "smallint": Kind(b"\x26\x02", _sized("<h")),
    "int": Kind(b"\x26\x04", _sized("<i")),
    "bigint": Kind(b"\x26\x08", _sized("<q")),
    "decimal": _decimal(6),
    "money": Kind(b"\x6e\x08", _money),
    "float": Kind(b"\x6d\x08", _sized("<d")),
    "nvarchar": Kind(b"\xe7" + struct.pack("<H", 8000) + CHINESE, _text, b"\xff\xff"),
    "varchar": Kind(b"\xa7" + struct.pack("<H", 8000) + CHINESE, _code_page, b"\xff\xff"),
    "nvarchar(max)": Kind(b"\xe7\xff\xff" + CHINESE, _long_text, b"\xff" * 8),
    "datetime": Kind(b"\x6f\x08", _datetime),
    "datetime2": Kind(b"\x2a\x07", _datetime2),
    "date": Kind(b"\x28", lambda value: b"\x03" + _day(value)),
    "uniqueidentifier": Kind(b"\x24\x10", lambda value: b"\x10" + UUID(str(value)).bytes_le),
    "varbinary": Kind(
        b"\xa5" + struct.pack("<H", 8000), lambda value: struct.pack("<H", len(value)) + value, b"\xff\xff"
    ),
}
