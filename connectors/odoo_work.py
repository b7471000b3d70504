"""What Odoo does by itself and what waits in it: scheduled actions, activities, mail, keys."""

from typing import Any

from connectors.base import Seen, Spot, fact
from connectors.facts import ApiKey, Approval, Interface, Job, Setting, Task
from connectors.http_base import OverHttp
from connectors.http_values import age, moment, once
from connectors.odoo_rpc import OdooSession
from connectors.odoo_values import QUESTIONS, linked, text, values_of
from connectors.questions import needs


class OdooWork(OverHttp[OdooSession]):
    """Scheduled actions and what waits."""

    @fact("jobs", per="connection", needs=needs(QUESTIONS, "jobs"))
    def jobs(self, session: OdooSession, spot: Spot) -> Seen:
        """Scheduled actions; Odoo counts failures in a row and switches an action off after many."""
        rows, truncated = session.rows(QUESTIONS["jobs"])
        names = once((text(row["name"]), str(row["id"])) for row in rows)
        facts = [_job(name, row, spot) for name, row in zip(names, rows, strict=True)]
        return Seen(facts=facts, truncated=truncated)

    @fact("tasks", per="connection", needs=needs(QUESTIONS, "overdue"))
    def tasks(self, session: OdooSession, spot: Spot) -> Seen:
        """Scheduled actions whose time has passed without their being run."""
        rows, truncated = session.rows(QUESTIONS["overdue"], values_of(session, spot))
        facts = [
            Task(
                seen_at=spot.seen_at,
                key=f"ir.cron/{row['id']}",
                what="job",
                name=text(row["name"]),
                since_at=due,
                age_s=age(due, spot),
            )
            for row in rows
            if (due := moment(row["nextcall"]))
        ]
        return Seen(facts=facts, truncated=truncated)

    @fact("settings", per="connection", needs=needs(QUESTIONS, "modules"))
    def settings_told(self, session: OdooSession, spot: Spot) -> Seen:
        """The modules in use; one that waits to be installed, upgraded or removed says so."""
        rows, truncated = session.rows(QUESTIONS["modules"])
        facts = [Setting(seen_at=spot.seen_at, name=text(row["name"]), value=_standing(row)) for row in rows]
        return Seen(facts=facts, truncated=truncated)

    @fact("approvals", per="connection", needs=needs(QUESTIONS, "activities"))
    def approvals(self, session: OdooSession, spot: Spot) -> Seen:
        """Activities that were due before today, the oldest of each document."""
        rows, truncated = session.rows(QUESTIONS["activities"], values_of(session, spot))
        oldest: dict[tuple[Any, Any], dict[str, Any]] = {}
        for row in rows:
            oldest.setdefault((row["res_model"], row["res_id"]), row)
        names = once((text(row["res_name"]), f"{row['res_model']},{row['res_id']}") for row in oldest.values())
        facts = [
            Approval(
                seen_at=spot.seen_at,
                document=name,
                document_type=text(row["res_model"]),
                waits_for=(linked(row["user_id"]) or ("", None))[1],
                age_s=age(due, spot),
            )
            for name, row in zip(names, oldest.values(), strict=True)
            if (due := moment(row["date_deadline"], session.zone))
        ]
        return Seen(facts=facts, truncated=truncated)

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
        names = once((text(row["name"]), str(row["id"])) for row in rows)
        facts = [
            ApiKey(seen_at=spot.seen_at, name=name, expires_at=moment(row.get("expiration_date")))
            for name, row in zip(names, rows, strict=True)
        ]
        return Seen(facts=facts, truncated=truncated)


def _standing(row: dict[str, Any]) -> str:
    """The version where a module is simply installed, else the state that it is in."""
    version, state = text(row.get("latest_version")), text(row["state"])
    return version or state if state == "installed" else f"{version} {state}".strip()


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
