"""What is there of all a successor needs, read from the live data in a few statements."""

from datetime import datetime

from sqlalchemy import ScalarSelect, func, select

from service_desk.billing.models import Contract
from service_desk.checks.models import CheckState
from service_desk.estate.models import EstateItem
from service_desk.handover.needs import NEEDS
from service_desk.handover.score import Score, score
from service_desk.knowledge.models import Article
from service_desk.safeguards.models import AccessReview, BackupCopy, BackupPlan, RestoreDrill
from service_desk.scope import session
from service_desk.sla.models import SlaPolicy
from service_desk.tenants.models import Contact, ErpConnection, TenantMember
from service_desk.tickets.models import Ticket, TicketMessage
from service_desk.worklog.models import Entry


def completeness(now: datetime) -> Score:
    """Count what the client in scope has, and judge it."""
    row = session().execute(select(*_columns())).one()._mapping
    seen = {str(name): value for name, value in row.items()}
    return score([need.item(seen) for need in NEEDS], now)


def _columns() -> list[ScalarSelect[object]]:
    """One statement for everything: each figure is a subquery of its own."""
    backup = CheckState.check.like("bak.%") & CheckState.gone_at.is_(None)
    leaver = (CheckState.check == "acl.leaver") & (CheckState.state == "crit") & CheckState.gone_at.is_(None)
    said = select(TicketMessage.id).where(
        TicketMessage.tenant_id == Ticket.tenant_id, TicketMessage.ticket_id == Ticket.id
    )
    silent = (Ticket.priority == "P1") & Ticket.status.in_(("new", "open")) & ~said.exists()
    figures = {
        "people": select(func.count()).select_from(Contact).where(~Contact.is_vendor),
        "vendors": select(func.count()).select_from(Contact).where(Contact.is_vendor),
        "boss": select(func.count())
        .select_from(TenantMember)
        .where(TenantMember.role == "boss", TenantMember.ended_at.is_(None)),
        "contract": select(func.count()).select_from(Contract),
        "policies": select(func.count()).select_from(SlaPolicy),
        "connections": select(func.count()).select_from(ErpConnection),
        "probed_at": select(func.min(ErpConnection.probed_at)).where(ErpConnection.enabled),
        "unprobed": select(func.count())
        .select_from(ErpConnection)
        .where(ErpConnection.enabled, ErpConnection.probed_at.is_(None)),
        "versions": select(func.count()).select_from(ErpConnection).where(ErpConnection.version != ""),
        "servers": select(func.count()).select_from(EstateItem).where(EstateItem.kind.in_(("server", "environment"))),
        "interfaces": select(func.count()).select_from(EstateItem).where(EstateItem.kind == "interface"),
        "licences": select(func.count()).select_from(EstateItem).where(EstateItem.expires_on.is_not(None)),
        "backup_seen": select(func.max(CheckState.seen_at)).where(backup),
        "backup_ok": select(func.count()).select_from(CheckState).where(backup, CheckState.state == "ok"),
        "plans": select(func.count()).select_from(BackupPlan).where(BackupPlan.archived_at.is_(None)),
        "away": select(func.count())
        .select_from(BackupCopy)
        .where(BackupCopy.archived_at.is_(None), BackupCopy.medium != "local"),
        "drilled_at": select(func.max(RestoreDrill.finished_at)).where(RestoreDrill.result == "good"),
        "reviewed_at": select(func.max(AccessReview.finished_at)).where(AccessReview.state == "done"),
        "watched_at": select(func.max(CheckState.seen_at)).where(CheckState.gone_at.is_(None)),
        "permissions_at": select(func.max(CheckState.seen_at)).where(CheckState.check.like("acl.%")),
        "leavers": select(func.count()).select_from(CheckState).where(leaver),
        "silent": select(func.count()).select_from(Ticket).where(silent),
        "worked_at": select(func.max(Entry.ended_at)),
        "unsolved": select(func.count()).select_from(Entry).where(Entry.solution == "", Entry.billable),
        "articles": select(func.count()).select_from(Article).where(Article.archived_at.is_(None)),
        "article_at": select(func.max(Article.updated_at)).where(Article.archived_at.is_(None)),
    }
    return [statement.scalar_subquery().label(name) for name, statement in figures.items()]  # type: ignore[misc]
