"""Kingdee Galaxy (金蝶云星空) through its WebAPI, with a user or an app that may only look. Nothing is ever written.

A data centre 数据中心 is one installation; each organisation 组织 in it is told as an account set of its own. What the
WebAPI does not show (locks, failed workflows, plans, licences) a private cloud's database does: `kingdee_galaxy_db`.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any, ClassVar

from connectors import business, https
from connectors.base import ENCRYPTION, N_, AccountSet, ConnectorError, Field, Need, Seen, Spot, fact
from connectors.facts import Approval, Grant, Shape
from connectors.http_base import OverHttp, web_fields, wire_fields
from connectors.http_values import day, lacking, odd, old_open, twice, untaxed
from connectors.k3_periods import closing_states
from connectors.kingdee_galaxy_api import GAPS, Session, path_of
from connectors.kingdee_galaxy_forms import QUESTIONS
from connectors.kingdee_galaxy_rows import below_zero, by_period, likeness, standings, totals, user
from connectors.kingdee_galaxy_signing import App
from connectors.roles import Role

# What is not encrypted stays within the client's network; a certificate is checked, or not asked for.
TRUSTED = {way: ENCRYPTION[way] for way in ("verified", "off")}
WAYS = {"app": N_("Signed third-party app"), "password": N_("User name and password")}
IN_DATABASE = N_("the WebAPI does not show it; in a private cloud its database does")

# Question -> what its documents are called.
APPROVALS = {"approval_sales_orders": "销售订单", "approval_purchase_orders": "采购订单"}
# Forms that belong to modules not every installation has, or that not every user may see.
ALSO_WAITING = {
    "approval_deliveries": "销售出库单", "approval_receipts": "采购入库单", "approval_production_orders": "生产订单",
    "approval_receivables": "应收单", "approval_payables": "应付单",
}  # fmt: skip
OPEN = {"open_sales_orders": "销售订单", "open_purchase_orders": "采购订单"}
FUTURE = {"future_sales_orders": "销售订单", "future_purchase_orders": "采购订单"}
LACKING = {"items_without_unit": "no_unit", "items_without_cost": "no_cost"}
MASTERS = {"materials": "items", "customers": "customers", "suppliers": "vendors"}


def needs(*names: str) -> tuple[Need, ...]:
    """What these questions need."""
    return tuple(dict.fromkeys(QUESTIONS[name].need for name in names))


class KingdeeGalaxy(OverHttp[Session]):
    """金蝶云星空 over its WebAPI."""

    kind = "kingdee_galaxy"
    label = N_("Kingdee Galaxy (WebAPI)")
    fields: ClassVar[tuple[Field, ...]] = (
        *web_fields(),
        Field(name="path", label=N_("Path"), default="k3cloud", repoints=True,
              hint=N_("What stands between the server and the page of the login, usually k3cloud")),
        Field(name="data_centre", label=N_("Data centre id"), required=True, repoints=True,
              hint=N_("Shown where the third-party app is authorised")),
        Field(name="way", label=N_("Login by"), type="choice", default="app", choices=WAYS, repoints=True),
        Field(name="user", label=N_("User name"), required=True, repoints=True,
              hint=N_("A user that may only look; for an app, the user it calls for")),
        Field(name="app_id", label=N_("App id"), repoints=True, hint=N_("For a signed app: both halves, with the _")),
        Field(name="app_secret", label=N_("App secret"), type="secret"),
        Field(name="password", label=N_("Password"), type="secret"),
        Field(name="utc_offset", label=N_("Hours ahead of UTC"), type="integer", default=8, repoints=True,
              hint=N_("The server's clock: 8 in China")),
        *(replace(one, choices=TRUSTED) if one.name == "encryption" else one for one in wire_fields()),
    )  # fmt: skip
    questions = QUESTIONS
    perhaps = frozenset({"master_gaps"})
    timed = ("timing_stock", "timing_orders")
    about = N_(
        "Organisations, users and roles, negative stock, unposted and unbalanced vouchers, current periods, documents "
        "that wait, stay open or are dated wrong, and master data that stands twice or lacks something, through "
        "Galaxy's own WebAPI. "
        "Passwords are never read."
    )
    verified = N_(
        "A counterpart written from public descriptions of the WebAPI, which the vendor's own client reads as well; "
        "no Galaxy has been in front of it yet. Names of fields that an "
        "installation spells differently are found out there; FPosted, FInvalid, FCurrentYear and the forms of users, "
        "roles and the log are not confirmed."
    )
    cannot: ClassVar = {
        "tasks": IN_DATABASE,
        "interfaces": IN_DATABASE,
        "jobs": IN_DATABASE,
        "seats": IN_DATABASE,
        "ledger_gaps": N_("which accounts hold the stock is set by templates of vouchers, which no form shows"),
        "backups": N_("backups are made outside the WebAPI, by the server of its database or by the vendor"),
        "api_keys": N_("when the app's authorisation ends is shown only in Galaxy's own pages"),
    }

    role = Role(
        give=(
            N_("System management > Users: create a user for us alone, in the organisations that are to be read."),
            N_(
                "System management > Roles: make a role that may only view the forms listed here, and give it to this "
                "user; vouchers often need to be granted by themselves."
            ),
            N_("For a signed app: third-party login authorisation > New, with this user as the integration user."),
        ),
        take=(
            N_("Third-party login authorisation: disable the app, then delete it."),
            N_("System management > Users: disable the user; delete the role made for it."),
        ),
    )

    def _app(self) -> App | None:
        """The app that signs. Raises ConnectorError bad_settings naming the field that is missing for this way in."""
        signed = self.settings["way"] == "app"
        for name in ("app_id", "app_secret") if signed else ("password",):
            if not (self.secrets.get(name) or self.settings.get(name)):
                raise ConnectorError("bad_settings", {"field": name}, field=name)
        if not signed:
            return None
        return App(
            app_id=self.settings["app_id"],
            secret=self.secrets["app_secret"],
            data_centre=self.settings["data_centre"],
            user=self.settings["user"],
        )

    def session(self, web: https.Web) -> Session:
        return Session(
            web,
            path=path_of(self.settings["path"] or ""),
            data_centre=self.settings["data_centre"],
            user=self.settings["user"],
            password=self.secrets.get("password", ""),
            app=self._app(),
            zone=timedelta(hours=min(14, max(-12, self.settings["utc_offset"]))),
        )

    def _where(self) -> str:
        return str(self.settings["data_centre"])

    def list_account_sets(self, session: Session) -> list[AccountSet]:
        """The organisations; where they may not be read, the data centre as a whole."""
        try:
            rows, _ = session.rows(QUESTIONS["organisations"])
        except ConnectorError as error:
            if error.reason not in GAPS:
                raise
            session.organised = False
            whole = self.settings["data_centre"]
            return [AccountSet(code=whole, name=whole)]
        return [AccountSet(code=str(row["FNumber"]), name=str(row["FName"] or row["FNumber"])) for row in rows]

    def _ask(self, session: Session, name: str, spot: Spot) -> tuple[list[dict[str, Any]], bool]:
        """The records of a question, of the organisation the look is about. Raises ConnectorError."""
        return session.rows(QUESTIONS[name], spot.code if session.organised else None)

    def _ask_if_there(self, session: Session, name: str, spot: Spot) -> list[dict[str, Any]] | None:
        """The records of a question that not every installation answers, or answers us: then None."""
        try:
            return self._ask(session, name, spot)[0]
        except ConnectorError as error:
            if error.reason in GAPS:
                return None
            raise

    def _ask_all(
        self, session: Session, names: Mapping[str, str], spot: Spot
    ) -> tuple[list[tuple[str, list[dict[str, Any]]]], bool]:
        """The records of several questions by what each asks for, and whether any of them has more."""
        asked = [(what, *self._ask(session, name, spot)) for name, what in names.items()]
        return [(what, rows) for what, rows, _ in asked], any(more for *_, more in asked)

    # The facts.

    @fact("users", per="connection", needs=needs("users"))
    def users(self, session: Session, spot: Spot) -> Seen:
        """Users with their roles and last logins, both where this installation shows them."""
        rows, truncated = session.rows(QUESTIONS["users"])
        linked = self._ask_if_there(session, "user_roles", spot)
        roles: dict[str, tuple[str, ...]] = {}
        for row in linked or []:
            roles[str(row["FUserName"])] = (*roles.get(str(row["FUserName"]), ()), str(row["FRoleName"]))
        seen: dict[str, Any] = {}
        for row in self._ask_if_there(session, "logins", spot) or []:
            name = str(row["FUserID.FName"])
            seen[name] = max(seen.get(name, ""), str(row["FDateTime"] or ""))
        facts = {
            fact.login: fact
            for fact in (
                user(row, None if linked is None else roles, session.age_s(seen.get(str(row["FName"]))), spot)
                for row in rows
            )
        }
        return Seen(facts=list(facts.values()), truncated=truncated)

    @fact("grants", per="connection", needs=needs("user_roles"))
    def grants(self, session: Session, spot: Spot) -> Seen:
        """Roles of the users; what a role allows is shown only in Galaxy's own pages."""
        rows, truncated = session.rows(QUESTIONS["user_roles"])
        facts = [
            Grant(seen_at=spot.seen_at, holder=user, right=role, right_name=name)
            for user, role, name in dict.fromkeys(
                (str(row["FUserName"]), str(row["FRoleID"] or row["FRoleName"]), str(row["FRoleName"])) for row in rows
            )
        ]
        return Seen(facts=facts, truncated=truncated)

    @fact("stock", per="account_set", needs=needs("stock"))
    def stock(self, session: Session, spot: Spot) -> Seen:
        """Negative stock: the negative rows of an item in a warehouse (batches, owners, states) together."""
        rows, truncated = self._ask(session, "stock", spot)
        return Seen(facts=below_zero(rows, spot), truncated=truncated)

    @fact("vouchers", per="account_set", needs=needs("vouchers"))
    def vouchers(self, session: Session, spot: Spot) -> Seen:
        """Vouchers that are not posted, by period."""
        rows, truncated = self._ask(session, "vouchers", spot)
        return Seen(facts=by_period(rows, session.now_there().date(), spot), truncated=truncated)

    @fact("unbalanced", per="account_set", needs=needs("unbalanced"))
    def unbalanced(self, session: Session, spot: Spot) -> Seen:
        rows, truncated = self._ask(session, "unbalanced", spot)
        return Seen(facts=business.unbalanced(map(totals, rows), spot), truncated=truncated)

    @fact("periods", per="account_set", needs=needs("books"))
    def periods(self, session: Session, spot: Spot) -> Seen:
        """The ledger's closing state that follows from where each account book stands."""
        rows, truncated = self._ask(session, "books", spot)
        return Seen(facts=closing_states(standings(rows), spot), truncated=truncated)

    @fact("approvals", per="account_set", needs=needs(*APPROVALS))
    def approvals(self, session: Session, spot: Spot) -> Seen:
        """Documents that were submitted; whom they wait for is told by the database only."""

        def made(row: dict[str, Any], what: str) -> Approval:
            age = session.age_s(row["FModifyDate"] or row["FDate"]) or 0
            document = str(row["FBillNo"])
            return Approval(
                account_set=spot.code, seen_at=spot.seen_at, document=document, document_type=what, age_s=max(0, age)
            )

        asked, truncated = self._ask_all(session, APPROVALS, spot)
        asked += [(what, self._ask_if_there(session, name, spot) or []) for name, what in ALSO_WAITING.items()]
        facts = {fact.subject: fact for fact in (made(row, what) for what, rows in asked for row in rows)}
        return Seen(facts=list(facts.values()), truncated=truncated)

    @fact("open_documents", per="account_set", needs=needs(*OPEN))
    def open_documents(self, session: Session, spot: Spot) -> Seen:
        """Orders that have been open for more than sixty days."""
        asked, truncated = self._ask_all(session, OPEN, spot)
        found = {what: [(str(row["FBillNo"]), day(row["FDate"])) for row in rows] for what, rows in asked}
        today = session.now_there().date()
        return Seen(facts=[old_open(what, rows, spot, today) for what, rows in found.items()], truncated=truncated)

    @fact("odd_dates", per="account_set", needs=needs(*FUTURE))
    def odd_dates(self, session: Session, spot: Spot) -> Seen:
        """Orders dated after today."""
        asked, truncated = self._ask_all(session, FUTURE, spot)
        facts = [odd(what, [str(row["FBillNo"]) for row in rows], spot) for what, rows in asked]
        return Seen(facts=facts, truncated=truncated)

    @fact("duplicates", per="account_set", needs=needs(*MASTERS))
    def duplicates(self, session: Session, spot: Spot) -> Seen:
        """Items of the same name and specification, customers and suppliers of the same name."""
        asked, truncated = self._ask_all(session, MASTERS, spot)
        return Seen(facts=[twice(what, map(likeness, rows), spot) for what, rows in asked], truncated=truncated)

    @fact("master_gaps", per="account_set", needs=needs(*LACKING))
    def master_gaps(self, session: Session, spot: Spot) -> Seen:
        """Items without a unit or a cost; suppliers without a credit code, where they may be seen."""
        asked, truncated = self._ask_all(session, LACKING, spot)
        facts = [lacking("items", what, [str(row["FNumber"]) for row in rows], spot) for what, rows in asked]
        bare = self._ask_if_there(session, "untaxed_suppliers", spot)
        facts += [] if bare is None else [untaxed("vendors", [str(row["FNumber"]) for row in bare], spot)]
        return Seen(facts=facts, truncated=truncated)

    @fact("shapes", per="connection")
    def shapes(self, session: Session, spot: Spot) -> Seen:
        """Fields that are read and that a form here does not have."""
        wanted: dict[str, list[str]] = {}
        for question in QUESTIONS.values():
            wanted.setdefault(question.of, []).extend(question.need.columns)
        facts = []
        for form, columns in wanted.items():
            missing = _missing(session, form, columns)
            if missing is not None:
                facts.append(Shape(seen_at=spot.seen_at, name=form, missing=missing))
        return Seen(facts=facts)


def _missing(session: Session, form: str, columns: list[str]) -> tuple[str, ...] | None:
    """The fields a form lacks, ("*",) when it is not there itself; None when it does not tell."""
    try:
        keys = session.keys(form)
    except ConnectorError as error:
        if error.reason == "missing_table":
            return ("*",)
        raise
    if not keys.told:
        return None
    return tuple(dict.fromkeys(column for column in columns if not keys.has(column)))
