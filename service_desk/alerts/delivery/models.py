"""Where alarms go, who wants which, and every message with how far it came."""

from datetime import datetime
from typing import Any

from sqlalchemy import ARRAY, BigInteger, ForeignKey, Index, Integer, SmallInteger, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from service_desk.db import Base, PracticeRow, Sealed, TenantRow, one_of, tenant_key

SEVERITIES = ("crit", "warn", "unknown")
DIGESTS = ("", "hourly", "daily")


class Destination(PracticeRow, Base):
    """One address of a channel, of the practice or (with `person_id`) of one of its people, and what goes there.

    `settings` holds the open fields; the secret ones are one sealed JSON text in `sealed`. `client_ids` null: every
    client that its owner works for. `digest`: at once (""), hourly, or daily at `digest_minute` of the day. A person's
    mail address is a row of channel `email` without settings; who has no such row is told of critical things by mail.
    `paced_until` is when the other side takes the next message. `failures` counts refusals for good in a row; too many
    and the destination is switched off with the last answer in `off_why`.
    """

    __tablename__ = "alert_destination"

    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    channel: Mapped[str]
    name: Mapped[str]
    settings: Mapped[dict[str, Any]] = mapped_column(default=dict)
    sealed: Mapped[Sealed | None]
    severities: Mapped[list[str]] = mapped_column(ARRAY(Text))
    when_over: Mapped[bool] = mapped_column(default=True)
    client_ids: Mapped[list[int] | None] = mapped_column(ARRAY(Integer))
    digest: Mapped[str] = mapped_column(default="")
    digest_minute: Mapped[int] = mapped_column(SmallInteger, default=540)
    enabled: Mapped[bool] = mapped_column(default=True)
    off_why: Mapped[str] = mapped_column(default="")
    failures: Mapped[int] = mapped_column(SmallInteger, default=0)
    paced_until: Mapped[datetime | None]
    tested_at: Mapped[datetime | None]
    test_state: Mapped[str] = mapped_column(default="")
    test_answer: Mapped[str] = mapped_column(default="")
    test_ms: Mapped[int | None]
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    __table_args__ = (
        one_of("digest", *DIGESTS),
        one_of("test_state", "", "asked", "sent", "maybe_sent", "failed"),
        Index("ix_alert_destination_practice_id_person_id", "practice_id", "person_id"),
        Index(
            "uq_alert_destination_own_mail",
            "practice_id",
            "person_id",
            unique=True,
            postgresql_where="channel = 'email' and person_id is not null",
        ),
    )


class QuietHours(PracticeRow, Base):
    """When one of the practice's people is not to be disturbed, on the wall clock of `zone`; equal ends: never.

    What comes meanwhile is kept and told together at the end. `breaks`: critical things come through all the same.
    """

    __tablename__ = "quiet_hours"

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    from_minute: Mapped[int] = mapped_column(SmallInteger)
    until_minute: Mapped[int] = mapped_column(SmallInteger)
    zone: Mapped[str]
    breaks: Mapped[bool] = mapped_column(default=True)
    __table_args__ = (UniqueConstraint("practice_id", "person_id"),)


class ClientRecipient(TenantRow, Base):
    """Somebody at the client who is told by mail, of this client alone, with a link into the portal."""

    __tablename__ = "client_recipient"

    name: Mapped[str]
    email: Mapped[str]
    severities: Mapped[list[str]] = mapped_column(ARRAY(Text))
    when_over: Mapped[bool] = mapped_column(default=True)
    digest: Mapped[str] = mapped_column(default="")
    digest_minute: Mapped[int] = mapped_column(SmallInteger, default=540)
    created_at: Mapped[datetime]
    __table_args__ = (one_of("digest", *DIGESTS), UniqueConstraint("tenant_id", "email"))


class Delivery(TenantRow, Base):
    """One message about one client to one destination, of one or several notices, and how far it came.

    `held` waits for the end of quiet hours or for a digest, `waiting` for its turn; `handing_over` is committed right
    before the other side is given the text, so what a killed worker leaves behind becomes `maybe_sent`. `posted` went
    into the outbox as `mail_id` and goes on there. `merged` is told with another one. The destination is named by
    value: a log outlives what it speaks of.
    """

    __tablename__ = "alert_delivery"

    notice_ids: Mapped[list[int]] = mapped_column(ARRAY(BigInteger))
    severity: Mapped[str]
    destination_id: Mapped[int | None] = mapped_column(BigInteger)
    person_id: Mapped[int | None] = mapped_column(Integer)
    recipient_id: Mapped[int | None] = mapped_column(BigInteger)
    channel: Mapped[str]
    to_name: Mapped[str]
    state: Mapped[str]
    held_for: Mapped[str] = mapped_column(default="")
    due_at: Mapped[datetime]
    slot_at: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(SmallInteger, default=0)
    answer: Mapped[str] = mapped_column(default="")
    took_ms: Mapped[int | None]
    mail_id: Mapped[int | None] = mapped_column(ForeignKey("mail.id", ondelete="SET NULL"))
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    __table_args__ = (
        tenant_key("recipient_id", "client_recipient", ondelete="CASCADE"),
        one_of(
            "state",
            "held",
            "waiting",
            "handing_over",
            "sent",
            "posted",
            "maybe_sent",
            "failed",
            "dropped",
            "merged",
        ),
        one_of("held_for", "", "quiet", "digest"),
        Index("ix_alert_delivery_open", "tenant_id", "due_at", postgresql_where="state in ('held', 'waiting')"),
        Index("ix_alert_delivery_tenant_id_created_at", "tenant_id", "created_at"),
    )


class BellItem(PracticeRow, Base):
    """Something in one person's bell: a notice of a client, or (`kind` channel) a destination that was switched off.

    It belongs to the practice and says no word of the client, so the bell counts right inside every client's page; what
    it speaks of is read where that client may be seen.
    """

    __tablename__ = "bell_item"

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    kind: Mapped[str]
    client_id: Mapped[int | None] = mapped_column(Integer)
    subject_id: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[datetime]
    read_at: Mapped[datetime | None]
    __table_args__ = (
        one_of("kind", "alert", "channel"),
        Index("ix_bell_item_practice_id_person_id_at", "practice_id", "person_id", "at"),
        Index("ix_bell_item_unread", "practice_id", "person_id", postgresql_where="read_at is null"),
        UniqueConstraint("practice_id", "person_id", "kind", "client_id", "subject_id"),
    )
