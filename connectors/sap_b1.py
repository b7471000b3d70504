"""SAP Business One through its Service Layer (v2), with a user who may only look. Nothing is ever written.

One connection reads one company, which is its account set 账套: each login takes a seat, and one is enough. Readings
that the Service Layer answers only for a query stored in it beforehand are not made; storing one would be writing.
"""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any, ClassVar

from connectors import https
from connectors.base import ENCRYPTION, N_, AccountSet, ConnectorError, Field, Seen, Spot, fact
from connectors.facts import Approval, FailedLogins, Grant, Period, Stock, User
from connectors.http_base import web_fields, wire_fields
from connectors.http_values import day, number
from connectors.questions import needs
from connectors.roles import Role
from connectors.sap_b1_layer import QUESTIONS, YES, Layer
from connectors.sap_b1_records import LayerRecords, if_there

# Its own certificate is signed by nobody else; it is pinned rather than left unchecked.
TRUSTED = {way: ENCRYPTION[way] for way in ("verified", "off")}
# How a Service Layer says that it knows no rows of rows.
NOT_JOINED = frozenset({"missing_table", "bad_answer", "missing_column"})
# Values of a posting period's status that let nobody but a few, or nobody at all, post any more.
CLOSED = frozenset({"ltPeriodClosing", "ltLocked"})
RIGHTS = {"boper_Full": "full", "boper_ReadOnly": "read"}
YEARS_TOLD = 2
FAILED_S = 3600


class SapB1(LayerRecords):
    """SAP Business One over its Service Layer."""

    kind = "sap_b1"
    label = N_("SAP Business One (Service Layer)")
    fields: ClassVar[tuple[Field, ...]] = (
        *web_fields(port=50000),
        Field(name="database", label=N_("Company database"), required=True, repoints=True,
              hint=N_("As the login window of Business One names it, such as SBO_DEMO")),
        Field(name="user", label=N_("User code"), required=True, repoints=True, hint=N_("A user that may only look")),
        Field(name="password", label=N_("Password"), type="secret", required=True),
        *(replace(one, choices=TRUSTED) if one.name == "encryption" else one for one in wire_fields()),
        Field(name="utc_offset", label=N_("Hours ahead of UTC"), type="integer", default=8, repoints=True,
              hint=N_("The server's clock: 8 in China")),
    )  # fmt: skip
    questions = QUESTIONS
    timed = ("timing_items", "timing_orders")
    sampled = ("approvals", "open_sales_orders", "partners", "items", "warehouses")
    about = N_(
        "The company, its users with their authorisations and logins, negative stock, posting periods, documents that "
        "wait for approval, stay open or are dated wrong, journal entries that do not balance, alerts, and master data "
        "that stands twice or lacks something, through the Service Layer. Passwords are never read, amounts only to "
        "see whether entries balance."
    )
    verified = N_(
        "A counterpart written from public descriptions of the Service Layer, which two public clients log in to and "
        "read as well; no Business One has been in front of it yet. The texts of refusals are general knowledge."
    )
    cannot: ClassVar = {
        "vouchers": N_("JournalVouchersService only adds vouchers and lists none; the database does"),
        "seats": N_("LicenseService tells only the number of the installation; seats are told by the license server"),
        "backups": N_("backups are made outside the Service Layer, by the server of the database"),
        "tasks": N_("where Business One keeps what somebody has open is described nowhere we know of"),
        "interfaces": N_("the tables of Business One's integration framework are described nowhere we know of"),
        "ledger_gaps": N_("the Service Layer shows no value of the stock; the database does"),
    }
    role = Role(
        give=(
            N_("Administration > Setup > General > Users: create a user for us alone, not a superuser."),
            N_("License Administration: assign it one licence that includes the Service Layer, the smallest you have."),
            N_(
                "Administration > System Initialization > Authorizations > General Authorizations: give it Read Only "
                "for users, inventory, posting periods, approval requests, orders, invoices, drafts, journal "
                "entries, alerts and business partners, and No Authorization for everything else."
            ),
        ),
        take=(
            N_("License Administration: take the licence away from the user."),
            N_("Administration > Setup > General > Users: lock the user, then remove it."),
        ),
    )

    def session(self, web: https.Web) -> Layer:
        hours = min(14, max(-12, self.settings["utc_offset"]))
        return Layer(
            web, self.settings["database"], self.settings["user"], self.secrets["password"], timedelta(hours=hours)
        )

    def list_account_sets(self, session: Layer) -> list[AccountSet]:
        """The company we are logged in to."""
        rows, _ = session.rows(QUESTIONS["company"])
        name = str(rows[0]["CompanyName"] or session.company) if rows else session.company
        return [AccountSet(code=session.company, name=name, database=session.company)]

    # The facts.

    @fact("users", per="account_set", needs=needs(QUESTIONS, "users"))
    def users(self, session: Layer, spot: Spot) -> Seen:
        """Users with their groups and last logins, both where the Service Layer shows them."""
        rows, truncated = session.rows(QUESTIONS["users"])
        groups = {row["UserGroupId"]: str(row["UserGroupName"]) for row in if_there(session, "groups") or []}
        logins = {
            str(row["UserCode"]): min(ages)
            for row in if_there(session, "actions") or []
            if (ages := [age for what, age in _actions(row, session) if what == "actionLogin"])
        }
        return Seen(facts=[_user(row, groups, logins, spot) for row in rows], truncated=truncated)

    @fact("failed_logins", per="account_set", needs=needs(QUESTIONS, "actions"))
    def failed_logins(self, session: Layer, spot: Spot) -> Seen:
        """Refused logins of the last hour, by Business One's own record."""
        rows, truncated = session.rows(QUESTIONS["actions"])
        ages = [age for row in rows for what, age in _actions(row, session) if what == "actionLoginFail"]
        count = sum(age <= FAILED_S for age in ages)
        fact = FailedLogins(account_set=spot.code, seen_at=spot.seen_at, count=count)
        return Seen(facts=[fact], truncated=truncated)

    @fact("grants", per="account_set", needs=needs(QUESTIONS, "permissions"))
    def grants(self, session: Layer, spot: Spot) -> Seen:
        """What each user may read or do; a superuser may do everything."""
        rows, truncated = session.rows(QUESTIONS["permissions"])
        named = {str(row["PermissionID"]): str(row["Name"]) for row in if_there(session, "permission_names") or []}
        facts = {fact.subject: fact for row in rows for fact in _grants(row, named, spot)}
        return Seen(facts=list(facts.values()), truncated=truncated)

    @fact("stock", per="account_set", needs=needs(QUESTIONS, "warehouses"))
    def stock(self, session: Layer, spot: Spot) -> Seen:
        """Negative stock; where rows of rows cannot be filtered, every item is gone through."""
        try:
            rows, truncated = session.rows(QUESTIONS["stock"])
            places = [(row["Items"], row["Items/ItemWarehouseInfoCollection"]) for row in rows]
        except ConnectorError as error:
            if error.reason not in NOT_JOINED:
                raise
            rows, truncated = session.rows(QUESTIONS["stock_by_item"])
            places = [(row, place) for row in rows for place in row["ItemWarehouseInfoCollection"] or []]
        names = {str(row["WarehouseCode"]): row["WarehouseName"] for row in session.rows(QUESTIONS["warehouses"])[0]}
        found = [_stock(item, place, names, spot) for item, place in places if (number(place["InStock"]) or 0) < 0]
        return Seen(facts=list({fact.subject: fact for fact in found}.values()), truncated=truncated)

    @fact("periods", per="account_set", needs=needs(QUESTIONS, "years", "periods"))
    def periods(self, session: Layer, spot: Spot) -> Seen:
        """Posting periods of the last two fiscal years; one that is closing counts as closed."""
        years = sorted((int(row["AbsoluteEntry"]) for row in session.rows(QUESTIONS["years"])[0]), reverse=True)
        facts: dict[str, Period] = {}
        truncated = False
        for key in years[:YEARS_TOLD]:
            rows, more = session.rows(QUESTIONS["periods"], key=key)
            truncated = truncated or more
            facts |= {one.subject: one for row in rows if (one := _period(row, spot))}
        return Seen(facts=list(facts.values()), truncated=truncated)

    @fact("approvals", per="account_set", needs=needs(QUESTIONS, "approvals"))
    def approvals(self, session: Layer, spot: Spot) -> Seen:
        """Requests that are pending, and whom they wait for."""
        rows, truncated = session.rows(QUESTIONS["approvals"])
        people = {row["InternalKey"]: str(row["UserCode"]) for row in if_there(session, "users") or []}
        return Seen(facts=[_approval(row, people, session, spot) for row in rows], truncated=truncated)


def _actions(row: dict[str, Any], session: Layer) -> list[tuple[str, int]]:
    """What a user did, with its age in seconds."""
    found = [
        (str(one.get("Action")), session.age_s(one.get("ActionDate"), one.get("ActionTime")))
        for one in row["UserActionRecord"] or []
    ]
    return [(what, age) for what, age in found if age is not None]


def _user(row: dict[str, Any], groups: dict[Any, str], logins: dict[str, int], spot: Spot) -> User:
    code = str(row["UserCode"])
    held = [groups.get(one.get("GroupId"), str(one.get("GroupId"))) for one in row["UserGroupByUser"] or []]
    return User(
        account_set=spot.code,
        seen_at=spot.seen_at,
        login=code,
        name=row["UserName"],
        enabled=row["Locked"] != YES,
        admin=row["Superuser"] == YES,
        roles=tuple(held),
        last_seen_at=spot.ago(logins.get(code)),
    )


def _grants(row: dict[str, Any], named: dict[str, str], spot: Spot) -> list[Grant]:
    held = [
        (str(one.get("PermissionID")), RIGHTS[one["Permission"]])
        for one in row["UserPermission"] or []
        if one.get("Permission") in RIGHTS
    ]
    if row["Superuser"] == YES:
        held.insert(0, ("SUPERUSER", "full"))
    return [
        Grant(
            account_set=spot.code,
            seen_at=spot.seen_at,
            holder=str(row["UserCode"]),
            holder_name=row["UserName"],
            right=right,
            right_name=named.get(right),
            scope=scope,
        )
        for right, scope in held
    ]


def _stock(item: dict[str, Any], place: dict[str, Any], names: dict[str, Any], spot: Spot) -> Stock:
    warehouse = str(place["WarehouseCode"])
    return Stock(
        account_set=spot.code,
        seen_at=spot.seen_at,
        item=str(item["ItemCode"]),
        item_name=item.get("ItemName"),
        warehouse=warehouse,
        warehouse_name=names.get(warehouse),
        quantity=number(place["InStock"]) or Decimal(0),
        unit=item.get("InventoryUOM"),
    )


def _period(row: dict[str, Any], spot: Spot) -> Period | None:
    begin, end = day(row["PostingDateFrom"]), day(row["PostingDateTo"])
    if begin is None:
        return None
    status = row["PeriodStatus"]
    return Period(
        account_set=spot.code,
        seen_at=spot.seen_at,
        year=begin.year,
        period=begin.month,
        begins_on=begin,
        ends_on=end,
        closed={"GL": status in CLOSED, "SA": status in CLOSED | {"ltUnlockedExceptSales"}},
    )


def _approval(row: dict[str, Any], people: dict[Any, str], session: Layer, spot: Spot) -> Approval:
    lines = row["ApprovalRequestLines"] or []
    waiting = [people.get(one.get("UserID"), str(one.get("UserID"))) for one in lines if one["Status"] == "ardPending"]
    return Approval(
        account_set=spot.code,
        seen_at=spot.seen_at,
        document=f"{row['ObjectType']}/{row['ObjectEntry'] or row['DraftEntry']}/{row['Code']}",
        document_type=str(row["ObjectType"]),
        waits_for=", ".join(waiting) or None,
        age_s=max(0, session.age_s(row["CreationDate"], row["CreationTime"]) or 0),
    )
