"""ERPNext 13 and later over Frappe's REST, with the key of a user who may only read; a company is an account set 账套.

The names of document types and fields stand in statements/erpnext.toml; each is tried before it counts as there.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, ClassVar

from connectors import https
from connectors.base import N_, AccountSet, Field, Seen, Spot, fact
from connectors.erpnext_api import FrappeSession, zone_of
from connectors.facts import (
    Approval,
    FailedLogins,
    Grant,
    Interface,
    Job,
    LoggedError,
    Period,
    Stock,
    Task,
    Unbalanced,
    User,
)
from connectors.http_base import OverHttp, web_fields, wire_fields
from connectors.http_values import (
    OLD_DAYS,
    age,
    day,
    last_months,
    moment,
    number,
    odd,
    old_open,
    once,
    twice,
    unposted,
)
from connectors.questions import load, needs
from connectors.roles import Role
from connectors.values import grouped

QUESTIONS = load("erpnext")

ADMINISTRATOR = "Administrator"
POWERFUL = "System Manager"
ITEMS_AT_ONCE = 100
# The title of an error is a place in the program, or a sentence that could hold anything.
_PLACE = re.compile(r"[A-Za-z_][\w.]{0,119}")


class ERPNext(OverHttp[FrappeSession]):
    """ERPNext on Frappe."""

    kind = "erpnext"
    label = N_("ERPNext")
    fields: ClassVar[tuple[Field, ...]] = (
        *web_fields(),
        Field(name="user", label=N_("API key"), required=True, repoints=True),
        Field(name="password", label=N_("API secret"), type="secret", required=True),
        Field(
            name="zone",
            label=N_("Time zone of the site"),
            default="Asia/Shanghai",
            required=True,
            repoints=True,
            hint=N_("As in its System Settings; the site writes its moments in it"),
        ),
        *wire_fields(),
    )
    questions = QUESTIONS
    timed = ("sales",)
    sampled = ("users", "stock", "drafts", "job_types", "approvals")
    about = N_(
        "Companies, users with their roles, stock below zero, journal entries by state and date, accounting periods, "
        "scheduled jobs, errors by place, workflow steps that wait, refused logins, open orders and invoices, tax "
        "numbers that stand twice, integrations and outgoing mail. Only GET is ever sent; passwords, texts of errors "
        "and mail are never read."
    )
    verified = N_(
        "No running ERPNext. A small server written from Frappe's public documents, itself tried once by hand with a "
        "client library of Frappe's makers. The names of document types and fields are general knowledge; each is "
        "tried on your server before it is read, and what is missing is named."
    )
    cannot: ClassVar = {
        "backups": N_("backups are made outside ERPNext, by its bench or the server of its database"),
        "api_keys": N_("keys of Frappe have no end"),
    }
    role = Role(
        give=(
            N_("Role List: create a role for us, with desk access."),
            N_(
                "Role Permissions Manager: give this role Read (and Select, Report) on each document type listed here, "
                "nothing else: no Write, Create, Submit or Delete."
            ),
            N_("User List: create a user with this role alone; set no User Permissions, they would hide rows."),
            N_("Open the user > Settings > API Access > Generate Keys; the secret is shown once."),
        ),
        take=(
            N_("User List: open the user, generate new keys so that the old ones end, and disable the user."),
            N_("Role Permissions Manager: remove the role's permissions, then delete the role."),
        ),
    )

    def session(self, web: https.Web) -> FrappeSession:
        zone = zone_of(self.settings["zone"])
        return FrappeSession(web, self.settings["user"], self.secrets["password"], zone, QUESTIONS)

    def list_account_sets(self, session: FrappeSession) -> list[AccountSet]:
        rows, _ = session.rows(QUESTIONS["companies"])
        return [AccountSet(code=str(row["name"]), name=str(row["name"])) for row in rows]

    @fact("users", per="connection", needs=needs(QUESTIONS, "users", "memberships"))
    def users(self, session: FrappeSession, spot: Spot) -> Seen:
        """Users of the desk with their roles; customers and suppliers on the website are none."""
        rows, truncated = session.rows(QUESTIONS["users"])
        members, more = session.rows(QUESTIONS["memberships"])
        roles = grouped((row["parent"], str(row["role"])) for row in members)
        facts = [
            User(
                seen_at=spot.seen_at,
                login=str(row["name"]),
                name=row["full_name"],
                enabled=bool(row["enabled"]),
                admin=row["name"] == ADMINISTRATOR or POWERFUL in roles.get(row["name"], ()),
                roles=roles.get(row["name"], ()),
                last_seen_at=moment(row.get("last_login"), session.zone),
            )
            for row in rows
        ]
        return Seen(facts=facts, truncated=truncated or more)

    @fact("grants", per="connection", needs=needs(QUESTIONS, "memberships"))
    def grants(self, session: FrappeSession, spot: Spot) -> Seen:
        """The roles of each user."""
        rows, truncated = session.rows(QUESTIONS["memberships"])
        pairs = dict.fromkeys((str(row["parent"]), str(row["role"])) for row in rows)
        facts = [Grant(seen_at=spot.seen_at, holder=who, right=role, right_name=role) for who, role in pairs]
        return Seen(facts=facts, truncated=truncated)

    @fact("stock", per="account_set", needs=needs(QUESTIONS, "stock", "warehouses", "items"))
    def stock(self, session: FrappeSession, spot: Spot) -> Seen:
        """Items below zero in the warehouses of a company."""
        houses, _ = session.rows(QUESTIONS["warehouses"], _values(session, spot))
        ours = {row["name"] for row in houses}
        rows, truncated = session.rows(QUESTIONS["stock"])
        below = [
            (row, quantity) for row in rows if row["warehouse"] in ours and (quantity := number(row["actual_qty"]))
        ]
        names = self._item_names(session, [str(row["item_code"]) for row, _ in below])
        facts = [
            Stock(
                account_set=spot.code,
                seen_at=spot.seen_at,
                item=str(row["item_code"]),
                item_name=names.get(str(row["item_code"])),
                warehouse=str(row["warehouse"]),
                quantity=quantity,
                unit=row.get("stock_uom"),
            )
            for row, quantity in below
            if quantity < 0
        ]
        return Seen(facts=facts, truncated=truncated)

    def _item_names(self, session: FrappeSession, codes: Sequence[str]) -> dict[str, str]:
        found: dict[str, str] = {}
        wanted = sorted(set(codes))
        for start in range(0, len(wanted), ITEMS_AT_ONCE):
            rows, _ = session.rows(QUESTIONS["items"], {"items": wanted[start : start + ITEMS_AT_ONCE]})
            found |= {str(row["name"]): str(row["item_name"]) for row in rows}
        return found

    @fact("vouchers", per="account_set", needs=needs(QUESTIONS, "drafts"))
    def vouchers(self, session: FrappeSession, spot: Spot) -> Seen:
        """Journal entries in draft, by the month of their date."""
        rows, truncated = session.rows(QUESTIONS["drafts"], _values(session, spot))
        days = [found for row in rows if (found := day(row["posting_date"]))]
        return Seen(facts=unposted(days, spot), truncated=truncated)

    @fact("unbalanced", per="account_set", needs=needs(QUESTIONS, "unbalanced"))
    def unbalanced(self, session: FrappeSession, spot: Spot) -> Seen:
        """Submitted journal entries with a difference."""
        rows, truncated = session.rows(QUESTIONS["unbalanced"], _values(session, spot))
        facts = [
            Unbalanced(
                account_set=spot.code,
                seen_at=spot.seen_at,
                year=when.year,
                period=when.month,
                number=str(row["name"]),
                difference=difference,
            )
            for row in rows
            if (when := day(row["posting_date"])) and (difference := number(row["difference"]))
        ]
        return Seen(facts=facts, truncated=truncated)

    @fact("periods", per="account_set", needs=needs(QUESTIONS, "periods", "closings"))
    def periods(self, session: FrappeSession, spot: Spot) -> Seen:
        """The latest months: closed by an accounting period that covers them, or by a closing voucher after them."""
        values = _values(session, spot)
        rows, _ = session.rows(QUESTIONS["periods"], values)
        spans = [(day(row["start_date"]), day(row["end_date"])) for row in rows if not row.get("disabled")]
        closings, _ = session.rows(QUESTIONS["closings"], values)
        until = max((found for row in closings if (found := day(row["period_end_date"]))), default=None)
        facts = []
        for begin, end in last_months(spot.seen_at.date(), 6):
            covered = any(first and last and first <= begin and last >= end for first, last in spans)
            closed = {"GL": covered or (until is not None and until >= end)}
            facts.append(
                Period(
                    account_set=spot.code,
                    seen_at=spot.seen_at,
                    year=begin.year,
                    period=begin.month,
                    begins_on=begin,
                    ends_on=end,
                    closed=closed,
                )
            )
        return Seen(facts=facts)

    @fact("jobs", per="connection", needs=needs(QUESTIONS, "job_types", "job_log"))
    def jobs(self, session: FrappeSession, spot: Spot) -> Seen:
        """Scheduled jobs and how each ended last within a day."""
        types, truncated = session.rows(QUESTIONS["job_types"])
        log, more = session.rows(QUESTIONS["job_log"], _values(session, spot))
        last = {row["scheduled_job_type"]: row["status"] for row in log if row["status"] in _OUTCOMES}
        names = once((str(row["method"] or row["name"]), str(row["name"])) for row in types)
        facts = []
        for name, row in zip(names, types, strict=True):
            ran = moment(row.get("last_execution"), session.zone)
            facts.append(
                Job(
                    seen_at=spot.seen_at,
                    name=name,
                    enabled=not row["stopped"],
                    outcome=_OUTCOMES.get(last.get(row["name"], "")),
                    last_age_s=age(ran, spot) if ran else None,
                )
            )
        return Seen(facts=facts, truncated=truncated or more)

    @fact("tasks", per="connection", needs=needs(QUESTIONS, "stuck"))
    def tasks(self, session: FrappeSession, spot: Spot) -> Seen:
        """Scheduled jobs that started more than an hour ago and have not ended."""
        rows, truncated = session.rows(QUESTIONS["stuck"], _values(session, spot))
        facts = [
            Task(
                seen_at=spot.seen_at,
                key=str(row["name"]),
                what="job",
                name=row["scheduled_job_type"],
                state=row["status"],
                since_at=began,
                age_s=age(began, spot),
            )
            for row in rows
            if (began := moment(row["creation"], session.zone))
        ]
        return Seen(facts=facts, truncated=truncated)

    @fact("errors", per="connection", needs=needs(QUESTIONS, "errors"))
    def errors(self, session: FrappeSession, spot: Spot) -> Seen:
        """Errors of the last day by the place where they arose; one that is named by a sentence is just an error."""
        rows, truncated = session.rows(QUESTIONS["errors"], _values(session, spot))
        found = grouped((_place(row["method"]), str(row["creation"])) for row in rows)
        facts = []
        for code, moments in sorted(found.items()):
            latest = moment(max(moments), session.zone)
            facts.append(
                LoggedError(
                    seen_at=spot.seen_at,
                    code=code,
                    count=len(moments),
                    latest_age_s=age(latest, spot) if latest else None,
                )
            )
        return Seen(facts=facts, truncated=truncated)

    @fact("approvals", per="connection", needs=needs(QUESTIONS, "approvals"))
    def approvals(self, session: FrappeSession, spot: Spot) -> Seen:
        """Documents whose workflow waits for somebody, the oldest step of each."""
        rows, truncated = session.rows(QUESTIONS["approvals"])
        oldest: dict[tuple[str, str], Mapping[str, Any]] = {}
        for row in rows:
            oldest.setdefault((str(row["reference_doctype"]), str(row["reference_name"])), row)
        names = once((number, kind) for kind, number in oldest)
        facts = [
            Approval(
                seen_at=spot.seen_at,
                document=name,
                document_type=kind,
                waits_for=row.get("user") or row.get("workflow_state"),
                age_s=age(began, spot),
            )
            for name, ((kind, _), row) in zip(names, oldest.items(), strict=True)
            if (began := moment(row["creation"], session.zone))
        ]
        return Seen(facts=facts, truncated=truncated)

    @fact("failed_logins", per="connection", needs=needs(QUESTIONS, "failed_logins"))
    def failed_logins(self, session: FrappeSession, spot: Spot) -> Seen:
        """Refused logins of the last hour."""
        rows, truncated = session.rows(QUESTIONS["failed_logins"], _values(session, spot))
        return Seen(facts=[FailedLogins(seen_at=spot.seen_at, count=len(rows))], truncated=truncated)

    @fact("interfaces", per="connection", needs=needs(QUESTIONS, "integrations", "mail"))
    def interfaces(self, session: FrappeSession, spot: Spot) -> Seen:
        """Requests from and to other systems, and outgoing mail: what failed, what waits."""
        facts, cut = [], False
        for name in ("integrations", "mail"):
            rows, truncated = session.rows(QUESTIONS[name])
            failed = [moment(row["creation"], session.zone) for row in rows if row["status"] in ("Failed", "Error")]
            oldest = min((found for found in failed if found), default=None)
            facts.append(
                Interface(
                    seen_at=spot.seen_at,
                    name=QUESTIONS[name].of,
                    failed=len(failed),
                    waiting=len(rows) - len(failed),
                    oldest_failed_age_s=age(oldest, spot) if oldest else None,
                )
            )
            cut = cut or truncated
        return Seen(facts=facts, truncated=cut)

    @fact("duplicates", per="connection", needs=needs(QUESTIONS, "customers", "suppliers"))
    def duplicates(self, session: FrappeSession, spot: Spot) -> Seen:
        """Customers, and vendors, with one tax number."""
        customers, more = session.rows(QUESTIONS["customers"])
        suppliers, still = session.rows(QUESTIONS["suppliers"])
        facts = [
            twice("customers", (row["tax_id"] for row in customers), spot),
            twice("vendors", (row["tax_id"] for row in suppliers), spot),
        ]
        return Seen(facts=facts, truncated=more or still)

    @fact("odd_dates", per="account_set", needs=needs(QUESTIONS, "future"))
    def odd_dates(self, session: FrappeSession, spot: Spot) -> Seen:
        """Ledger entries dated after today, by their vouchers."""
        rows, truncated = session.rows(QUESTIONS["future"], _values(session, spot))
        numbers = list(dict.fromkeys(str(row["voucher_no"]) for row in rows))
        return Seen(facts=[odd("GL Entry", numbers, spot)], truncated=truncated)

    @fact("open_documents", per="account_set", needs=needs(QUESTIONS, "sales", "purchases", "unpaid"))
    def open_documents(self, session: FrappeSession, spot: Spot) -> Seen:
        """Orders still open and invoices still unpaid after sixty days."""
        facts, cut = [], False
        for name in ("sales", "purchases", "unpaid"):
            question = QUESTIONS[name]
            rows, truncated = session.rows(question, _values(session, spot))
            found = [(str(row["name"]), day(row[question.columns[1]])) for row in rows]
            facts.append(old_open(question.of, found, spot))
            cut = cut or truncated
        return Seen(facts=facts, truncated=cut)


_OUTCOMES = {"Complete": "ok", "Failed": "failed"}


def _values(session: FrappeSession, spot: Spot) -> dict[str, Any]:
    """What the questions bind; moments in the site's own zone, without saying so."""
    local = spot.seen_at.astimezone(session.zone)
    return {
        "company": spot.code or "",
        "today": local.date().isoformat(),
        "old": (local.date() - timedelta(days=OLD_DAYS)).isoformat(),
        "day": _written(local - timedelta(days=1)),
        "hour": _written(local - timedelta(hours=1)),
    }


def _written(local: datetime) -> str:
    return f"{local:%Y-%m-%d %H:%M:%S}"


def _place(title: Any) -> str:
    return str(title) if _PLACE.fullmatch(str(title)) else "error"
