"""An address that people or programs open: whether it answers, how fast, its certificate, its domain, its key.

Nothing but GET is ever sent, to the one path that was named; the registry of domains is asked over RDAP (RFC 9083).
"""

import base64
import json
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from ipaddress import ip_address
from typing import Any, ClassVar

from connectors import https, rdap
from connectors.base import N_, AccountSet, ConnectorError, Deadline, Field, Need, Seen, Spot, fact, milliseconds_since
from connectors.facts import ApiKey, Domain, Endpoint, Shape, TlsCertificate
from connectors.http_base import CERTIFICATE, OverHttp, web_fields, wire_fields
from connectors.http_session import HttpSession
from connectors.reach import Address, public, resolve

PAGE = Need(table="GET", columns=())

# What has to be named in the settings before it can be looked at -> what is missing without it.
DOMAIN, FIELDS, KEY = (Need(table=name, columns=()) for name in ("domain", "expected", "password"))
MISSING = {
    DOMAIN: N_("a domain to watch: none was named"),
    FIELDS: N_("fields to expect: none were named"),
    KEY: N_("a key: the page is asked without one"),
}
REGISTRY_SECONDS = 20.0


class ApiSession(HttpSession):
    """The one page, asked with the key where there is one."""

    def __init__(self, web: https.Web, path: str, key: str) -> None:
        super().__init__(web)
        self.path = path if path.startswith("/") else f"/{path}"
        self.key = key

    def get(self) -> https.Answer:
        """Ask for the page. Raises ConnectorError."""
        headers = {"Accept": "*/*", "User-Agent": "Service Desk"}
        return self.send("GET", self.path, None, headers | ({"Authorization": self.key} if self.key else {}))

    def log_in(self) -> None:
        """Ask once; a key that is refused is a wrong password, a page that is refused without one is just that."""
        if self.get().status in (401, 403) and self.key:
            raise ConnectorError("wrong_password")

    def ping(self) -> None:
        """Ask for the page again; what it answers is for the facts to judge."""
        self.get()

    def version(self) -> str | None:
        """What the server calls itself."""
        return self.answered.headers.get("server") if self.answered else None

    def check(self, need: Need) -> None:
        """There is nothing to be granted: the page either answers or it does not."""

    def writable(self, models: Any) -> list[str]:
        """Nothing but GET is ever sent."""
        return []


class HttpApi(OverHttp[ApiSession]):
    """A web address, with the certificate and the domain behind it."""

    kind = "http_api"
    label = N_("Web address, certificate and domain")
    fields: ClassVar[tuple[Field, ...]] = (
        *web_fields(),
        Field(name="path", label=N_("Path"), default="/", repoints=True, hint=N_("The sign-in page, for example")),
        Field(
            name="keyword",
            label=N_("Text that must be on the page"),
            repoints=True,
            hint=N_("A page without it counts as broken, whatever its status"),
        ),
        Field(
            name="expected",
            label=N_("Fields of the JSON answer that must be there"),
            repoints=True,
            hint=N_("Names with commas between them"),
        ),
        Field(
            name="password",
            label=N_("Authorization header"),
            type="secret",
            hint=N_("As it is sent, for example: Bearer …; leave it empty for a page that everybody may see"),
        ),
        Field(
            name="domain",
            label=N_("Domain to watch"),
            repoints=True,
            hint=N_("The registered name, for example example.cn"),
        ),
        *wire_fields(),
        Field(
            name="registries",
            label=N_("List of registries"),
            default=rdap.BOOTSTRAP,
            repoints=True,
            demo_only=True,
        ),
    )
    about = N_(
        "One page, asked with GET; the times of its name, connection, encryption and first byte; its certificate; and "
        "in the public registry the day on which its domain ends. Nothing of the page is kept."
    )
    verified = N_(
        "Web servers of the tests, with certificates that are trusted, expired or for another name, and a counterpart "
        "of a registry; no registry of the internet."
    )

    idle = frozenset({"timings"})
    behind: ClassVar[Mapping[str, str]] = {}

    def session(self, web: https.Web) -> ApiSession:
        """The page of the settings."""
        return ApiSession(web, str(self.settings.get("path") or "/"), self.secrets.get("password", ""))

    def list_account_sets(self, session: ApiSession) -> list[AccountSet]:
        """The address itself stands for one."""
        host = str(self.settings["host"])
        return [AccountSet(code=host, name=host)]

    def check_need(self, session: ApiSession, need: Need, account_set: AccountSet | None) -> None:
        """The certificate by the wire; the others by whether anything was named. Raises ConnectorError."""
        if need not in MISSING:
            super().check_need(session, need, account_set)
        elif not (self.secrets if need is KEY else self.settings).get(need.table):
            raise ConnectorError("unsupported", {"missing": MISSING[need]})

    @property
    def _url(self) -> str:
        scheme = "http" if self.settings["encryption"] == "off" else "https"
        return f"{scheme}://{self.settings['host']}:{self.settings['port']}{self.settings.get('path') or '/'}"

    @fact("endpoints", per="connection", needs=(PAGE,))
    def endpoints(self, session: ApiSession, spot: Spot) -> Seen:
        """The page over a connection of its own, so that every part of the way is measured."""
        start = time.perf_counter()
        address = self.address()
        resolve_ms = milliseconds_since(start)
        with self.dialled(Deadline(session.web.deadline.left()), address) as web:
            answer = ApiSession(web, session.path, session.key).get()
            keyword = str(self.settings.get("keyword") or "")
            found = keyword in answer.body.decode("utf-8", "replace") if keyword else None
            reason, params = _wrong(answer.status, found, keyword)
            return Seen(
                facts=[
                    Endpoint(
                        seen_at=spot.seen_at,
                        url=self._url,
                        up=not reason,
                        status=answer.status,
                        resolve_ms=resolve_ms,
                        connect_ms=web.connect_ms,
                        tls_ms=web.tls_ms,
                        first_byte_ms=answer.first_byte_ms,
                        keyword_found=found,
                        reason=reason or None,
                        params=params,
                    )
                ]
            )

    @fact("tls", per="connection", needs=(CERTIFICATE,))
    def tls(self, session: ApiSession, spot: Spot) -> Seen:
        """The certificate, also one that is not trusted; trusted is one that a strict client accepts for this name."""
        (fact,) = super().tls(session, spot).facts
        assert isinstance(fact, TlsCertificate)
        return Seen(
            facts=[
                TlsCertificate(
                    seen_at=fact.seen_at,
                    host=fact.host,
                    not_after_at=fact.not_after_at,
                    issuer=fact.issuer,
                    trusted=self._accepted(session.web.deadline),
                )
            ]
        )

    def _accepted(self, deadline: Deadline) -> bool:
        try:
            with https.connected(self.address(), "verified", deadline, self.settings.get("authority") or None):
                return True
        except ConnectorError as error:
            if error.reason != "tls_refused":
                raise
            return False

    @fact("domains", per="connection", needs=(DOMAIN,))
    def domains(self, session: ApiSession, spot: Spot) -> Seen:
        """The day on which the domain ends, by the registry of its top level. Raises ConnectorError."""
        self.check_need(session, DOMAIN, None)
        domain = str(self.settings["domain"]).strip().rstrip(".").lower()
        deadline = Deadline(min(REGISTRY_SECONDS, session.web.deadline.left()))
        told = rdap.look_up(domain, self._registry, deadline, bootstrap=str(self.settings["registries"]))
        return Seen(
            facts=[Domain(seen_at=spot.seen_at, domain=domain, expires_on=told.expires_on, registrar=told.registrar)]
        )

    def _registry(self, host: str, port: int) -> Address:
        """Registries stand in the internet: one that sends us on to a neighbour of ours is not followed."""
        address = resolve(host, port, allow_loopback=self.allow_loopback)
        counterpart = self.settings["registries"] != rdap.BOOTSTRAP and ip_address(address.ip).is_loopback
        if not public(address.ip) and not counterpart:
            raise ConnectorError("forbidden_address", {"host": host})
        return address

    @fact("api_keys", per="connection", needs=(KEY,))
    def api_keys(self, session: ApiSession, spot: Spot) -> Seen:
        """When the key ends, where it says so itself (a JSON web token, RFC 7519); its signature is not looked at."""
        self.check_need(session, KEY, None)
        return Seen(facts=[ApiKey(seen_at=spot.seen_at, name=self._url, expires_at=_ends(session.key))])

    @fact("shapes", per="connection", needs=(FIELDS,))
    def shapes(self, session: ApiSession, spot: Spot) -> Seen:
        """Which of the named fields the JSON answer lacks."""
        self.check_need(session, FIELDS, None)
        wanted = [name.strip() for name in str(self.settings["expected"]).replace("，", ",").split(",")]
        there = _names(https.decoded(session.get().body))
        missing = tuple(name for name in wanted if name and name not in there)
        return Seen(facts=[Shape(seen_at=spot.seen_at, name=session.path, missing=missing)])


def _wrong(status: int, found: bool | None, keyword: str) -> tuple[str, Mapping[str, str | int]]:
    if not 200 <= status < 400:
        return "bad_status", {"status": status}
    return ("keyword_missing", {"keyword": keyword[:80]}) if found is False else ("", {})


def _names(value: Any) -> set[str]:
    """The names of an object, or of the first one in a list or in the one field that holds a list."""
    if isinstance(value, list):
        return _names(value[0]) if value else set()
    if not isinstance(value, dict):
        return set()
    inner = [part for part in value.values() if isinstance(part, list) and part]
    return set(value) | (_names(inner[0]) if len(inner) == 1 else set())


def _ends(key: str) -> datetime | None:
    parts = key.rpartition(" ")[2].split(".")
    try:
        body = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
        return datetime.fromtimestamp(int(body["exp"]), UTC)
    except (IndexError, KeyError, TypeError, ValueError, OverflowError, OSError):
        return None
