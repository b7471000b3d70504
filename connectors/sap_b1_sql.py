"""SAP Business One on SQL Server, read straight from its databases. Nothing is ever written; no seat is taken.

SBO-COMMON lists the companies; each company is a database of its own and an account set 账套. Where the list may not be
read, the companies are named by hand.
"""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from connectors import odbc
from connectors.base import N_, AccountSet, ConnectorError, Field
from connectors.sap_b1_readings import OWN, Books
from connectors.sqlserver_base import FIELDS, GAPS, SHARED, OverSqlServer, databases_of
from connectors.statements import Statement

COMMON = "SBO-COMMON"

COMPANIES = Field(
    name="companies",
    label=N_("Company databases"),
    repoints=True,
    hint=N_("Separated by commas; empty = all that Business One lists"),
)


class SapB1Sql(OverSqlServer, Books):
    """SAP Business One over ODBC."""

    kind = "sap_b1_sql"
    label = N_("SAP Business One (SQL Server)")
    fields: ClassVar[tuple[Field, ...]] = (*FIELDS, COMPANIES)
    statements: ClassVar[Mapping[str, Statement]] = SHARED | OWN
    about = N_(
        "The list of companies, and of each users with their authorisations and logins, stock, journal vouchers, "
        "posting periods, documents that wait, stay open or are dated wrong, alerts, and gaps in the item master; of "
        "SQL Server its own state and its record of backups. Passwords are never read, amounts only to see whether "
        "entries balance, and stock and ledger agree."
    )
    verified = N_(
        "Fixture databases with the table and column names of SAP's own help, and a test server that speaks SQL "
        "Server's protocol; no Business One has been in front of it yet. Not confirmed: the list of companies (SRGC), "
        "authorisations (USR3), journal vouchers (OBTF), the accounts of item groups (OITB)."
    )
    cannot: ClassVar = {
        "seats": N_("seats are told by the license server alone"),
        "tasks": N_("where Business One keeps what somebody has open is described nowhere we know of"),
        "interfaces": N_("the tables of Business One's integration framework are described nowhere we know of"),
    }

    @classmethod
    def parts(cls, account_sets: Sequence[AccountSet]) -> dict[str, list[str]]:
        """The databases by their part."""
        return {"common": [COMMON], "msdb": ["msdb"], "account_set": databases_of(account_sets)}

    def home(self, session: odbc.Session) -> str:
        """The list of companies, or the first company where they are named by hand."""
        named = self._named()
        return named[0] if named else COMMON

    def _named(self) -> list[str]:
        return companies_of(self.settings["companies"])

    def database_for(self, session: odbc.Session, role: str, account_set: AccountSet | None) -> str:
        """The database that plays a statement's part."""
        if role == "account_set":
            return (account_set and account_set.database) or ""
        return COMMON if role == "common" else "master"

    def owner(self, session: odbc.Session, database: str) -> str | None:
        """A company's database carries its code."""
        if self._codes is None:
            try:
                self._codes = frozenset(str(one.database) for one in self.list_account_sets(session))
            except ConnectorError:
                # Backups are told all the same, only not whose they are.
                self._codes = frozenset()
        return database if database in self._codes else None

    _codes: frozenset[str] | None = None

    def list_account_sets(self, session: odbc.Session) -> list[AccountSet]:
        """The companies that Business One lists, or those that were named, with their names where they may be read."""
        named = self._named()
        if not named:
            rows = self.ask(session, "account_sets").rows
            return [AccountSet(code=str(code), name=str(name or code), database=str(code)) for code, name in rows]
        return [AccountSet(code=one, name=self._name(session, one), database=one) for one in named]

    def _name(self, session: odbc.Session, database: str) -> str:
        try:
            found = session.rows(self.statements["company_name"], database).rows
        except ConnectorError as error:
            if error.reason not in GAPS | {"unknown_database"}:
                raise
            return database
        return str(found[0][0] or database) if found else database


def companies_of(text: Any) -> list[str]:
    """The names in a list with commas, each once."""
    return list(dict.fromkeys(one.strip() for one in str(text or "").split(",") if one.strip()))
