"""ERPNext 13 and later over Frappe's REST, with the key of a user who may only read; a company is an account set 账套.

The names of document types and fields stand in statements/erpnext.toml; each is tried before it counts as there.
"""

from typing import ClassVar

from connectors import https
from connectors.base import N_, AccountSet, Field, Seen, Spot, fact
from connectors.erpnext_api import FrappeSession
from connectors.erpnext_books import ERPNextBooks
from connectors.erpnext_values import QUESTIONS
from connectors.erpnext_work import ERPNextWork
from connectors.facts import Grant, User
from connectors.http_base import web_fields, wire_fields
from connectors.http_values import moment
from connectors.questions import needs
from connectors.roles import Role
from connectors.values import grouped
from connectors.zones import zone_of

ADMINISTRATOR = "Administrator"
POWERFUL = "System Manager"


class ERPNext(ERPNextBooks, ERPNextWork):
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
    perhaps = frozenset({"ledger_gaps"})
    sampled = ("users", "stock", "drafts", "job_types", "approvals")
    about = N_(
        "Companies, users with their roles, applications, stock below zero, journal entries by state and date, "
        "accounting periods, scheduled and background jobs, errors by place, workflow steps that wait, refused "
        "logins, open orders and invoices, tax numbers that stand twice or lack, integrations and outgoing mail. Only "
        "GET is ever sent; passwords, texts of errors and mail are never read, amounts only to see whether entries "
        "balance, and stock and ledger agree."
    )
    verified = N_(
        "No running ERPNext. A small server written from Frappe's public documents, in which a public client library "
        "(frappe-connector 0.2.0) finds what we report. The names of document types and fields are general knowledge; "
        "each is tried on your server before it is read, and what is missing is named."
    )
    cannot: ClassVar = {
        "backups": N_("backups are made outside ERPNext, by its bench or the server of its database"),
        "api_keys": N_("keys of Frappe have no end"),
        "seats": N_("ERPNext has no licences by seat"),
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
