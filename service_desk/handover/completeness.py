"""What is there of all a successor needs, read from the live data in one statement."""

from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, TextClause, func, select

from service_desk.billing.models import Contract
from service_desk.checks.models import CheckState
from service_desk.estate.models import EstateItem
from service_desk.handover.needs import NEEDS
from service_desk.handover.score import Score, score
from service_desk.knowledge.models import Article
from service_desk.safeguards.models import AccessReview, BackupCopy, BackupPlan, RestoreDrill
from service_desk.scope import session
from service_desk.sla.models import SlaPolicy
from service_desk.spelled import spelled_out
from service_desk.tenants.models import Contact, ErpConnection, TenantMember
from service_desk.tickets.models import Ticket, TicketMessage
from service_desk.worklog.models import Entry


def completeness(now: datetime) -> Score:
    """Count what the client in scope has, and judge it."""
    row = session().execute(_question()).one()._mapping
    seen = {str(name): value for name, value in row.items()}
    return score([need.item(seen) for need in NEEDS], now)


@cache
def _question() -> TextClause:
    """One statement for everything, beside each other: each table is walked through once for all its figures."""
    parts = [select(*figures).subquery(f"part_{place}") for place, figures in enumerate(_figures())]
    parts.append(select(func.count().label("silent")).select_from(Ticket).where(_silent()).subquery("part_silent"))
    return spelled_out(select(*(column for part in parts for column in part.c)))


def _count(key: Any, *conditions: Any) -> Any:
    return func.count(key).filter(*conditions) if conditions else func.count(key)


def _silent() -> ColumnElement[bool]:
    """Open tickets of the gravest kind to which nobody said a word."""
    said = select(TicketMessage.id).where(
        TicketMessage.tenant_id == Ticket.tenant_id, TicketMessage.ticket_id == Ticket.id
    )
    return (Ticket.priority == "P1") & Ticket.status.in_(("new", "open")) & ~said.exists()


def _figures() -> list[list[Any]]:
    """By table: how many there are of what, and when something was last seen or done."""
    return [_people(), _boss(), _agreed(), _policies(), *_systems(), *_safeguards(), _checks(), _work(), _articles()]


def _people() -> list[Any]:
    return [
        _count(Contact.id, ~Contact.is_vendor).label("people"),
        _count(Contact.id, Contact.is_vendor).label("vendors"),
    ]


def _boss() -> list[Any]:
    return [_count(TenantMember.id, TenantMember.role == "boss", TenantMember.ended_at.is_(None)).label("boss")]


def _agreed() -> list[Any]:
    return [_count(Contract.id).label("contract")]


def _policies() -> list[Any]:
    return [_count(SlaPolicy.id).label("policies")]


def _systems() -> list[list[Any]]:
    probed, enabled = ErpConnection.probed_at, ErpConnection.enabled
    connections = [
        _count(ErpConnection.id).label("connections"),
        func.min(probed).filter(enabled).label("probed_at"),
        _count(ErpConnection.id, enabled, probed.is_(None)).label("unprobed"),
        _count(ErpConnection.id, ErpConnection.version != "").label("versions"),
    ]
    estate = [
        _count(EstateItem.id, EstateItem.kind.in_(("server", "environment"))).label("servers"),
        _count(EstateItem.id, EstateItem.kind == "interface").label("interfaces"),
        _count(EstateItem.id, EstateItem.expires_on.is_not(None)).label("licences"),
    ]
    return [connections, estate]


def _safeguards() -> list[list[Any]]:
    away = BackupCopy.archived_at.is_(None), BackupCopy.medium != "local"
    return [
        [_count(BackupPlan.id, BackupPlan.archived_at.is_(None)).label("plans")],
        [_count(BackupCopy.id, *away).label("away")],
        [func.max(RestoreDrill.finished_at).filter(RestoreDrill.result == "good").label("drilled_at")],
        [func.max(AccessReview.finished_at).filter(AccessReview.state == "done").label("reviewed_at")],
    ]


def _checks() -> list[Any]:
    here = CheckState.gone_at.is_(None)
    backup, seen = CheckState.check.like("bak.%") & here, CheckState.seen_at
    leaver = (CheckState.check == "acl.leaver") & (CheckState.state == "crit") & here
    return [
        func.max(seen).filter(backup).label("backup_seen"),
        _count(CheckState.id, backup, CheckState.state == "ok").label("backup_ok"),
        func.max(seen).filter(here).label("watched_at"),
        func.max(seen).filter(CheckState.check.like("acl.%")).label("permissions_at"),
        _count(CheckState.id, leaver).label("leavers"),
    ]


def _work() -> list[Any]:
    return [
        func.max(Entry.ended_at).label("worked_at"),
        _count(Entry.id, Entry.solution == "", Entry.billable).label("unsolved"),
    ]


def _articles() -> list[Any]:
    kept = Article.archived_at.is_(None)
    return [_count(Article.id, kept).label("articles"), func.max(Article.updated_at).filter(kept).label("article_at")]
