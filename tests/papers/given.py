"""A client with something to say in every section of a paper."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import select

from service_desk import jobs
from service_desk.checks.models import CheckDay, CheckState
from service_desk.estate.models import EstateItem
from service_desk.files.operations import read
from service_desk.handover.operations import request_pack
from service_desk.jobs import Job
from service_desk.knowledge.models import Article
from service_desk.papers.models import Paper
from service_desk.papers.operations import slot
from service_desk.safeguards.duties import REVIEW_DAYS
from service_desk.safeguards.models import AccessReview, RestoreDrill, RoundTemplate
from service_desk.scope import current, load, session
from service_desk.tenants.models import Contact, ErpConnection, SealedSecret, Tenant
from service_desk.tenants.secrets import seal
from service_desk.tickets.models import Ticket, TicketMessage
from tests.billing import given as money
from tests.world import World

NOW = datetime(2026, 11, 22, 6, 30, tzinfo=UTC)
inside = money.inside


def furnished(world: World, *, articles: int = 3, entries: int = 4, checks: int = 4, paragraphs: int = 4) -> None:
    """Fill client A: contract and an open invoice, contacts, systems, checks, tickets, work, articles."""
    money.issued(world, 2)
    money.entries(world, entries)
    with inside(world):
        tenant = session().get_one(Tenant, current().tenant_id)
        tenant.pinned_note = "月结从每月 **25 日** 开始，先锁仓库。"
        connection = a_connection()
        session().flush()
        _people()
        _systems(connection.id)
        _checks(connection.id, checks)
        _tickets()
        for place in range(articles):
            session().add(an_article(place, paragraphs))


def a_connection() -> ErpConnection:
    """A U8 in production."""
    made = ErpConnection(
        kind="yonyou_u8",
        name="U8 生产",
        settings={"server": "10.0.0.8", "port": 1433, "user": "desk_read"},
        account_sets=[{"code": "001", "name": "示例精密", "year": 2026}],
        version="U8+ 16.0",
        probed_at=NOW - timedelta(days=3),
        created_at=NOW,
    )
    session().add(made)
    return made


def safeguards() -> None:
    """Of client A: a round that was never held, a drill in five days, a permission review 170 days ago."""
    session().add_all(
        [
            RoundTemplate(name="日巡检", rhythm="daily", created_at=NOW),
            RestoreDrill(name="账套 001", due_on=NOW.date() + timedelta(days=5), created_at=NOW),
            AccessReview(
                state="done", requested_at=NOW - timedelta(days=171), finished_at=NOW - timedelta(days=REVIEW_DAYS - 10)
            ),
        ]
    )
    session().flush()


def sealed(world: World, value: str, field: str = "password") -> None:
    """Seal a secret of the first connection."""
    with inside(world):
        connection = session().scalars(select(ErpConnection)).first()
        assert connection is not None
        row = SealedSecret(tenant_id=connection.tenant_id, connection_id=connection.id, field=field, changed_at=NOW)
        seal(row, value)
        session().add(row)


def _people() -> None:
    session().add(Contact(name="张示例", duty="财务主管", phone="0755-5550 0201", email="zhang@example.test"))
    session().add(
        Contact(name="用友原厂热线", duty="U8 支持", phone="400-555-0300", is_vendor=True, note="服务代码 EX-001")
    )


def _systems(connection_id: int) -> None:
    stamps = {"created_at": NOW, "updated_at": NOW}
    session().add(EstateItem(kind="server", name="ERP-DB01", address="10.0.0.8", product="SQL Server 2019", **stamps))
    session().add(EstateItem(kind="interface", name="网银直连", vendor="示例银行", **stamps))
    ends = {"kind": "licence", "name": "U8 年服务", "expires_on": date(2026, 12, 10), "seats": 30}
    session().add(EstateItem(connection_id=connection_id, **ends, **stamps))


def _checks(connection_id: int, count: int) -> None:
    known = [
        ("bak.full.age", "crit", {"age_s": 31 * 3600, "database": "UFDATA_001_2026"}),
        ("db.up", "ok", {}),
        ("gl.unposted", "warn", {"count": 12, "set": "001", "oldest": "2026-10", "days": 22}),
        ("db.latency", "unknown", {}),
    ]
    for place in range(count):
        check, state, params = known[place % len(known)]
        row = CheckState(
            connection_id=connection_id,
            check=check,
            subject=f"s{place}",
            state=state,
            since=NOW - timedelta(days=2),
            sentence_params=params,
            reason="timeout" if state == "unknown" else "",
            seen_at=NOW - timedelta(minutes=5),
            received_at=NOW,
        )
        session().add(row)
        session().flush()
        for back in range(30):
            day = (NOW - timedelta(days=back)).date()
            bad = 1 if back % 9 == 0 else 0
            session().add(CheckDay(state_id=row.id, day=day, n=4, n_warn=0, n_crit=bad, n_unknown=0, total=0.0))


def _tickets() -> None:
    ticket = Ticket(
        number=41,
        title="存货结存出现负数",
        status="waiting_vendor",
        status_since=NOW - timedelta(days=1),
        priority="P2",
        source="alert",
        author_name="检查",
        assignee_name="Ada",
        due_at=NOW + timedelta(hours=6),
        created_at=NOW - timedelta(days=2),
        updated_at=NOW,
    )
    session().add(ticket)
    session().flush()
    said = {"side": "desk", "author_name": "Ada", "public": False, "created_at": NOW}
    session().add(TicketMessage(ticket_id=ticket.id, body="已向原厂提交，等补丁。", **said))


def an_article(place: int, paragraphs: int) -> Article:
    """An article with a heading of its own, a list and a table."""
    text = "期末结账前先查未记账凭证，再锁仓库；如果提示负结存，先补入库单。" * 3
    body = "# 步骤\n\n- 第一步\n- 第二步\n\n| 模块 | 顺序 |\n| --- | --- |\n| 存货 | 1 |\n\n" + "\n\n".join(
        [text] * paragraphs
    )
    return Article(title=f"月结操作手册 {place + 1:03d}", body=body, author_name="Ada", created_at=NOW, updated_at=NOW)


def built(world: World, paper_id: int) -> Paper:
    """Do what a worker does for this paper; gives the paper as it then is."""
    with inside(world):
        job = session().scalars(select(Job.id).where(Job.kind == "paper", Job.slot == slot(paper_id))).one()
    jobs.perform(job)
    with inside(world):
        return load(Paper, paper_id)


def pack(world: World, language: str | None = None) -> tuple[Paper, bytes]:
    """A handover pack of client A, built."""
    with inside(world):
        asked = request_pack(NOW, language_code=language)
    paper = built(world, asked.id)
    assert paper.state == "ready", paper.problem
    with inside(world):
        return paper, read(paper.file_id or 0)[1]


def requested(world: World, **more: Any) -> Paper:
    """A pack that is asked for and not built."""
    with inside(world):
        return request_pack(NOW, **more)
