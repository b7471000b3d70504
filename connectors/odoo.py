"""Odoo 13 to 19 and later, over JSON-2 or XML-RPC; a company is an account set 账套.

The names of models and fields stand in statements/odoo.toml; each is looked for on the server before it is read.
"""

from typing import ClassVar

from connectors import https
from connectors.base import N_, AccountSet, Field, Seen, Spot, fact
from connectors.facts import Grant, User
from connectors.http_base import web_fields, wire_fields
from connectors.http_values import moment
from connectors.odoo_books import OdooBooks
from connectors.odoo_rpc import Json2, OdooSession, XmlRpc
from connectors.odoo_values import QUESTIONS, text
from connectors.odoo_work import OdooWork
from connectors.questions import needs
from connectors.roles import Role
from connectors.zones import zone_field, zone_of

# Two users that the installation makes itself: number 1 is the server's own hand, number 2 its administrator.
SUPERUSER, ADMINISTRATOR = 1, 2


class Odoo(OdooBooks, OdooWork):
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
        zone_field(),
        *wire_fields(),
    )
    questions = QUESTIONS
    timed = ("sales",)
    perhaps = frozenset({"ledger_gaps"})
    sampled = ("users", "stock", "drafts", "jobs", "companies")
    about = N_(
        "Companies, users with their groups, modules, stock below zero, journal entries by state and date, lock dates, "
        "scheduled actions, overdue activities, open orders and invoices, tax numbers that stand twice or lack, "
        "outgoing mail. Only reading methods are ever called; passwords and message texts are never read, amounts only "
        "to see whether entries balance, and stock and ledger agree."
    )
    verified = N_(
        "No running Odoo. Both dialects are tried against a small server written from Odoo's public documents, and "
        "that server against the client library that Odoo itself publishes (odoo-client-lib 2.0.1); one of other hands "
        "(odoorpc 0.10.1) makes the same calls by JSON-RPC and finds what we report. The names of models and fields "
        "are general knowledge; each is looked for on your server before it is read, and what is missing is named."
    )
    cannot: ClassVar = {
        "backups": N_("backups are made outside Odoo, by the server of its database"),
        "errors": N_("Odoo writes its errors into a file of the server"),
        "failed_logins": N_("Odoo writes refused logins into a file of the server"),
        "seats": N_("how many users a subscription covers is known to Odoo's own service alone"),
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
            N_(
                "Give that group read access to ir.rule and ir.module.module as well: only then do we notice that a "
                "record rule hides documents from us (own documents only), and that a module was changed."
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
        return dialect(web, found["database"], found["user"], self.secrets["password"], zone_of(found["zone"]))

    def _dialect(self, web: https.Web) -> str:
        """The one that was chosen, or JSON-2 where its own version page is there."""
        if self.settings["dialect"] != "auto":
            return str(self.settings["dialect"])
        answer = web.ask("GET", "/web/version")
        return "json2" if answer.status == 200 and b"version_info" in answer.body else "xmlrpc"

    def list_account_sets(self, session: OdooSession) -> list[AccountSet]:
        rows, _ = session.rows(QUESTIONS["companies"])
        return [AccountSet(code=str(row["id"]), name=text(row["name"]), database=session.database) for row in rows]

    @fact("users", per="connection", needs=needs(QUESTIONS, "users"))
    def users(self, session: OdooSession, spot: Spot) -> Seen:
        """Internal users; people of the portal are no users of the ERP."""
        rows, truncated = session.rows(QUESTIONS["users"])
        facts = [
            User(
                seen_at=spot.seen_at,
                login=text(row["login"]),
                name=text(row["name"]),
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
        names = {row["id"]: text(row["full_name"]) for row in groups}
        rows, truncated = session.rows(QUESTIONS["memberships"])
        facts = [
            Grant(
                seen_at=spot.seen_at,
                holder=text(row["login"]),
                holder_name=text(row["name"]),
                right=str(group),
                right_name=names.get(group),
            )
            for row in rows
            for group in row["groups_id"] or ()
        ]
        return Seen(facts=facts, truncated=truncated)
