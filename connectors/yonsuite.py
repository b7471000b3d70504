"""用友 YonSuite through its open platform, with an app that may only read; an account book 账簿 is an account set.

Paths, bodies and parts of rows stand in statements/yonsuite.toml with how certain each is.
"""

from datetime import date
from typing import Any, ClassVar

from connectors import business, https
from connectors.base import N_, AccountSet, ConnectorError, Field, Seen, Spot, fact
from connectors.facts import Approval, Grant, User, Vouchers
from connectors.http_base import web_fields, wire_fields
from connectors.http_values import age, day, last_months, moment, months_closed, number, old_open, once, twice, untaxed
from connectors.open_platform import NO_LIST, OnPlatform, below_zero, china_day, dated_after
from connectors.questions import load, needs
from connectors.reach import resolve
from connectors.roles import Role
from connectors.yonsuite_api import YonSession
from connectors.zones import CHINA

QUESTIONS = load("yonsuite")

# What an order says when nothing is left to be done about it.
_ENDED = {"sales": {"ENDORDER", "CLOSEDORDER", "OPPOSE"}, "purchases": {"2"}, "productions": {"2"}}

ON_HAND = {
    "quantity": "currentqty",
    "item": "product_code",
    "item_name": "product_name",
    "warehouse": "warehouse_code",
    "warehouse_name": "warehouse_name",
    "unit": "product_unitName",
}
MONTHS = 6
DEBITS, CREDITS = "header.totaldebit_org", "header.totalcredit_org"
# What this platform lists and the other does not.
TOLD = frozenset({"grants", "master_gaps", "unbalanced"})
# Each of them costs a call; what a role that was switched off says of itself.
MOST_ASKED, INACTIVE = 100, "2"


class YonSuite(OnPlatform[YonSession]):
    """YonSuite and YonBIP in the vendor's cloud."""

    kind = "yonsuite"
    label = N_("YonSuite")
    fields: ClassVar[tuple[Field, ...]] = (
        *web_fields(host="apigateway.yonyoucloud.com"),
        Field(name="tenant", label=N_("Tenant"), required=True, repoints=True, hint=N_("The tenant id 租户ID")),
        Field(name="user", label=N_("App key"), required=True, repoints=True),
        Field(name="password", label=N_("App secret"), type="secret", required=True),
        *wire_fields(),
    )
    questions = QUESTIONS
    perhaps = TOLD
    timed = ("stock",)
    sampled = ("stock", "todos", "sales", "purchases")
    about = N_(
        "Account books and the months closed in them, users and their roles, stock below zero, things that wait for "
        "somebody, vouchers that are not posted, old and wrongly dated orders, credit codes of customers that stand "
        "twice or lack. Only lists are asked for; nothing is saved or audited, and amounts are read only to see "
        "whether vouchers balance."
    )
    verified = N_(
        "No running YonSuite. The way to the token and the calls are tried against a small server written from the "
        "vendor's documents; the signature was compared once by hand with that of a public program. Stock, orders and "
        "vouchers are asked for as public programs do that say they tried it; users and roles by the vendor's "
        "documents. The list of customers and the state of months are unverified."
    )
    cannot: ClassVar = {
        **{kind: why for kind, why in NO_LIST.items() if kind not in TOLD},
        "backups": N_("backups are made by the vendor, who does not tell"),
        "api_keys": N_("the platform does not say when an app's key ends"),
    }
    role = Role(
        give=(
            N_("Open platform 开放平台 > own apps 自建应用: create an app for us alone."),
            N_("Grant it the lists named here 接口授权, nothing that saves, audits or deletes."),
            N_("Give its app key and app secret to us; the tenant id 租户ID stands under the tenant's settings."),
            N_("Whether an app may write cannot be asked of it; please look at its grants with your own eyes."),
        ),
        take=(N_("Open platform 开放平台 > own apps 自建应用: stop the app, or reset its secret."),),
    )

    def session(self, web: https.Web) -> YonSession:
        found = self.settings
        return YonSession(
            web,
            QUESTIONS,
            found["tenant"],
            found["user"],
            self.secrets["password"],
            lambda host, port: resolve(host, port, allow_loopback=self.allow_loopback),
            lambda address: self.dialled(web.deadline, address),
        )

    def list_account_sets(self, session: YonSession) -> list[AccountSet]:
        """The account books; where the app may not list them, the tenant stands for all of them."""
        try:
            rows, _ = session.rows(QUESTIONS["books"])
        except ConnectorError as error:
            if error.reason != "missing_right":
                raise
            rows = []
        found = [AccountSet(code=str(row["code"]), name=str(row["name"])) for row in rows]
        return found or [AccountSet(code=session.tenant, name=session.tenant)]

    @fact("stock", per="connection", needs=needs(QUESTIONS, "stock"))
    def stock(self, session: YonSession, spot: Spot) -> Seen:
        """Items below zero by warehouse; batches are summed. What the filter let through is judged again here."""
        rows, truncated = session.rows(QUESTIONS["stock"])
        named = [{**row, "warehouse_name": row["warehouse_name"] or row["org_name"]} for row in rows]
        return Seen(facts=below_zero(named, ON_HAND, spot), truncated=truncated)

    @fact("users", per="connection", needs=needs(QUESTIONS, "users"))
    def users(self, session: YonSession, spot: Spot) -> Seen:
        """The users of the tenant 用户身份; who administers it is told where the app may ask for that."""
        rows, truncated = session.rows(QUESTIONS["users"])
        powerful = self._administrators(session)
        facts = {
            login: User(
                seen_at=spot.seen_at,
                login=login,
                name=str(row["userName"] or row["name"] or login),
                enabled=not (_set(row["stopstatus"]) or _set(row["deleted"])),
                admin=str(row["yhtUserId"]) in powerful,
            )
            for row in rows
            if (login := str(row["code"] or row["yhtUserId"]))
        }
        return Seen(facts=list(facts.values()), truncated=truncated)

    def _administrators(self, session: YonSession) -> set[str]:
        try:
            rows, _ = session.rows(QUESTIONS["administrators"])
        except ConnectorError as error:
            if error.reason in ("missing_right", "missing_table", "missing_column"):
                return set()
            raise
        return {str(row["userId"]) for row in rows}

    @fact("grants", per="connection", needs=needs(QUESTIONS, "users", "roles"))
    def grants(self, session: YonSession, spot: Spot) -> Seen:
        """The roles of users, which are told for one user at a time: administrators first, and not of everybody."""
        rows, truncated = session.rows(QUESTIONS["users"])
        powerful = self._administrators(session)
        users = {str(row["yhtUserId"]): row for row in rows if not (_set(row["stopstatus"]) or _set(row["deleted"]))}
        asked = sorted(users, key=lambda key: key not in powerful)
        facts: dict[str, Grant] = {}
        for key in asked[:MOST_ASKED]:
            roles, more = session.rows(QUESTIONS["roles"], user=key)
            truncated = truncated or more
            found = (_grant(users[key], role, spot) for role in roles if str(role["isactive"]) != INACTIVE)
            facts |= {fact.subject: fact for fact in found}
        return Seen(facts=list(facts.values()), truncated=truncated or len(asked) > MOST_ASKED)

    @fact("periods", per="account_set", needs=needs(QUESTIONS, "books", "closings"))
    def periods(self, session: YonSession, spot: Spot) -> Seen:
        """The latest months of an account book; those before one that is closed 关账 are closed as well."""
        book = session.books().get(spot.code or "", "")
        if not book:
            raise ConnectorError("unknown_account_set", {"account_set": spot.code or ""})
        until: date | None = None
        for begin, end in reversed(last_months(china_day(spot), MONTHS)):
            rows, _ = session.rows(QUESTIONS["closings"], book_id=book, month=f"{begin:%Y-%m}")
            if any(_set(row["closeStatus"]) for row in rows):
                until = end
                break
        return Seen(facts=months_closed({"GL": until}, spot, china_day(spot), MONTHS))

    @fact("approvals", per="connection", needs=needs(QUESTIONS, "todos"))
    def approvals(self, session: YonSession, spot: Spot) -> Seen:
        """Things to do, the oldest of each title and person."""
        rows, truncated = session.rows(QUESTIONS["todos"])
        keys = [str(row["businessKey"] or row["primaryId"] or place) for place, row in enumerate(rows)]
        unique = dict(reversed(list(zip(keys, rows, strict=True))))
        names = once((str(row["title"]), key) for key, row in unique.items())
        facts = [
            Approval(
                seen_at=spot.seen_at,
                document=name,
                document_type=row["serviceCode"],
                waits_for=row["userId"],
                age_s=age(began, spot),
            )
            for name, row in zip(names, unique.values(), strict=True)
            if (began := moment(row["createTsLong"], CHINA))
        ]
        return Seen(facts=facts, truncated=truncated)

    @fact("vouchers", per="account_set", needs=needs(QUESTIONS, "books", "vouchers"))
    def vouchers(self, session: YonSession, spot: Spot) -> Seen:
        """Vouchers of the last twelve months that are drafts, saved, wrong or audited, but not posted 记账."""
        rows, truncated = session.rows(QUESTIONS["vouchers"], book=spot.code)
        months: dict[tuple[int, int], list[date | None]] = {}
        for row in rows:
            months.setdefault(_month(row["header.period"]), []).append(day(row["header.maketime"]))
        facts = []
        for (year, month), days in sorted(months.items()):
            oldest = min((one for one in days if one), default=None)
            facts.append(
                Vouchers(
                    account_set=spot.code,
                    seen_at=spot.seen_at,
                    year=year,
                    period=month,
                    count=len(days),
                    oldest_on=oldest,
                    oldest_age_days=(china_day(spot) - oldest).days if oldest else None,
                )
            )
        return Seen(facts=facts, truncated=truncated)

    @fact("open_documents", per="connection", needs=needs(QUESTIONS, "sales", "purchases", "productions"))
    def open_documents(self, session: YonSession, spot: Spot) -> Seen:
        """Orders of more than sixty days that are not ended."""
        facts, cut = [], False
        for name, ended in _ENDED.items():
            rows, truncated = session.rows(QUESTIONS[name])
            still = [row for row in rows if not ended & {str(row.get(part)) for part in _STATES}]
            found = {str(row["code"]): day(row["vouchdate"]) for row in still}
            facts.append(old_open(name, list(found.items()), spot, china_day(spot)))
            cut = cut or truncated
        return Seen(facts=facts, truncated=cut)

    @fact("odd_dates", per="connection", needs=needs(QUESTIONS, "future_sales", "future_purchases"))
    def odd_dates(self, session: YonSession, spot: Spot) -> Seen:
        """Orders dated after today."""
        facts, cut = [], False
        for name in ("future_sales", "future_purchases"):
            rows, truncated = session.rows(QUESTIONS[name])
            facts.append(dated_after(name.removeprefix("future_"), rows, ("vouchdate", "code"), spot))
            cut = cut or truncated
        return Seen(facts=facts, truncated=cut)

    @fact("duplicates", per="connection", needs=needs(QUESTIONS, "customers"))
    def duplicates(self, session: YonSession, spot: Spot) -> Seen:
        """Customers with one credit code."""
        rows, truncated = session.rows(QUESTIONS["customers"])
        return Seen(facts=[twice("customers", (row["creditCode"] for row in rows), spot)], truncated=truncated)

    @fact("master_gaps", per="connection", needs=needs(QUESTIONS, "customers"))
    def master_gaps(self, session: YonSession, spot: Spot) -> Seen:
        """Customers without a credit code; where no row has one, the list does not tell it to this app."""
        rows, truncated = session.rows(QUESTIONS["customers"])
        if rows and all(row["creditCode"] is None for row in rows):
            raise ConnectorError("missing_column", {"table": QUESTIONS["customers"].of, "column": "creditCode"})
        bare = [str(row["code"]) for row in rows if not row["creditCode"]]
        return Seen(facts=[untaxed("customers", bare, spot)], truncated=truncated)

    @fact("unbalanced", per="account_set", needs=needs(QUESTIONS, "books", "totals"))
    def unbalanced(self, session: YonSession, spot: Spot) -> Seen:
        """Vouchers of this month and the last whose debits and credits differ."""
        rows, truncated = session.rows(QUESTIONS["totals"], book=spot.code)
        found = [(row, number(row[DEBITS]), number(row[CREDITS])) for row in rows]
        wrong = (
            (*_month(row["header.period"]), str(row["header.displayname"] or row["header.id"]), debits - credits)
            for row, debits, credits in found
            if debits is not None and credits is not None and abs(debits - credits) > business.CENT
        )
        return Seen(facts=business.unbalanced(wrong, spot), truncated=truncated)


def _grant(user: dict[str, Any], role: dict[str, Any], spot: Spot) -> Grant:
    login = str(user["code"] or user["yhtUserId"])
    return Grant(
        seen_at=spot.seen_at,
        holder=login,
        holder_name=str(user["userName"] or user["name"] or login),
        right=str(role["roleCode"] or role["roleId"]),
        right_name=None if role["name"] is None else str(role["name"]),
    )


_STATES = ("nextStatus", "statusCode", "status")


def _set(value: Any) -> bool:
    """Whether a flag is set; the platform writes flags as what they are, as numbers and as text."""
    return str(value).strip().lower() in ("true", "1")


def _month(text: Any) -> tuple[int, int]:
    """Year and month of a period such as 2026-10. Raises ConnectorError."""
    parts = str(text).split("-")
    if len(parts) < 2 or not (parts[0].isdigit() and parts[1].isdigit()):
        raise ConnectorError("bad_answer", {"what": "period"})
    return int(parts[0]), int(parts[1])
