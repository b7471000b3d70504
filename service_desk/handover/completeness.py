"""What is there of all a successor needs, read from the live data in a few statements."""

from datetime import datetime, timedelta

from sqlalchemy import ScalarSelect, func, select

from service_desk.billing.models import Contract
from service_desk.checks.models import CheckState
from service_desk.estate.models import EstateItem
from service_desk.handover.score import Item, Score, score
from service_desk.knowledge.models import Article
from service_desk.lib.i18n import N_
from service_desk.scope import session
from service_desk.sla.models import SlaPolicy
from service_desk.tenants.models import Contact, ErpConnection, TenantMember
from service_desk.tickets.models import Ticket, TicketMessage
from service_desk.worklog.models import Entry

FRESH_PROBE = timedelta(days=30)
FRESH_LOOK = timedelta(days=2)
FRESH_WORK = timedelta(days=45)
FRESH_ARTICLE = timedelta(days=365)


def completeness(now: datetime) -> Score:
    """Count what the client in scope has, and judge it."""
    row = session().execute(select(*_columns())).one()._mapping
    return score(_items(dict(row)), now)


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


def _items(seen: dict[str, object]) -> list[Item]:
    """The list of what a successor needs, with its weight; access and backups weigh most."""

    def item(
        key: str,
        area: str,
        weight: int,
        words: str,
        mend: str,
        there: bool,
        *,
        at: str = "",
        limit: timedelta | None = None,
        blocks: bool = False,
    ) -> Item:
        moment = seen[at] if at else None
        return Item(key, area, weight, words, mend, there, moment, limit, blocks)  # type: ignore[arg-type]

    has = {name: bool(value) for name, value in seen.items()}
    tested = has["connections"] and not has["unprobed"]
    return [
        item(
            "connection",
            "access",
            10,
            N_("No ERP is connected."),
            "tenants.connections",
            has["connections"],
            blocks=True,
        ),
        item(
            "tested",
            "access",
            10,
            N_("A login has not been tried in the last 30 days."),
            "tenants.connections",
            tested,
            at="probed_at",
            limit=FRESH_PROBE,
            blocks=has["connections"],
        ),
        item(
            "backup",
            "backup",
            12,
            N_("No check watches the backups."),
            "checks.index",
            has["backup_seen"],
            at="backup_seen",
            limit=FRESH_LOOK,
            blocks=True,
        ),
        item("backup_ok", "backup", 8, N_("No backup is known to be good."), "checks.index", has["backup_ok"]),
        item(
            "version",
            "environment",
            5,
            N_("The version of the ERP is not known."),
            "tenants.connections",
            has["versions"],
        ),
        item(
            "servers",
            "environment",
            6,
            N_("No server or environment is in the inventory."),
            "estate.index",
            has["servers"],
        ),
        item(
            "licences",
            "environment",
            4,
            N_("No end date of a licence or certificate is recorded."),
            "estate.index",
            has["licences"],
        ),
        item(
            "interfaces", "environment", 5, N_("No interface is in the inventory."), "estate.index", has["interfaces"]
        ),
        item(
            "watched",
            "health",
            8,
            N_("The checks have not looked for two days."),
            "checks.index",
            has["watched_at"],
            at="watched_at",
            limit=FRESH_LOOK,
        ),
        item(
            "permissions",
            "permissions",
            5,
            N_("Nobody looks for leavers whose accounts still work."),
            "checks.index",
            has["permissions_at"],
            at="permissions_at",
            limit=FRESH_LOOK,
        ),
        item(
            "leavers",
            "permissions",
            3,
            N_("Somebody who left can still sign in to the ERP."),
            "checks.index",
            not has["leavers"],
            blocks=has["leavers"],
        ),
        item(
            "people", "contacts", 4, N_("Nobody to phone at the client is recorded."), "tenants.people", has["people"]
        ),
        item("vendors", "contacts", 3, N_("No vendor's number is recorded."), "tenants.people", has["vendors"]),
        item("boss", "contacts", 2, N_("Nobody who may decide at the client signs in."), "tenants.people", has["boss"]),
        item("contract", "contract", 4, N_("No contract is written down."), "billing.client", has["contract"]),
        item("policies", "contract", 3, N_("No promised times are written down."), "billing.client", has["policies"]),
        item(
            "work",
            "work",
            5,
            N_("No work was written down in the last 45 days."),
            "worklog.client",
            has["worked_at"],
            at="worked_at",
            limit=FRESH_WORK,
        ),
        item(
            "solutions", "work", 3, N_("Some work has no solution written down."), "worklog.client", not has["unsolved"]
        ),
        item(
            "silent",
            "work",
            4,
            N_("An urgent ticket has no next step."),
            "tickets.index",
            not has["silent"],
            blocks=has["silent"],
        ),
        item(
            "articles",
            "knowledge",
            6,
            N_("Nothing is written down about how this client works."),
            "knowledge.client",
            has["articles"],
            at="article_at",
            limit=FRESH_ARTICLE,
        ),
    ]
