"""How far a connection may reach: a name is resolved once, judged, and dialled by that address.

The probe and every later look share this one check. Private ranges are what client networks are made of and are
allowed; this machine, its own link and the metadata services of clouds are not, unless the demo or a test says so.
"""

import errno
import ipaddress
import re
import socket
from dataclasses import dataclass

from connectors.base import ConnectorError
from connectors.facts import Params

_Ip = ipaddress.IPv4Address | ipaddress.IPv6Address

# A name, an IPv4 or an IPv6 address; nothing that a driver could read as a path, a list or another keyword.
_HOST = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,252})\Z|[0-9A-Fa-f:.]{2,45}\Z")

# 192.0.0.192 is the metadata service of Oracle Cloud, 100.100.100.200 of Alibaba Cloud, fd00:ec2::254 of AWS.
_METADATA = {ipaddress.ip_address(text) for text in ("192.0.0.192", "100.100.100.200", "fd00:ec2::254")}
_EMBEDDING = [ipaddress.IPv6Network(text) for text in ("64:ff9b::/96", "64:ff9b:1::/48", "::/96")]
_THIS_NETWORK = ipaddress.IPv4Network("0.0.0.0/8")

_REFUSED = {errno.ECONNREFUSED: "closed_port", errno.ETIMEDOUT: "no_answer", errno.ECONNRESET: "connection_lost"}


@dataclass(frozen=True)
class Address:
    """A target as it was typed, and the one IP address that is dialled for it."""

    host: str
    ip: str
    port: int


def resolve(host: str, port: int, *, allow_loopback: bool = False) -> Address:
    """Resolve once and judge every answer. Raises ConnectorError bad_settings, unknown_name or forbidden_address."""
    if not _HOST.match(host):
        raise ConnectorError("bad_settings", {"field": "host"}, field="host")
    if not 0 < port < 65536:
        raise ConnectorError("bad_settings", {"field": "port"}, field="port")
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise ConnectorError("unknown_name", {"host": host}) from None
    # IPv4 first: it is what drivers and client networks agree on.
    found.sort(key=lambda entry: entry[0] != socket.AF_INET)
    ips = [str(entry[4][0]) for entry in found]
    # One forbidden answer among several is enough: the next lookup could put it first.
    if not allow_loopback and any(forbidden(ip) for ip in ips):
        raise ConnectorError("forbidden_address", {"host": host})
    return Address(host=host, ip=ips[0], port=port)


def forbidden(text: str) -> bool:
    """Whether an IP address lies on this machine, its own link, a metadata service or no single host at all."""
    ip = ipaddress.ip_address(text.partition("%")[0])
    return any(_forbidden(one) for one in (ip, *_embedded(ip)))


def public(text: str) -> bool:
    """Whether an IP address is one of the public internet, in whatever form it is written."""
    ip = ipaddress.ip_address(text.partition("%")[0])
    return not forbidden(text) and all(one.is_global for one in (ip, *_embedded(ip)))


def _forbidden(ip: _Ip) -> bool:
    if ip in _METADATA or (ip.version == 4 and ip in _THIS_NETWORK):
        return True
    return ip.is_loopback or ip.is_link_local or ip.is_multicast or ip.is_unspecified or _is_reserved(ip)


def _is_reserved(ip: _Ip) -> bool:
    # The mapped and translated IPv6 ranges count as reserved as well; their inner address is judged instead.
    return ip.is_reserved and (ip.version == 4 or not _embedded(ip))


def _embedded(ip: _Ip) -> list[_Ip]:
    """The IPv4 addresses that an IPv6 address stands for (mapped, 6to4, Teredo, NAT64, compatible)."""
    if isinstance(ip, ipaddress.IPv4Address):
        return []
    inner: list[_Ip] = [one for one in (ip.ipv4_mapped, ip.sixtofour, *(ip.teredo or ())) if one]
    if any(ip in network for network in _EMBEDDING):
        inner.append(ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF))
    return inner


def dial(address: Address, seconds: float) -> socket.socket:
    """Open a TCP connection to the judged address. Raises ConnectorError with what stood in the way."""
    where: Params = {"host": address.host, "port": address.port, "seconds": round(seconds, 1)}
    try:
        return socket.create_connection((address.ip, address.port), timeout=max(0.1, seconds))
    except TimeoutError:
        raise ConnectorError("no_answer", where) from None
    except OSError as error:
        raise ConnectorError(_REFUSED.get(error.errno or 0, "no_route"), where) from None
