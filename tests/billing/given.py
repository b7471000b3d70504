"""What the tests of money start from: a practice with tax rates, a client with a contract and work done."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import update

from service_desk.accounts.models import Practice
from service_desk.billing import operations as billing
from service_desk.billing.models import Contract, Invoice
from service_desk.scope import practice_scope, session, tenant_scope
from service_desk.tenants.models import Tenant
from service_desk.worklog.models import Entry
from tests.world import Company, World

NOW = datetime(2026, 11, 22, 6, 30, tzinfo=UTC)
UNTIL = date(2026, 11, 30)
AGREED = {
    "title": "ERP 系统运维服务",
    "number": "YW-2026-03",
    "rate_minor": 40000,
    "currency": "CNY",
    "starts_on": date(2026, 1, 1),
    "tax_code": "cn_small",
    "payment_days": 15,
}


def inside(world: World, company: Company | None = None, **options: Any) -> Any:
    """Ada's scope of client A, or of the company given."""
    return tenant_scope((company or world.a).id, world.ada_actor, practice_id=world.practice_id, **options)


def rates(world: World) -> None:
    """The suggested tax rates and a full letterhead."""
    with practice_scope(world.practice_id, world.ada_actor, writing=True):
        billing.take_suggested_rates()
        letterhead = {
            "name": "阿达信息技术工作室",
            "legal_name": "上海阿达信息技术工作室（个人独资）",
            "tax_number": "91310000MA1EXAMPLE",
            "address": "上海市示例区演示路 1 号",
            "phone": "021-5550 0100",
            "email": "ada@example.test",
            "bank_name": "示例银行上海分行",
            "bank_account": "6222 0000 0000 0001",
        }
        session().execute(update(Practice).where(Practice.id == world.practice_id).values(**letterhead))


def contract(world: World, company: Company | None = None, **agreed: Any) -> Contract:
    """A contract by the hour at ¥400, prices with tax."""
    with inside(world, company):
        made = billing.write_contract(NOW, **{**AGREED, **agreed})
        session().execute(
            update(Tenant)
            .where(Tenant.id == (company or world.a).id)
            .values(
                legal_name="示例精密零件有限公司",
                tax_number="91440300MA5EXAMPL1",
                address="深圳市示例区样板路 2 号",
                phone="0755-5550 0200",
                bank_name="示例银行深圳分行",
                bank_account="7550 0000 0000 0002",
            )
        )
    return made


def entries(world: World, count: int = 3, company: Company | None = None, minutes: int = 90, **more: Any) -> list[int]:
    """Work done on the days before NOW, one piece a day; returns the ids."""
    with inside(world, company):
        made = []
        for place in range(count):
            begins = NOW - timedelta(days=count - place, hours=3)
            row = Entry(
                person_id=world.ada.id,
                person_name="Ada",
                started_at=begins,
                ended_at=begins + timedelta(minutes=minutes),
                content=more.get("content", f"期末结账报错处理 {place + 1}"),
                problem="结账时提示有未记账凭证",
                solution="补记凭证后重新结账，通过",
                worked_seconds=minutes * 60,
                billable_minutes=minutes,
                billable=more.get("billable", True),
                created_at=begins,
            )
            session().add(row)
            made.append(row)
        session().flush()
        return [row.id for row in made]


def drafted(world: World, count: int = 3, company: Company | None = None) -> Invoice:
    """A draft over `count` pieces of work of 90 minutes."""
    agreed = contract(world, company)
    entries(world, count, company)
    with inside(world, company):
        return billing.draft(session().get_one(Contract, (agreed.tenant_id, agreed.id)), UNTIL, NOW)


def issued(world: World, count: int = 3, company: Company | None = None) -> Invoice:
    """An issued invoice over `count` pieces of work of 90 minutes."""
    rates(world)
    waiting = drafted(world, count, company)
    with inside(world, company):
        return billing.issue(waiting.id, NOW)


ONE_PERCENT = Decimal(1)
