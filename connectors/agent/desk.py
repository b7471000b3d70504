"""The way to the desk: HTTPS with a checked certificate, JSON in and out, no redirects, bounded in time and size."""

import ipaddress
import json
import ssl
import sys
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any
from urllib.parse import urlsplit

SECONDS = 30
MOST_BYTES = 8 * 1024 * 1024


class Unreachable(Exception):
    """The desk was not reached, or not understood; it may be tried again later."""


@dataclass(frozen=True)
class Refusal(Exception):
    """The desk said no: status, and its words."""

    status: int
    words: str

    def __str__(self) -> str:
        return f"{self.status} {self.words}"


class BadAddress(ValueError):
    """The address cannot be used; the text says why."""


class Desk:
    """One desk, at the address an agent was enrolled with. Each question is a connection of its own."""

    def __init__(self, url: str, token: str = "", ca: str = "") -> None:
        parts = urlsplit(url.rstrip("/"))
        if parts.scheme not in ("https", "http") or not parts.hostname:
            raise BadAddress(f"{url} is not an address like https://desk.example.com")
        if parts.scheme == "http" and not _loopback(parts.hostname):
            raise BadAddress("the desk is reached over https; plain http would show the token to everybody on the way")
        self.token, self.path = token, parts.path
        self.host, self.port = parts.hostname, parts.port
        self.context = ssl.create_default_context() if parts.scheme == "https" else None
        if ca and self.context:
            self.context.load_verify_locations(ca)

    def ask(self, what: str, payload: dict[str, Any]) -> dict[str, Any]:
        """POST to /agent/v1/<what>. Raises Refusal or Unreachable."""
        wire = self._wire()
        try:
            body = json.dumps(payload, ensure_ascii=False).encode()
            headers = {"Content-Type": "application/json"}
            if self.token:
                headers["Authorization"] = f"Bearer {self.token}"
            wire.request("POST", f"{self.path}/agent/v1/{what}", body, headers)
            response = wire.getresponse()
            text = response.read(MOST_BYTES)
        except ssl.SSLCertVerificationError as error:
            raise Unreachable(f"{type(error).__name__}: {error}{_unproved()}") from None
        except (OSError, HTTPException) as error:
            raise Unreachable(f"{type(error).__name__}: {error}") from None
        finally:
            wire.close()
        return _understood(response.status, text)

    def _wire(self) -> HTTPConnection:
        if self.context:
            return HTTPSConnection(self.host, self.port, timeout=SECONDS, context=self.context)
        return HTTPConnection(self.host, self.port, timeout=SECONDS)


def _unproved() -> str:
    """What helps on Windows, which fetches an authority only when a program of its own meets it for the first time."""
    words = ". Open the address once in this machine's browser, which fetches the authority; or enrol with --ca"
    return words if sys.platform == "win32" else ""


def _understood(status: int, text: bytes) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise Unreachable(f"answered {status} with something that is not ours")
    if status >= 500:
        raise Unreachable(f"answered {status}")
    if status >= 300:
        raise Refusal(status, str(found.get("error", "")))
    return found


def _loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
