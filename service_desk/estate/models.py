"""The inventory of a client's systems, as whoever takes over needs it."""

from datetime import date, datetime

from sqlalchemy import BigInteger, Index
from sqlalchemy.orm import Mapped, mapped_column

from service_desk.db import Base, TenantRow, one_of, tenant_key

KINDS = ("environment", "server", "database", "account_set", "interface", "licence")


class EstateItem(TenantRow, Base):
    """One system: an ERP environment, a server, a database, an account set 账套, an interface or a licence.

    `expires_on` is the end of a licence, a certificate or a yearly fee. No credential belongs here.
    """

    __tablename__ = "estate_item"

    kind: Mapped[str]
    name: Mapped[str]
    environment: Mapped[str] = mapped_column(default="production")
    address: Mapped[str] = mapped_column(default="")
    product: Mapped[str] = mapped_column(default="")
    version: Mapped[str] = mapped_column(default="")
    vendor: Mapped[str] = mapped_column(default="")
    seats: Mapped[int | None]
    expires_on: Mapped[date | None]
    note: Mapped[str] = mapped_column(default="")
    connection_id: Mapped[int | None] = mapped_column(BigInteger)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    __table_args__ = (
        tenant_key("connection_id", "erp_connection", ondelete="SET NULL (connection_id)"),
        one_of("kind", *KINDS),
        one_of("environment", "production", "test"),
        Index("ix_estate_item_tenant_id_kind", "tenant_id", "kind", "name"),
    )
