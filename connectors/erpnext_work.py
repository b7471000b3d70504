"""What a Frappe site does by itself and what waits in it: jobs, errors, workflows, refused logins, requests, mail."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from connectors.base import Seen, Spot, fact
from connectors.erpnext_api import FrappeSession
from connectors.erpnext_values import QUESTIONS, values_of
from connectors.facts import Approval, FailedLogins, Interface, Job, LoggedError, Setting, Task
from connectors.http_base import OverHttp
from connectors.http_values import age, moment, once
from connectors.questions import needs
from connectors.values import grouped

# The title of an error is a place in the program, or a sentence that could hold anything.
_PLACE = re.compile(r"[A-Za-z_][\w.]{0,119}")
LONG_S = 3600
_OUTCOMES = {"Complete": "ok", "Failed": "failed"}


class ERPNextWork(OverHttp[FrappeSession]):
    """Jobs, errors and what waits."""

    @fact("jobs", per="connection", needs=needs(QUESTIONS, "job_types", "job_log"))
    def jobs(self, session: FrappeSession, spot: Spot) -> Seen:
        """Scheduled jobs and how each ended last within a day."""
        types, truncated = session.rows(QUESTIONS["job_types"])
        log, more = session.rows(QUESTIONS["job_log"], values_of(session, spot))
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

    @fact("tasks", per="connection", needs=needs(QUESTIONS, "queues"))
    def background_jobs(self, session: FrappeSession, spot: Spot) -> Seen:
        """Background jobs that have waited or run for more than an hour; no worker may be there to take them."""
        rows, truncated = session.rows(QUESTIONS["queues"])
        since = [(row, _since(row, session)) for row in rows if row["status"] in ("queued", "started")]
        facts = [
            Task(
                seen_at=spot.seen_at,
                key=f"RQ Job/{row['name']}",
                what="job",
                name=f"{row['queue']}: {row.get('job_name') or row['name']}",
                state=row["status"],
                since_at=began,
                age_s=age(began, spot),
            )
            for row, began in since
            if began and age(began, spot) > LONG_S
        ]
        return Seen(facts=facts, truncated=truncated)

    @fact("interfaces", per="connection", needs=needs(QUESTIONS, "queues"))
    def background_queues(self, session: FrappeSession, spot: Spot) -> Seen:
        """What failed and what waits in each queue of background jobs."""
        rows, truncated = session.rows(QUESTIONS["queues"])
        facts = []
        for queue in sorted({str(row["queue"]) for row in rows}):
            mine = [row for row in rows if str(row["queue"]) == queue]
            failed = [row for row in mine if row["status"] == "failed"]
            oldest = min((since for row in failed if (since := _since(row, session))), default=None)
            facts.append(
                Interface(
                    seen_at=spot.seen_at,
                    name=f"RQ Job: {queue}",
                    failed=len(failed),
                    waiting=sum(row["status"] == "queued" for row in mine),
                    oldest_failed_age_s=age(oldest, spot) if oldest else None,
                )
            )
        return Seen(facts=facts, truncated=truncated)

    @fact("settings", per="connection", needs=needs(QUESTIONS, "applications"))
    def applications(self, session: FrappeSession, spot: Spot) -> Seen:
        """The applications of the site with their versions, so that an upgrade is noticed."""
        rows, truncated = session.rows(QUESTIONS["applications"])
        facts = [
            Setting(
                seen_at=spot.seen_at,
                name=str(row["app_name"]),
                value=" ".join(str(row[part]) for part in ("app_version", "git_branch") if row.get(part)),
            )
            for row in rows
        ]
        return Seen(facts=facts, truncated=truncated)

    @fact("tasks", per="connection", needs=needs(QUESTIONS, "stuck"))
    def tasks(self, session: FrappeSession, spot: Spot) -> Seen:
        """Scheduled jobs that started more than an hour ago and have not ended."""
        rows, truncated = session.rows(QUESTIONS["stuck"], values_of(session, spot))
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
        rows, truncated = session.rows(QUESTIONS["errors"], values_of(session, spot))
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
        rows, truncated = session.rows(QUESTIONS["failed_logins"], values_of(session, spot))
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


def _since(row: Mapping[str, Any], session: FrappeSession) -> datetime | None:
    """When a background job began, or was put into its queue."""
    return moment(row.get("started_at") or row.get("creation"), session.zone)


def _place(title: Any) -> str:
    return str(title) if _PLACE.fullmatch(str(title)) else "error"
