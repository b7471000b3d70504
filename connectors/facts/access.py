"""Facts about who may do what."""

from dataclasses import dataclass
from datetime import date, datetime

from connectors.facts.fact import Fact


@dataclass(frozen=True, kw_only=True)
class User(Fact):
    """A login of the ERP. `roles`, `last_seen_at` and `left_on` are null where the ERP does not tell.

    It belongs to one account set where each has users of its own.
    """

    kind = "users"
    login: str
    name: str | None = None
    enabled: bool
    admin: bool = False
    roles: tuple[str, ...] | None = None
    supervisor_of: tuple[str, ...] = ()
    last_seen_at: datetime | None = None
    left_on: date | None = None

    @property
    def subject(self) -> str:
        return self.login if self.account_set is None else f"{self.account_set}/{self.login}"


@dataclass(frozen=True, kw_only=True)
class Principal(Fact):
    """A login of the database server. `powers`: what makes it mighty (sysadmin, CONTROL SERVER, SUPERUSER, DBA).

    Null where the server does not tell. `programs`: what is logged in with it just now.
    """

    kind = "principals"
    login: str
    what: str = "login"  # login, group or role
    enabled: bool = True
    built_in: bool = False
    powers: tuple[str, ...] = ()
    never_expires: bool | None = None
    expires_on: date | None = None
    last_seen_at: datetime | None = None
    programs: tuple[str, ...] = ()
    ours: bool = False

    @property
    def subject(self) -> str:
        return self.login


@dataclass(frozen=True, kw_only=True)
class Orphan(Fact):
    """A user of a database that belongs to no login."""

    kind = "orphans"
    database: str
    name: str

    @property
    def subject(self) -> str:
        return f"{self.database}/{self.name}"


@dataclass(frozen=True, kw_only=True)
class Grant(Fact):
    """One right of a user or role. `system`: "erp" or "database"; `source`: the role it comes through, if any."""

    kind = "grants"
    system: str = "erp"
    holder: str
    holder_name: str | None = None
    right: str
    right_name: str | None = None
    scope: str = ""
    source: str = ""

    @property
    def subject(self) -> str:
        return f"{self.account_set or ''}/{self.holder}/{self.right}/{self.scope}"


@dataclass(frozen=True, kw_only=True)
class WeakPassword(Fact):
    """A login whose password can be guessed; the password itself is never kept."""

    kind = "weak_passwords"
    login: str
    why: str = ""

    @property
    def subject(self) -> str:
        return self.login


@dataclass(frozen=True, kw_only=True)
class FailedLogins(Fact):
    """Refused logins in the last hour."""

    kind = "failed_logins"
    count: int
    source: str | None = None


@dataclass(frozen=True, kw_only=True)
class OpenDoor(Fact):
    """A right that everybody has (guest, public)."""

    kind = "open_doors"
    database: str
    right: str

    @property
    def subject(self) -> str:
        return f"{self.database}/{self.right}"
