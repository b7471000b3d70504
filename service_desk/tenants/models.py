"""Client companies, their people, their ERP connections, the sealed secrets of these, and agents at the client's."""

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Float,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from service_desk.db import Base, Kind, Sealed, TenantRow, one_of, tenant_key
from service_desk.scope import current, session


class Tenant(Base):
    """One client company of a practice. `colour` is an index into the fixed palette of client colours."""

    __tablename__ = "tenant"
    __kind__: ClassVar[Kind] = "tenant"

    id: Mapped[int] = mapped_column(Integer, Identity(), primary_key=True)
    practice_id: Mapped[int] = mapped_column(ForeignKey("practice.id"))
    slug: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    short_name: Mapped[str]
    initial: Mapped[str]
    colour: Mapped[int] = mapped_column(default=0)
    time_zone: Mapped[str] = mapped_column(default="Asia/Shanghai")
    language: Mapped[str] = mapped_column(default="zh_Hans_CN")
    currency: Mapped[str] = mapped_column(default="CNY")
    engineer_name: Mapped[str] = mapped_column(default="")
    pinned_note: Mapped[str] = mapped_column(default="")
    # 开票信息: the block a Chinese invoice needs of the buyer.
    legal_name: Mapped[str] = mapped_column(default="")
    tax_number: Mapped[str] = mapped_column(default="")
    address: Mapped[str] = mapped_column(default="")
    phone: Mapped[str] = mapped_column(default="")
    bank_name: Mapped[str] = mapped_column(default="")
    bank_account: Mapped[str] = mapped_column(default="")
    wrapped_key: Mapped[bytes | None] = mapped_column(LargeBinary)
    created_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    __table_args__ = (Index("ix_tenant_practice", "practice_id"),)

    @classmethod
    def here(cls) -> "Tenant":
        """The client in scope; a transaction asks for it once."""
        return session().get_one(cls, current().tenant_id)


class TenantMember(TenantRow, Base):
    """A person's place at a client: 老板 boss, 财务 finance, IT联系人 it_contact, 用户 user, 接手工程师 successor."""

    __tablename__ = "tenant_member"

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    role: Mapped[str]
    name: Mapped[str]
    email: Mapped[str]
    ends_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    __table_args__ = (
        UniqueConstraint("tenant_id", "person_id"),
        one_of("role", "boss", "finance", "it_contact", "user", "successor"),
    )


class TenantAssignment(TenantRow, Base):
    """This member of the practice's staff works for this client (an owner needs none)."""

    __tablename__ = "tenant_assignment"

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    created_at: Mapped[datetime]
    __table_args__ = (UniqueConstraint("tenant_id", "person_id"),)


class Contact(TenantRow, Base):
    """Somebody at the client or at a vendor to phone, with or without a sign-in."""

    __tablename__ = "contact"

    name: Mapped[str]
    duty: Mapped[str] = mapped_column(default="")
    phone: Mapped[str] = mapped_column(default="")
    email: Mapped[str] = mapped_column(default="")
    note: Mapped[str] = mapped_column(default="")
    is_vendor: Mapped[bool] = mapped_column(default=False)
    position: Mapped[int] = mapped_column(default=0)


class ErpConnection(TenantRow, Base):
    """How one ERP of a client is reached. `settings` holds the open fields; secrets stand sealed in SealedSecret.

    `parent_id` is the connection without which this one cannot answer: the host its database runs on. `road` says who
    reads it: our own workers, the agent `agent_id` at the client's, which then keeps the secrets, not we, or nobody:
    then scripts at the client's push what they see.
    """

    __tablename__ = "erp_connection"

    kind: Mapped[str]
    name: Mapped[str]
    environment: Mapped[str] = mapped_column(default="production")
    settings: Mapped[dict[str, Any]]
    account_sets: Mapped[list[Any]] = mapped_column(default=list)
    version: Mapped[str] = mapped_column(default="")
    probe: Mapped[dict[str, Any] | None]
    probed_at: Mapped[datetime | None]
    writable_accepted: Mapped[str | None]  # why a login that can write was accepted
    enabled: Mapped[bool] = mapped_column(default=True)
    parent_id: Mapped[int | None] = mapped_column(BigInteger)
    road: Mapped[str] = mapped_column(default="server")
    agent_id: Mapped[int | None] = mapped_column(BigInteger)
    created_at: Mapped[datetime]
    __table_args__ = (
        tenant_key("parent_id", "erp_connection"),
        tenant_key("agent_id", "site_agent"),
        one_of("road", "server", "agent", "push"),
        CheckConstraint("(road = 'agent') = (agent_id IS NOT NULL)", name="road_of_agent"),
        one_of("environment", "production", "test"),
        UniqueConstraint("tenant_id", "name"),
    )


class SealedSecret(TenantRow, Base):
    """One secret of a connection, sealed with the client's data key and bound to this very place."""

    __tablename__ = "sealed_secret"

    connection_id: Mapped[int] = mapped_column(BigInteger)
    field: Mapped[str]
    sealed: Mapped[Sealed]
    changed_at: Mapped[datetime]
    __table_args__ = (
        tenant_key("connection_id", "erp_connection", ondelete="CASCADE"),
        UniqueConstraint("tenant_id", "connection_id", "field"),
    )


class Leaver(TenantRow, Base):
    """Somebody who left the client: an ERP user of this name or login must no longer be enabled."""

    __tablename__ = "leaver"

    name: Mapped[str]
    login: Mapped[str] = mapped_column(default="")
    left_on: Mapped[datetime | None]
    created_at: Mapped[datetime]


class SiteAgent(TenantRow, Base):
    """A program of ours on a machine of the client's, which reads what cannot be reached from outside.

    It is known by the hash of its token. `alert_after` is the moment from which its silence is an alarm, `silent` that
    it has passed; `unjudged` that a worker has still to turn the news into a state. `clock_ahead_s` is its clock minus
    ours, `waiting` how many looks it has not yet handed over, `dropped` how many it had to throw away so far.
    """

    __tablename__ = "site_agent"

    name: Mapped[str]
    token_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    version: Mapped[str] = mapped_column(default="")
    platform: Mapped[str] = mapped_column(default="")
    clock_ahead_s: Mapped[float | None] = mapped_column(Float)
    waiting: Mapped[int] = mapped_column(default=0)
    dropped: Mapped[int] = mapped_column(default=0)
    enrolled_at: Mapped[datetime]
    last_seen_at: Mapped[datetime | None]
    alert_after: Mapped[datetime | None]
    silent: Mapped[bool] = mapped_column(default=False)
    unjudged: Mapped[bool] = mapped_column(default=False)
    revoked_at: Mapped[datetime | None]
    __table_args__ = (
        Index("uq_site_agent_name", "tenant_id", "name", unique=True, postgresql_where="revoked_at IS NULL"),
        # The clock looks across clients, so this one index is led by the time.
        Index("ix_site_agent_silent", "alert_after", postgresql_where="alert_after IS NOT NULL"),
    )


class AgentCode(TenantRow, Base):
    """A code with which one agent enrols, once and soon. With `agent_id` it takes the place of that agent."""

    __tablename__ = "agent_code"

    code_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    name: Mapped[str]
    agent_id: Mapped[int | None] = mapped_column(BigInteger)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    __table_args__ = (tenant_key("agent_id", "site_agent", ondelete="CASCADE"),)
