"""Odoo 13 to 19 and later, over JSON-2 or XML-RPC; a company is an account set 账套.

The names of models and fields stand in statements/odoo.toml; each is looked for on the server before it is read.
"""

from datetime import timedelta
from decimal import Decimal
from typing import Any, ClassVar

from connectors import https
from connectors.base import N_, AccountSet, Field, Seen, Spot, fact
from connectors.facts import ApiKey, Approval, Grant, Interface, Job, Stock, Task, Unbalanced, User
from connectors.http_base import OverHttp, web_fields, wire_fields
from connectors.http_values import (
    FIRST_DAY,
    OLD_DAYS,
    age,
    day,
    moment,
    months_closed,
    number,
    odd,
    old_open,
    once,
    twice,
    unposted,
)
from connectors.odoo_rpc import Json2, OdooSession, XmlRpc
from connectors.questions import load, needs
from connectors.roles import Role

QUESTIONS = load("odoo")

# Two users that the installation makes itself: number 1 is the server's own hand, number 2 its administrator.
SUPERUSER, ADMINISTRATOR = 1, 2
CENT = Decimal("0.005")


class Odoo(OverHttp[OdooSession]):
    """Odoo, in the dialect that it speaks."""

    kind = "odoo"
    label = N_("Odoo")
    fields: ClassVar[tuple[Field, ...]] = (
        *web_fields(),
        Field(name="database", label=N_("Database"), required=True, repoints=True),
        Field(name="user", label=N_("Login"), required=True, repoints=True, hint=N_("A login that may only read")),
        Field(
            name="password",
            label=N_("API key"),
            type="secret",
            required=True,
            hint=N_("From 19 on a key is needed; before, a password works as well"),
        ),
        Field(
            name="dialect",
            label=N_("Interface"),
            type="choice",
            default="auto",
            repoints=True,
            choices={
                "auto": N_("Find out"),
                "json2": N_("JSON-2 (Odoo 19 and later)"),
                "xmlrpc": N_("XML-RPC (Odoo 18 and earlier)"),
            },
        ),
        *wire_fields(),
    )
    questions = QUESTIONS
    timed = ("sales",)
    sampled = ("users", "stock", "drafts", "jobs", "companies")
    about = N_(
        "Companies, users with their groups, stock below zero, journal entries by state and date, lock dates, "
        "scheduled actions, overdue activities, open orders and invoices, tax numbers that stand twice, outgoing mail. "
        "Only reading methods are ever called; passwords and message texts are never read, amounts only to see whether "
        "entries balance."
    )
    verified = N_(
        "No running Odoo. Both dialects are tried against a small server written from Odoo's public documents, and "
        "that server against a client library that Odoo itself publishes. The names of models and fields are general "
        "knowledge; each is looked for on your server before it is read, and what is missing is named."
    )
    cannot: ClassVar = {
        "backups": N_("backups are made outside Odoo, by the server of its database"),
        "errors": N_("Odoo writes its errors into a file of the server"),
        "failed_logins": N_("Odoo writes refused logins into a file of the server"),
    }
    role = Role(
        give=(
            N_("Settings > Users: create a user for us alone, of the type internal user."),
            N_(
                "Give it only reading groups. Accounting: Read-only. Inventory, Sales: no role that may create or edit."
            ),
            N_(
                "Scheduled actions and outgoing mail are open to the Settings role alone, which may also write. Leave "
                "it out: these two then say that a right is missing; or make a group with read access to ir.cron and "
                "mail.mail (Settings > Technical > Access rights)."
            ),
            N_("Allow it all companies that are to be read."),
            N_(
                "As this user: Preferences > Account security > New API key. Odoo 19 lets a key live three months at "
                "most; its end is watched here."
            ),
        ),
        take=(
            N_("Settings > Users: open the user, delete its API keys, then archive the user."),
            N_("Delete the group made for it, if there was one."),
        ),
    )

    def session(self, web: https.Web) -> OdooSession:
        found = self.settings
        dialect = Json2 if self._dialect(web) == "json2" else XmlRpc
        return dialect(web, found["database"], found["user"], self.secrets["password"])

    def _dialect(self, web: https.Web) -> str:
        """The one that was chosen, or JSON-2 where its own version page is there."""
        if self.settings["dialect"] != "auto":
            return str(self.settings["dialect"])
        answer = web.ask("GET", "/web/version")
        return "json2" if answer.status == 200 and b"version_info" in answer.body else "xmlrpc"

    def list_account_sets(self, session: OdooSession) -> list[AccountSet]:
        rows, _ = session.rows(QUESTIONS["companies"])
        return [AccountSet(code=str(row["id"]), name=_text(row["name"]), database=session.database) for row in rows]

    @fact("users", per="connection", needs=needs(QUESTIONS, "users"))
    def users(self, session: OdooSession, spot: Spot) -> Seen:
        """Internal users; people of the portal are no users of the ERP."""
        rows, truncated = session.rows(QUESTIONS["users"])
        facts = [
            User(
                seen_at=spot.seen_at,
                login=_text(row["login"]),
                name=_text(row["name"]),
                enabled=bool(row["active"]),
                admin=row["id"] == ADMINISTRATOR,
                last_seen_at=moment(row.get("login_date")),
            )
            for row in rows
            if row["id"] != SUPERUSER
        ]
        return Seen(facts=facts, truncated=truncated)

    @fact("grants", per="connection", needs=needs(QUESTIONS, "memberships", "groups"))
    def grants(self, session: OdooSession, spot: Spot) -> Seen:
        """The groups of each user, by their full names."""
        groups, _ = session.rows(QUESTIONS["groups"])
        names = {row["id"]: _text(row["full_name"]) for row in groups}
        rows, truncated = session.rows(QUESTIONS["memberships"])
        facts = [
            Grant(
                seen_at=spot.seen_at,
                holder=_text(row["login"]),
                holder_name=_text(row["name"]),
                right=str(group),
                right_name=names.get(group),
            )
            for row in rows
            for group in row["groups_id"] or ()
        ]
        return Seen(facts=facts, truncated=truncated)

    @fact("stock", per="account_set", needs=needs(QUESTIONS, "stock"))
    def stock(self, session: OdooSession, spot: Spot) -> Seen:
        """Products below zero by location; rows of several lots or owners are summed."""
        rows, truncated = session.rows(QUESTIONS["stock"], _values(spot))
        found: dict[tuple[str, str], Stock] = {}
        for row in rows:
            quantity = number(row["quantity"])
            item, place = _linked(row["product_id"]), _linked(row["location_id"])
            if quantity is None or quantity >= 0 or item is None or place is None:
                continue
            before = found.get((item[0], place[0]))
            found[item[0], place[0]] = Stock(
                account_set=spot.code,
                seen_at=spot.seen_at,
                item=item[0],
                item_name=item[1],
                warehouse=place[0],
                warehouse_name=place[1],
                quantity=quantity + (before.quantity if before else 0),
                unit=(_linked(row.get("product_uom_id")) or ("", None))[1],
                rows=1 + (before.rows if before else 0),
            )
        return Seen(facts=tuple(found.values()), truncated=truncated)

    @fact("vouchers", per="account_set", needs=needs(QUESTIONS, "drafts"))
    def vouchers(self, session: OdooSession, spot: Spot) -> Seen:
        """Journal entries in draft, by the month of their date."""
        rows, truncated = session.rows(QUESTIONS["drafts"], _values(spot))
        days = [found for row in rows if (found := day(row["date"]))]
        return Seen(facts=unposted(days, spot), truncated=truncated)

    @fact("periods", per="account_set", needs=needs(QUESTIONS, "companies"))
    def periods(self, session: OdooSession, spot: Spot) -> Seen:
        """The latest months by the company's lock dates; Odoo has no periods of its own."""
        rows, _ = session.rows(QUESTIONS["companies"])
        row = next((row for row in rows if str(row["id"]) == spot.code), {})
        books = {name: day(row[f"{part}_lock_date"]) for name, part in _BOOKS if f"{part}_lock_date" in row}
        hard = day(row.get("hard_lock_date"))
        until = {name: max(filter(None, (found, hard)), default=None) for name, found in books.items()}
        return Seen(facts=months_closed(until, spot))

    @fact("unbalanced", per="account_set", needs=needs(QUESTIONS, "balances", "entries"))
    def unbalanced(self, session: OdooSession, spot: Spot) -> Seen:
        """Posted entries of the last sixty days whose items do not add up to zero: the farthest to either side."""
        question = QUESTIONS["balances"]
        sums: dict[int, Decimal] = {}
        for most in (True, False):
            for link, total in session.sums(question, _values(spot), most):
                amount = number(total)
                if amount is not None and abs(amount) > CENT and _linked(link):
                    sums[int(link[0])] = amount
        rows, _ = session.rows(QUESTIONS["entries"], {"ids": sorted(sums)}) if sums else ([], False)
        facts = [
            Unbalanced(
                account_set=spot.code,
                seen_at=spot.seen_at,
                year=when.year,
                period=when.month,
                number=_text(row["name"]),
                difference=sums[row["id"]],
            )
            for row in rows
            if (when := day(row["date"]))
        ]
        return Seen(facts=facts, truncated=len(sums) >= question.cap)

    @fact("jobs", per="connection", needs=needs(QUESTIONS, "jobs"))
    def jobs(self, session: OdooSession, spot: Spot) -> Seen:
        """Scheduled actions; Odoo counts failures in a row and switches an action off after many."""
        rows, truncated = session.rows(QUESTIONS["jobs"])
        names = once((_text(row["name"]), str(row["id"])) for row in rows)
        facts = [_job(name, row, spot) for name, row in zip(names, rows, strict=True)]
        return Seen(facts=facts, truncated=truncated)

    @fact("tasks", per="connection", needs=needs(QUESTIONS, "overdue"))
    def tasks(self, session: OdooSession, spot: Spot) -> Seen:
        """Scheduled actions whose time has passed without their being run."""
        rows, truncated = session.rows(QUESTIONS["overdue"], _values(spot))
        facts = [
            Task(
                seen_at=spot.seen_at,
                key=f"ir.cron/{row['id']}",
                what="job",
                name=_text(row["name"]),
                since_at=due,
                age_s=age(due, spot),
            )
            for row in rows
            if (due := moment(row["nextcall"]))
        ]
        return Seen(facts=facts, truncated=truncated)

    @fact("approvals", per="connection", needs=needs(QUESTIONS, "activities"))
    def approvals(self, session: OdooSession, spot: Spot) -> Seen:
        """Activities that were due before today, the oldest of each document."""
        rows, truncated = session.rows(QUESTIONS["activities"], _values(spot))
        oldest: dict[tuple[Any, Any], dict[str, Any]] = {}
        for row in rows:
            oldest.setdefault((row["res_model"], row["res_id"]), row)
        names = once((_text(row["res_name"]), f"{row['res_model']},{row['res_id']}") for row in oldest.values())
        facts = [
            Approval(
                seen_at=spot.seen_at,
                document=name,
                document_type=_text(row["res_model"]),
                waits_for=(_linked(row["user_id"]) or ("", None))[1],
                age_s=age(due, spot),
            )
            for name, row in zip(names, oldest.values(), strict=True)
            if (due := moment(row["date_deadline"]))
        ]
        return Seen(facts=facts, truncated=truncated)

    @fact("duplicates", per="connection", needs=needs(QUESTIONS, "customers", "products"))
    def duplicates(self, session: OdooSession, spot: Spot) -> Seen:
        """Partners with one tax number, products with one internal reference."""
        partners, more = session.rows(QUESTIONS["customers"])
        products, still = session.rows(QUESTIONS["products"])
        facts = [
            twice("customers", (_text(row["vat"]) for row in partners), spot),
            twice("items", (_text(row["default_code"]) for row in products), spot),
        ]
        return Seen(facts=facts, truncated=more or still)

    @fact("odd_dates", per="account_set", needs=needs(QUESTIONS, "future"))
    def odd_dates(self, session: OdooSession, spot: Spot) -> Seen:
        """Journal entries dated after today, or before there were any."""
        rows, truncated = session.rows(QUESTIONS["future"], _values(spot))
        return Seen(facts=[odd("account.move", [_text(row["name"]) for row in rows], spot)], truncated=truncated)

    @fact("open_documents", per="account_set", needs=needs(QUESTIONS, "unpaid", "sales"))
    def open_documents(self, session: OdooSession, spot: Spot) -> Seen:
        """Sales orders still to be invoiced and invoices still to be paid after sixty days."""
        facts, cut = [], False
        for name, column in (("sales", "date_order"), ("unpaid", "invoice_date_due")):
            rows, truncated = session.rows(QUESTIONS[name], _values(spot))
            found = [(_text(row["name"]), day(row[column])) for row in rows]
            kind = "sale.order" if name == "sales" else "out_invoice"
            facts.append(old_open(kind, found, spot))
            cut = cut or truncated
        return Seen(facts=facts, truncated=cut)

    @fact("interfaces", per="connection", needs=needs(QUESTIONS, "mail"))
    def interfaces(self, session: OdooSession, spot: Spot) -> Seen:
        """Outgoing mail: what failed, what waits."""
        rows, truncated = session.rows(QUESTIONS["mail"])
        failed = [moment(row["create_date"]) for row in rows if row["state"] == "exception"]
        oldest = min((found for found in failed if found), default=None)
        fact = Interface(
            seen_at=spot.seen_at,
            name="mail.mail",
            failed=len(failed),
            waiting=len(rows) - len(failed),
            oldest_failed_age_s=age(oldest, spot) if oldest else None,
        )
        return Seen(facts=[fact], truncated=truncated)

    @fact("api_keys", per="connection", needs=needs(QUESTIONS, "keys"))
    def api_keys(self, session: OdooSession, spot: Spot) -> Seen:
        """The keys of this very user, which may see its own, and the day each ends."""
        rows, truncated = session.rows(QUESTIONS["keys"])
        names = once((_text(row["name"]), str(row["id"])) for row in rows)
        facts = [
            ApiKey(seen_at=spot.seen_at, name=name, expires_at=moment(row.get("expiration_date")))
            for name, row in zip(names, rows, strict=True)
        ]
        return Seen(facts=facts, truncated=truncated)


_BOOKS = (("GL", "fiscalyear"), ("tax", "tax"), ("sales", "sale"), ("purchases", "purchase"))


def _values(spot: Spot) -> dict[str, Any]:
    """What the questions bind; Odoo keeps moments in UTC, without saying so."""
    today = spot.seen_at.date()
    return {
        "company": int(spot.code or 0),
        "now": f"{spot.seen_at:%Y-%m-%d %H:%M:%S}",
        "today": today.isoformat(),
        "old": (today - timedelta(days=OLD_DAYS)).isoformat(),
        "first": FIRST_DAY.isoformat(),
    }


def _job(name: str, row: dict[str, Any], spot: Spot) -> Job:
    due, last = moment(row["nextcall"]), moment(row.get("lastcall"))
    failures = int(row.get("failure_count") or 0)
    late = age(due, spot) if due and row["active"] else 0
    return Job(
        seen_at=spot.seen_at,
        name=name,
        enabled=bool(row["active"]),
        outcome="failed" if failures else "ok" if last else None,
        last_age_s=age(last, spot) if last else None,
        overdue_s=late if late > 0 else None,
    )


def _text(value: Any) -> str:
    """A text field; Odoo says False where it is empty."""
    return value if isinstance(value, str) else ""


def _linked(value: Any) -> tuple[str, str] | None:
    """A link to another record as its number and name; None where it is empty."""
    if not isinstance(value, (list, tuple)) or len(value) != 2:
        return None
    return str(value[0]), _text(value[1])
