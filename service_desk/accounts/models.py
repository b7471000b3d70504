"""People, practices, who works where, and what lets a person in."""

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import BigInteger, ForeignKey, Identity, Index, Integer, LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from service_desk.db import Base, Kind, LedgerRow, PersonRow, PracticeRow, Sealed, one_of, practice_key


class Person(Base):
    """Somebody who signs in once and may belong to several practices and clients, with a role in each."""

    __tablename__ = "person"
    __kind__: ClassVar[Kind] = "person"

    id: Mapped[int] = mapped_column(Integer, Identity(), primary_key=True)
    email: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    language: Mapped[str] = mapped_column(default="zh_Hans_CN")
    theme: Mapped[str] = mapped_column(default="auto")
    password_hash: Mapped[str | None]
    wrapped_key: Mapped[bytes | None] = mapped_column(LargeBinary)
    totp_secret: Mapped[Sealed | None]
    totp_pending: Mapped[Sealed | None]  # shown as a picture and not yet proven with a code
    totp_confirmed_at: Mapped[datetime | None]
    totp_last_step: Mapped[int] = mapped_column(BigInteger, default=0)
    is_operator: Mapped[bool] = mapped_column(default=False)
    disabled_at: Mapped[datetime | None]
    created_at: Mapped[datetime]

    __table_args__ = (one_of("theme", "auto", "light", "dark"), one_of("language", "zh_Hans_CN", "en"))


class RecoveryCode(PersonRow, Base):
    """One of the codes that stand in for a lost second factor; stored hashed, good once."""

    __tablename__ = "recovery_code"

    code_hash: Mapped[str]
    used_at: Mapped[datetime | None]
    __table_args__ = (UniqueConstraint("person_id", "code_hash"),)


class WebSession(PersonRow, Base):
    """A signed-in browser. It ends on logout, password change, role change or disablement: the row is then gone.

    The last three are held by triggers (migrations/accounts.sql), so no verb can forget them. `second_factor_at` is
    empty only for somebody who has no second factor yet; whoever has one gets a row after the code, not before.
    """

    __tablename__ = "web_session"

    token_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    second_factor_at: Mapped[datetime | None]
    confirmed_at: Mapped[datetime | None]  # when the person last showed the password again
    address: Mapped[str] = mapped_column(default="")
    browser: Mapped[str] = mapped_column(default="")


class PersonToken(PersonRow, Base):
    """Something shown once to go one step further: a reset link, or a right password still without its code.

    Stored hashed, good once; a new one of the same purpose and a changed password end it.
    """

    __tablename__ = "person_token"

    purpose: Mapped[str]
    token_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    __table_args__ = (one_of("purpose", "reset", "second_factor"),)


class Draft(PersonRow, Base):
    """What a person has typed and not yet sent; `place` names the form."""

    __tablename__ = "draft"

    place: Mapped[str]
    text: Mapped[str]
    saved_at: Mapped[datetime]
    __table_args__ = (UniqueConstraint("person_id", "place"),)


class Practice(Base):
    """The engineer's business: what stands on the letterhead and what invoices are issued under."""

    __tablename__ = "practice"
    __kind__: ClassVar[Kind] = "practice"

    id: Mapped[int] = mapped_column(Integer, Identity(), primary_key=True)
    name: Mapped[str]
    legal_name: Mapped[str] = mapped_column(default="")
    tax_number: Mapped[str] = mapped_column(default="")
    address: Mapped[str] = mapped_column(default="")
    phone: Mapped[str] = mapped_column(default="")
    email: Mapped[str] = mapped_column(default="")
    bank_name: Mapped[str] = mapped_column(default="")
    bank_account: Mapped[str] = mapped_column(default="")
    time_zone: Mapped[str] = mapped_column(default="Asia/Shanghai")
    language: Mapped[str] = mapped_column(default="zh_Hans_CN")
    currency: Mapped[str] = mapped_column(default="CNY")
    is_demo: Mapped[bool] = mapped_column(default=False)
    wrapped_key: Mapped[bytes | None] = mapped_column(LargeBinary)
    created_at: Mapped[datetime]


class PracticeMember(PracticeRow, Base):
    """A person's place in a practice. An owner sees every client; the others see those they are assigned to."""

    __tablename__ = "practice_member"

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    role: Mapped[str]
    name: Mapped[str]
    email: Mapped[str]
    ended_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    __table_args__ = (UniqueConstraint("practice_id", "person_id"), one_of("role", "owner", "engineer", "assistant"))


class Invitation(LedgerRow, Base):
    """An invitation by mail into the practice or into one client, whose row it is; the token is hashed, good once."""

    __tablename__ = "invitation"

    email: Mapped[str]
    name: Mapped[str]
    role: Mapped[str]
    language: Mapped[str] = mapped_column(default="zh_Hans_CN")
    token_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    invited_by: Mapped[int | None] = mapped_column(Integer)
    invited_by_name: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    ends_at: Mapped[datetime | None]  # when the access it gives ends by itself (a successor's)
    accepted_at: Mapped[datetime | None]
    withdrawn_at: Mapped[datetime | None]
    __table_args__ = (
        LedgerRow.one_owner(),
        one_of("role", "owner", "engineer", "assistant", "boss", "finance", "it_contact", "user", "successor"),
        Index("ix_invitation_tenant", "tenant_id", "email"),
        Index("ix_invitation_practice", "practice_id", "email"),
    )


class SavedView(PracticeRow, Base):
    """A named set of filters of the queue or of the alerts, for everybody in the practice."""

    __tablename__ = "saved_view"

    member_id: Mapped[int] = mapped_column(BigInteger)
    page: Mapped[str]
    name: Mapped[str]
    filters: Mapped[dict[str, Any]]
    __table_args__ = (
        practice_key("member_id", "practice_member", ondelete="CASCADE"),
        UniqueConstraint("practice_id", "page", "name"),
    )
