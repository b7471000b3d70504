"""用友 YonSuite through its open platform, with an app that may only read; an account book 账簿 is an account set.

Paths, bodies and parts of rows stand in statements/yonsuite.toml with how certain each is.
"""

from datetime import date
from typing import Any, ClassVar

from connectors import https
from connectors.base import N_, AccountSet, ConnectorError, Field, Seen, Spot, fact
from connectors.facts import Approval, Shape, Stock, Vouchers
from connectors.http_base import OverHttp, web_fields, wire_fields
from connectors.http_values import age, day, moment, number, odd, old_open, once, twice
from connectors.questions import called, load, needs
from connectors.reach import resolve
from connectors.roles import Role
from connectors.yonsuite_api import CHINA, YonSession

QUESTIONS = load("yonsuite")

# What an order says when nothing is left to be done about it.
_ENDED = {"sales": {"ENDORDER", "CLOSEDORDER", "OPPOSE"}, "purchases": {"2"}, "productions": {"2"}}


class YonSuite(OverHttp[YonSession]):
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
    timed = ("stock",)
    sampled = ("stock", "todos", "sales", "purchases")
    about = N_(
        "Account books, stock below zero, things that wait for somebody, vouchers that are not posted, old and "
        "wrongly dated orders, credit codes of customers that stand twice. Only lists are asked for; nothing is saved "
        "or audited, and no amounts are read."
    )
    verified = N_(
        "No running YonSuite. The way to the token and the calls are tried against a small server written from the "
        "vendor's documents; the signature was compared once by hand with that of a public program. Stock, orders and "
        "vouchers are asked for as public programs do that say they tried it; the list of customers is unverified."
    )
    cannot: ClassVar = {
        "backups": N_("backups are made by the vendor, who does not tell"),
        "api_keys": N_("the platform does not say when an app's key ends"),
        "periods": N_("the open platform has no list of closed months"),
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
        found: dict[tuple[str, str], Stock] = {}
        for row in rows:
            quantity = number(row["currentqty"])
            if quantity is None or quantity >= 0:
                continue
            key = str(row["warehouse_code"] or ""), str(row["product_code"] or "")
            before = found.get(key)
            found[key] = Stock(
                seen_at=spot.seen_at,
                item=key[1],
                item_name=row["product_name"],
                warehouse=key[0],
                warehouse_name=row["warehouse_name"] or row["org_name"],
                quantity=quantity + (before.quantity if before else 0),
                unit=row["product_unitName"],
                rows=1 + (before.rows if before else 0),
            )
        return Seen(facts=tuple(found.values()), truncated=truncated)

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
        rows, truncated = session.rows(QUESTIONS["vouchers"], spot.code)
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
                    oldest_age_days=(spot.seen_at.date() - oldest).days if oldest else None,
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
            facts.append(old_open(name, list(found.items()), spot))
            cut = cut or truncated
        return Seen(facts=facts, truncated=cut)

    @fact("odd_dates", per="connection", needs=needs(QUESTIONS, "future_sales", "future_purchases"))
    def odd_dates(self, session: YonSession, spot: Spot) -> Seen:
        """Orders dated after today."""
        facts, cut = [], False
        today = spot.seen_at.astimezone(CHINA).date()
        for name in ("future_sales", "future_purchases"):
            rows, truncated = session.rows(QUESTIONS[name])
            late = [str(row["code"]) for row in rows if (when := day(row["vouchdate"])) and when > today]
            facts.append(odd(name.removeprefix("future_"), list(dict.fromkeys(late)), spot))
            cut = cut or truncated
        return Seen(facts=facts, truncated=cut)

    @fact("duplicates", per="connection", needs=needs(QUESTIONS, "customers"))
    def duplicates(self, session: YonSession, spot: Spot) -> Seen:
        """Customers with one credit code."""
        rows, truncated = session.rows(QUESTIONS["customers"])
        return Seen(facts=[twice("customers", (row["creditCode"] for row in rows), spot)], truncated=truncated)

    @fact("shapes", per="connection")
    def shapes(self, session: YonSession, spot: Spot) -> Seen:
        """Parts that rows should have and a sample lacks; a list without rows says nothing of its shape."""
        facts = []
        for question in (QUESTIONS[name] for name in self.sampled):
            there = session.parts(question)
            if there is not None:
                missing = tuple(name for name in question.columns if not called(name, there))
                facts.append(Shape(seen_at=spot.seen_at, name=question.of, missing=missing))
        return Seen(facts=facts)


_STATES = ("nextStatus", "statusCode", "status")


def _month(text: Any) -> tuple[int, int]:
    """Year and month of a period such as 2026-10. Raises ConnectorError."""
    parts = str(text).split("-")
    if len(parts) < 2 or not (parts[0].isdigit() and parts[1].isdigit()):
        raise ConnectorError("bad_answer", {"what": "period"})
    return int(parts[0]), int(parts[1])
