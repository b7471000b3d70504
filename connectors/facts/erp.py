"""Facts about the business inside an ERP."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from connectors.facts.fact import Fact


@dataclass(frozen=True, kw_only=True)
class Stock(Fact):
    """Negative stock of one item in one warehouse: the sum of its negative rows, in the item's own unit."""

    kind = "stock"
    item: str
    item_name: str | None = None
    spec: str | None = None
    warehouse: str
    warehouse_name: str | None = None
    quantity: Decimal
    unit: str | None = None
    rows: int = 1

    @property
    def subject(self) -> str:
        return f"{self.account_set or ''}/{self.warehouse}/{self.item}"


@dataclass(frozen=True, kw_only=True)
class Vouchers(Fact):
    """Unposted vouchers of one accounting period; void ones are left out."""

    kind = "vouchers"
    year: int
    period: int
    count: int
    oldest_on: date | None = None
    oldest_age_days: int | None = None

    @property
    def subject(self) -> str:
        return f"{self.account_set or ''}/{self.year}-{self.period:02d}"


@dataclass(frozen=True, kw_only=True)
class Task(Fact):
    """A task somebody has open in the ERP, or a job that should have run at `since_at`."""

    kind = "tasks"
    key: str
    what: str
    name: str | None = None
    user: str | None = None
    user_name: str | None = None
    station: str | None = None
    state: str | None = None
    since_at: datetime | None = None
    age_s: int | None = None

    @property
    def subject(self) -> str:
        return self.key


@dataclass(frozen=True, kw_only=True)
class Period(Fact):
    """Closing state 结账 of one accounting period: module -> closed."""

    kind = "periods"
    year: int
    period: int
    begins_on: date | None = None
    ends_on: date | None = None
    closed: Mapping[str, bool] = field(default_factory=dict)

    @property
    def subject(self) -> str:
        return f"{self.account_set or ''}/{self.year}-{self.period:02d}"


@dataclass(frozen=True, kw_only=True)
class Unbalanced(Fact):
    """A voucher whose debits and credits differ."""

    kind = "unbalanced"
    year: int
    period: int
    number: str
    difference: Decimal

    @property
    def subject(self) -> str:
        return f"{self.account_set or ''}/{self.year}-{self.period:02d}/{self.number}"


@dataclass(frozen=True, kw_only=True)
class Seats(Fact):
    """Licence seats 许可 of a module ("" = all). `at_least`: there may be more than what can be seen from here."""

    kind = "seats"
    module: str = ""
    module_name: str | None = None
    used: int
    limit: int | None = None
    at_least: bool = False
    expires_on: date | None = None

    @property
    def subject(self) -> str:
        return f"{self.account_set or ''}/{self.module}"


@dataclass(frozen=True, kw_only=True)
class Approval(Fact):
    """A document that waits for somebody's approval."""

    kind = "approvals"
    document: str
    document_type: str | None = None
    waits_for: str | None = None
    age_s: int

    @property
    def subject(self) -> str:
        return f"{self.account_set or ''}/{self.document}"


@dataclass(frozen=True, kw_only=True)
class Interface(Fact):
    """An interface of the ERP: what failed, what waits, and how long ago something last came through.

    `failed` is null where only what came through leaves a trace.
    """

    kind = "interfaces"
    name: str
    failed: int | None = 0
    waiting: int = 0
    oldest_failed_age_s: int | None = None
    last_success_age_s: int | None = None

    @property
    def subject(self) -> str:
        return f"{self.account_set or ''}/{self.name}"


@dataclass(frozen=True, kw_only=True)
class Duplicates(Fact):
    """Records of the master data that stand twice. `master`: customers, vendors, items."""

    kind = "duplicates"
    master: str
    groups: int
    example: str | None = None

    @property
    def subject(self) -> str:
        return f"{self.account_set or ''}/{self.master}"


@dataclass(frozen=True, kw_only=True)
class MasterGaps(Fact):
    """Records of the master data that lack something. `what`: e.g. no_cost, no_unit, no_bank_account."""

    kind = "master_gaps"
    master: str
    what: str
    count: int
    example: str | None = None

    @property
    def subject(self) -> str:
        return f"{self.account_set or ''}/{self.master}/{self.what}"


@dataclass(frozen=True, kw_only=True)
class OddDates(Fact):
    """Documents dated where no date should be: in the future, before the start, outside the open period."""

    kind = "odd_dates"
    document_type: str
    count: int
    example: str | None = None

    @property
    def subject(self) -> str:
        return f"{self.account_set or ''}/{self.document_type}"


@dataclass(frozen=True, kw_only=True)
class OpenDocuments(Fact):
    """Documents that have been open for more than sixty days."""

    kind = "open_documents"
    document_type: str
    count: int
    oldest_age_days: int | None = None
    example: str | None = None

    @property
    def subject(self) -> str:
        return f"{self.account_set or ''}/{self.document_type}"


@dataclass(frozen=True, kw_only=True)
class LedgerGap(Fact):
    """The value of the stock by its own books and by the general ledger, or what it moved by in the period."""

    kind = "ledger_gaps"
    year: int
    period: int
    stock_amount: Decimal
    ledger_amount: Decimal
    currency: str | None = None

    @property
    def subject(self) -> str:
        return f"{self.account_set or ''}/{self.year}-{self.period:02d}"


@dataclass(frozen=True, kw_only=True)
class Timing(Fact):
    """How long a named question of the business took."""

    kind = "timings"
    report: str
    took_ms: float

    @property
    def subject(self) -> str:
        return f"{self.account_set or ''}/{self.report}"
