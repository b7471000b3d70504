"""Facts about what is reached over HTTP and TLS."""

from dataclasses import dataclass, field
from datetime import date, datetime

from connectors.facts.fact import Fact, Params


@dataclass(frozen=True, kw_only=True)
class Endpoint(Fact):
    """An address that people or programs open. The times follow one another; null = it did not come that far.

    `keyword_found` is null when no keyword was asked for. `reason` says why it is not up.
    """

    kind = "endpoints"
    url: str
    up: bool
    status: int | None = None
    resolve_ms: float | None = None
    connect_ms: float | None = None
    tls_ms: float | None = None
    first_byte_ms: float | None = None
    keyword_found: bool | None = None
    reason: str | None = None
    params: Params = field(default_factory=dict)

    @property
    def subject(self) -> str:
        return self.url


@dataclass(frozen=True, kw_only=True)
class TlsCertificate(Fact):
    """The certificate an address shows. `trusted`: by a public authority and for this name."""

    kind = "tls"
    host: str
    not_after_at: datetime
    issuer: str | None = None
    trusted: bool = True

    @property
    def subject(self) -> str:
        return self.host


@dataclass(frozen=True, kw_only=True)
class Domain(Fact):
    """A registered domain; null = the registry does not tell when it ends."""

    kind = "domains"
    domain: str
    expires_on: date | None = None
    registrar: str | None = None

    @property
    def subject(self) -> str:
        return self.domain


@dataclass(frozen=True, kw_only=True)
class ApiKey(Fact):
    """A key or token with which an interface is called, and when it ends; null = not told."""

    kind = "api_keys"
    name: str
    expires_at: datetime | None = None

    @property
    def subject(self) -> str:
        return self.name


@dataclass(frozen=True, kw_only=True)
class Quota(Fact):
    """Calls allowed and used; `refused`: calls that were refused for being too many."""

    kind = "quotas"
    name: str
    used: int | None = None
    limit: int | None = None
    refused: int = 0

    @property
    def subject(self) -> str:
        return self.name


@dataclass(frozen=True, kw_only=True)
class Shape(Fact):
    """Fields of an answer that are no longer there, and new ones."""

    kind = "shapes"
    name: str
    missing: tuple[str, ...] = ()
    added: tuple[str, ...] = ()

    @property
    def subject(self) -> str:
        return self.name
