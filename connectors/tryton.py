"""Tryton 8 over its JSON-RPC, with a user who may only read.

Methods of the server's models are called by name; a company is an account set. What Tryton keeps from every user
(sessions, its queue, login attempts) is not asked for. What is asked stands in statements/tryton.toml.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, ClassVar

from connectors import https
from connectors.base import N_, AccountSet, Field, Seen, Spot, fact
from connectors.facts import Grant, Job, LoggedError, Setting, Task, User
from connectors.http_base import web_fields, wire_fields
from connectors.http_values import age, once
from connectors.questions import needs
from connectors.roles import Role
from connectors.tryton_books import TrytonBooks
from connectors.tryton_rpc import Rpc
from connectors.tryton_values import QUESTIONS, values_of
from connectors.values import grouped
from connectors.zones import zone_field, zone_of

# The user made by the installation itself, who is never refused anything; number 0 is the server's own hand.
ADMINISTRATOR, SERVER = 1, 0


class Tryton(TrytonBooks):
    """Tryton 8.x."""

    kind = "tryton"
    label = N_("Tryton")
    fields: ClassVar[tuple[Field, ...]] = (
        *web_fields(port=8000),
        Field(name="database", label=N_("Database"), required=True, repoints=True),
        Field(name="user", label=N_("Login"), required=True, repoints=True, hint=N_("A login that may only read")),
        Field(name="password", label=N_("Password"), type="secret", required=True),
        zone_field(),
        *wire_fields(),
    )
    questions = QUESTIONS
    timed = ("lines",)
    sampled = ("users", "jobs", "stock", "drafts", "periods")
    about = N_(
        "Companies, users with their groups, scheduled actions and their errors, stock, account moves by state, date "
        "and balance, periods, old receivables, tax numbers and product codes that stand twice, through Tryton's own "
        "interface. Passwords and texts are never read, amounts only to see whether moves balance."
    )
    verified = N_("A real Tryton 8 that runs in the tests.")
    cannot: ClassVar = {
        "backups": N_("backups are made outside Tryton, by the server of its database"),
        "failed_logins": N_("Tryton keeps its record of refused logins from every user"),
        "seats": N_("Tryton has no licences by seat"),
        "approvals": N_("Tryton has no approvals of its own, only states of documents"),
        "interfaces": N_("Tryton keeps its queue and its mails from every user"),
        "api_keys": N_("keys of its applications have no end"),
        "master_gaps": N_("what a product must have, Tryton demands when it is saved; costs are kept by company"),
        "ledger_gaps": N_("which accounts hold the stock is set by product category, and not read"),
    }
    role = Role(
        give=(
            N_("Administration > Users > Groups: create a group for us."),
            N_(
                "In its Access Permissions add each model listed here with Read access alone: no Write, Create or "
                "Delete."
            ),
            N_("Administration > Users: create a user with this group alone, and all companies to be read."),
        ),
        take=(N_("Administration > Users: deactivate the user, then the group."),),
    )

    def session(self, web: https.Web) -> Rpc:
        found = self.settings
        return Rpc(web, found["database"], found["user"], self.secrets["password"], zone_of(found["zone"]))

    def list_account_sets(self, session: Rpc) -> list[AccountSet]:
        rows, _ = session.rows(QUESTIONS["companies"])
        return [AccountSet(code=str(row["id"]), name=row["rec_name"], database=session.database) for row in rows]

    @fact("users", per="connection", needs=needs(QUESTIONS, "users"))
    def users(self, session: Rpc, spot: Spot) -> Seen:
        """Users with their groups; Tryton shows nobody when another user was last there."""
        rows, truncated = session.rows(QUESTIONS["users"])
        facts = [
            User(
                seen_at=spot.seen_at,
                login=row["login"],
                name=row["name"],
                enabled=bool(row["active"]),
                admin=row["id"] == ADMINISTRATOR,
                roles=tuple(group["rec_name"] for group in row["groups."]),
            )
            for row in rows
            if row["id"] != SERVER
        ]
        return Seen(facts=facts, truncated=truncated)

    @fact("grants", per="connection", needs=needs(QUESTIONS, "users"))
    def grants(self, session: Rpc, spot: Spot) -> Seen:
        """The groups of each user."""
        rows, truncated = session.rows(QUESTIONS["users"])
        facts = [
            Grant(
                seen_at=spot.seen_at,
                holder=row["login"],
                holder_name=row["name"],
                right=str(group["id"]),
                right_name=group["rec_name"],
            )
            for row in rows
            if row["id"] != SERVER
            for group in row["groups."]
        ]
        return Seen(facts=facts, truncated=truncated)

    @fact("tasks", per="connection", needs=needs(QUESTIONS, "overdue"))
    def tasks(self, session: Rpc, spot: Spot) -> Seen:
        """Scheduled actions whose time has passed without their being run."""
        rows, truncated = session.rows(QUESTIONS["overdue"], values_of(session, spot))
        facts = [
            Task(
                seen_at=spot.seen_at,
                key=f"ir.cron/{row['id']}",
                what="job",
                name=row["method"],
                since_at=row["next_call"],
                age_s=age(row["next_call"], spot),
            )
            for row in rows
        ]
        return Seen(facts=facts, truncated=truncated)

    @fact("jobs", per="connection", needs=needs(QUESTIONS, "jobs", "job_log", "errors"))
    def jobs(self, session: Rpc, spot: Spot) -> Seen:
        """Scheduled actions: failed where an error was kept after the last run of the day, fine where one ran."""
        values = values_of(session, spot)
        rows, truncated = session.rows(QUESTIONS["jobs"])
        log, more = session.rows(QUESTIONS["job_log"], values)
        errors, still = session.rows(QUESTIONS["errors"], values)
        ran = {row["cron"]: row for row in log}
        failed = {str(row["origin"]): row["create_date"] for row in errors}
        names = once((str(row["method"]), str(row["id"])) for row in rows)
        facts = [
            _job(name, row, ran.get(row["id"]), failed.get(f"ir.cron,{row['id']}"), spot)
            for name, row in zip(names, rows, strict=True)
        ]
        return Seen(facts=facts, truncated=truncated or more or still)

    @fact("errors", per="connection", needs=needs(QUESTIONS, "errors"))
    def errors(self, session: Rpc, spot: Spot) -> Seen:
        """Errors of the last day that nobody solved, by the action or task that they arose in."""
        rows, truncated = session.rows(QUESTIONS["errors"], values_of(session, spot))
        found = grouped((str(row["origin"]), row["create_date"]) for row in rows)
        facts = [
            LoggedError(seen_at=spot.seen_at, code=code, count=len(moments), latest_age_s=age(_latest(moments), spot))
            for code, moments in sorted(found.items())
        ]
        return Seen(facts=facts, truncated=truncated)

    @fact("settings", per="connection", needs=needs(QUESTIONS, "modules"))
    def settings_told(self, session: Rpc, spot: Spot) -> Seen:
        """The modules in use; one that waits to be activated, upgraded or removed says so."""
        rows, truncated = session.rows(QUESTIONS["modules"])
        facts = [Setting(seen_at=spot.seen_at, name=str(row["name"]), value=str(row["state"])) for row in rows]
        return Seen(facts=facts, truncated=truncated)


def _job(name: str, row: Mapping[str, Any], ran: Mapping[str, Any] | None, failed: Any, spot: Spot) -> Job:
    due = row["next_call"]
    late = age(due, spot) if due and row["active"] else 0
    ended = ran["ended"] if ran else None
    broken = failed is not None and (ended is None or failed >= ended)
    return Job(
        seen_at=spot.seen_at,
        name=name,
        enabled=bool(row["active"]),
        outcome="failed" if broken else "ok" if ran else None,
        last_age_s=age(ended, spot) if ended else None,
        last_took_s=round((ended - ran["started"]).total_seconds()) if ran and ended else None,
        overdue_s=late if late > 0 else None,
    )


def _latest(moments: Iterable[Any]) -> datetime:
    return max((one for one in moments if isinstance(one, datetime)), default=datetime.min.replace(tzinfo=UTC))
