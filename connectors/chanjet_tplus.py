"""畅捷通 T+ through the vendor's open platform; the token belongs to one account set 账套.

Paths, bodies and parts of rows stand in statements/chanjet_tplus.toml with how certain each is.
"""

from datetime import datetime, timedelta
from typing import ClassVar

from connectors import https
from connectors.base import N_, AccountSet, ConnectorError, Field, Seen, Spot, fact
from connectors.chanjet_api import ChanjetSession
from connectors.facts import ApiKey, Approval
from connectors.http_base import web_fields, wire_fields
from connectors.http_values import OLD_DAYS, age, lacking, moment, old_open, twice
from connectors.open_platform import NO_LIST, OnPlatform, below_zero, china_day, dated_after
from connectors.questions import load, needs
from connectors.roles import Role
from connectors.zones import CHINA, day_in

QUESTIONS = load("chanjet_tplus")
MOST = 5000
UNAUDITED = "未审"
UNITS = ("UnitName", "BaseUnitName")
ON_HAND = {
    "quantity": "ExistingQuantity",
    "item": "InventoryCode",
    "item_name": "InventoryName",
    "spec": "Specification",
    "warehouse": "WarehouseCode",
    "warehouse_name": "WarehouseName",
    "unit": "UnitName",
}


class ChanjetTPlus(OnPlatform[ChanjetSession]):
    """T+ Cloud, and T+ on premises where it is joined to the open platform."""

    kind = "chanjet_tplus"
    label = N_("Chanjet T+")
    fields: ClassVar[tuple[Field, ...]] = (
        *web_fields(host="openapi.chanjet.com"),
        Field(name="user", label=N_("App key"), required=True, repoints=True),
        Field(name="password", label=N_("App secret"), type="secret", required=True),
        Field(
            name="token",
            label=N_("Open token (openToken)"),
            type="secret",
            hint=N_("Of the account set; empty where a refresh token or a permanent code stands below"),
        ),
        Field(
            name="refresh_token",
            label=N_("Refresh token"),
            type="secret",
            hint=N_("Used once a session when the open token is refused"),
        ),
        Field(
            name="permanent_code",
            label=N_("Permanent code of the user"),
            type="secret",
            hint=N_("Fetches a fresh token at every login, together with the organisation's token"),
        ),
        Field(name="org_token", label=N_("Token of the organisation (orgAccessToken)"), type="secret"),
        *wire_fields(),
    )
    questions = QUESTIONS
    perhaps = frozenset({"approvals", "open_documents"})
    timed = ("future_sales",)
    sampled = ("stock", "items", "customers")
    about = N_(
        "Stock on hand, names of items, customers and vendors that stand twice, items without a unit, sales orders "
        "that nobody audited, sales and purchases dated after today, the end of the tokens. Only questions are asked; "
        "nothing is created or audited, and no amounts are read."
    )
    verified = N_(
        "No running T+. Headers, tokens and questions are tried against a small server written from the vendor's own "
        "client library (chanjet-openapi-python-sdk 1.0.2), and this library finds in that server what we report. "
        "Warehouses and the reports of purchases and of sales orders are asked for as public programs do that say they "
        "tried it."
    )
    cannot: ClassVar = {
        **{kind: why for kind, why in NO_LIST.items() if kind != "master_gaps"},
        "backups": N_("backups are made by the vendor, or on the server of T+"),
        "users": NO_LIST["grants"],
        "vouchers": N_("what its question for vouchers takes, and what it answers, is described nowhere we know of"),
        "periods": N_("the open platform has no list of closed months in its documents"),
    }
    role = Role(
        give=(
            N_("Open platform 畅捷通开放平台: create an own app 自建应用 for us alone."),
            N_("Grant it the questions named here, nothing that creates, changes or audits."),
            N_("Have the account set authorise the app; give its app key, app secret and open token to us."),
            N_("An open token lives for days; its end is watched here, and a refresh token lets us renew it."),
            N_("Whether an app may write cannot be asked of it; please look at its grants with your own eyes."),
        ),
        take=(
            N_("In T+: take back the authorisation of the app."),
            N_("Open platform: stop the app, or reset its secret."),
        ),
    )

    def session(self, web: https.Web) -> ChanjetSession:
        return ChanjetSession(web, self.settings["user"], self.secrets, QUESTIONS)

    def list_account_sets(self, session: ChanjetSession) -> list[AccountSet]:
        """The one that the token belongs to."""
        code = session.organisation or str(self.settings["user"])
        return [AccountSet(code=code, name="T+")]

    @fact("stock", per="connection", needs=needs(QUESTIONS, "stock"))
    def stock(self, session: ChanjetSession, spot: Spot) -> Seen:
        """Items below zero by warehouse, picked out of the stock on hand: the platform has no filter for it."""
        rows, truncated = session.rows(QUESTIONS["stock"])
        facts = below_zero(rows, ON_HAND, spot)
        return Seen(facts=facts[:MOST], truncated=truncated or len(facts) > MOST)

    @fact("duplicates", per="connection", needs=needs(QUESTIONS, "customers", "items"))
    def duplicates(self, session: ChanjetSession, spot: Spot) -> Seen:
        """Customers and vendors of one name, items of one name and specification; stopped ones are left out."""
        partners, more = session.rows(QUESTIONS["customers"])
        items, still = session.rows(QUESTIONS["items"])
        facts = [
            twice("customers", (row["Name"] for row in partners if not _stopped(row)), spot),
            twice("items", (_named(row) for row in items if not _stopped(row)), spot),
        ]
        return Seen(facts=facts, truncated=more or still)

    @fact("master_gaps", per="connection", needs=needs(QUESTIONS, "items"))
    def master_gaps(self, session: ChanjetSession, spot: Spot) -> Seen:
        """Items without a unit, be it one of its own or the base of a group of units."""
        rows, truncated = session.rows(QUESTIONS["items"])
        if rows and all(row[part] is None for row in rows for part in UNITS):
            raise ConnectorError("missing_column", {"table": QUESTIONS["items"].of, "column": UNITS[0]})
        bare = [str(row["Code"]) for row in rows if not _stopped(row) and not any(row[part] for part in UNITS)]
        return Seen(facts=[lacking("items", "no_unit", bare, spot)], truncated=truncated)

    @fact("odd_dates", per="connection", needs=needs(QUESTIONS, "future_sales", "future_purchases"))
    def odd_dates(self, session: ChanjetSession, spot: Spot) -> Seen:
        """Sales deliveries and purchase arrivals dated after today."""
        facts, cut = [], False
        for name in ("future_sales", "future_purchases"):
            question = QUESTIONS[name]
            rows, truncated = session.rows(question)
            parts = ("voucherdate", question.columns[1])
            facts.append(dated_after(name.removeprefix("future_"), rows, parts, spot))
            cut = cut or truncated
        return Seen(facts=facts, truncated=cut)

    @fact("approvals", per="connection", needs=needs(QUESTIONS, "unaudited_orders"))
    def approvals(self, session: ChanjetSession, spot: Spot) -> Seen:
        """Sales orders that wait to be audited; whom they wait for is not told."""
        found, truncated = self._unaudited(session)
        facts = [
            Approval(seen_at=spot.seen_at, document=number, document_type="销售订单", age_s=max(0, age(made, spot)))
            for number, made in found.items()
        ]
        return Seen(facts=facts, truncated=truncated)

    @fact("open_documents", per="connection", needs=needs(QUESTIONS, "unaudited_orders"))
    def open_documents(self, session: ChanjetSession, spot: Spot) -> Seen:
        """Sales orders that nobody has audited for sixty days; when one is done no report is known to say."""
        found, truncated = self._unaudited(session)
        today = china_day(spot)
        days = [(number, day_in(CHINA, made)) for number, made in found.items()]
        old = [one for one in days if one[1] < today - timedelta(days=OLD_DAYS)]
        return Seen(facts=[old_open("sales", old, spot, today)], truncated=truncated)

    def _unaudited(self, session: ChanjetSession) -> tuple[dict[str, datetime], bool]:
        """Number of a sales order -> its date, each order once though it has many lines."""
        rows, truncated = session.rows(QUESTIONS["unaudited_orders"])
        waiting = [row for row in rows if row["SaleOrderState"] == UNAUDITED]
        dated = ((str(row["SaleOrderCode"]), moment(row["voucherdate"], CHINA)) for row in waiting)
        return {number: made for number, made in dated if made}, truncated

    @fact("api_keys", per="connection")
    def api_keys(self, session: ChanjetSession, spot: Spot) -> Seen:
        """When the tokens end: by what was said when they were handed out, or by the open token itself."""
        ends = {"openToken": None, **session.ends}
        facts = [ApiKey(seen_at=spot.seen_at, name=name, expires_at=end) for name, end in ends.items()]
        return Seen(facts=facts)


def _stopped(row: dict[str, object]) -> bool:
    """Whether a record is stopped 停用; the platform writes flags as text or as what they are."""
    return str(row["Disabled"]).lower() in ("true", "1")


def _named(row: dict[str, object]) -> str:
    return " ".join(str(row[part] or "").strip() for part in ("Name", "Specification")).strip()
