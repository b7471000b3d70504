"""The outbox. A mail is a row written in the business transaction, frozen with its Message-ID, sent after the commit.

Its state says how far it came: `waiting` -> `handing_over` (committed right before the server is given the text)
-> `sent`. A process that dies in between leaves `handing_over` behind; whether the server took it nobody can know, so
it becomes `maybe_sent`, is shown as that, and is not sent again by itself.
"""

import smtplib
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import make_msgid
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import unquote, urlsplit

from sqlalchemy import Index, bindparam, case, select, update
from sqlalchemy.orm import Mapped, mapped_column

from service_desk.config import Config
from service_desk.db import Base, LedgerRow, one_of
from service_desk.jobs import IS_HELD, Claim, enqueue_many
from service_desk.rows import keep_rows
from service_desk.scope import current

# What such a mail is about: its link lets somebody in. The token is stored as its hash, so the link does not stay here.
LETS_IN = ("person:", "invitation:")


class Mail(LedgerRow, Base):
    """One mail to one person, as it will be sent: the text is frozen when it is written."""

    __tablename__ = "mail"

    to_address: Mapped[str]
    subject: Mapped[str]
    body: Mapped[str]
    message_id: Mapped[str] = mapped_column(unique=True)
    state: Mapped[str] = mapped_column(default="waiting")
    about: Mapped[str] = mapped_column(default="")
    answer: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    __table_args__ = (
        LedgerRow.one_owner(),
        one_of("state", "waiting", "handing_over", "sent", "maybe_sent", "failed"),
        Index("ix_mail_tenant_about", "tenant_id", "about"),
    )


_CHANGE = update(Mail.__table__).where(Mail.id == bindparam("mail_id"))
# A mail that somebody else had begun to hand over is perhaps sent; what has ended already stays as it is.
_NEXT = case((Mail.state == "waiting", "handing_over"), else_="maybe_sent")
_TAKE = (
    update(Mail)
    .where(Mail.id == bindparam("mail_id"), Mail.state.in_(("waiting", "handing_over")), IS_HELD)
    .values(state=_NEXT)
    .returning(Mail)
    .execution_options(synchronize_session=False)
)


class Postman:
    """How mail leaves this installation; `Postman.install` is called once at the start."""

    config: ClassVar[Config]

    @classmethod
    def install(cls, config: Config) -> None:
        cls.config = config


@dataclass(frozen=True)
class Letter:
    """A mail to be. `about` names what it is about (`incident:7`), so that the page of that thing can show it."""

    to_address: str
    subject: str
    body: str
    about: str = ""


def post(to_address: str, subject: str, body: str, *, about: str = "") -> Mail:
    """Write a mail into the outbox of the scope in force; it is sent after the commit. `about` as in Letter."""
    return post_all([Letter(to_address, subject, body, about)])[0]


def post_all(letters: Sequence[Letter]) -> list[Mail]:
    """Write mails into the outbox of the scope in force, in few statements; they are sent after the commit."""
    domain, now, owner = urlsplit(Postman.config.base_url).hostname or "localhost", datetime.now(UTC), current().owner
    mails = [
        Mail(
            to_address=_one_line(one.to_address),
            subject=_one_line(one.subject),
            body=one.body,
            about=one.about,
            message_id=make_msgid(domain=domain),
            created_at=now,
            **owner,
        )
        for one in letters
    ]
    keep_rows(mails)  # The jobs need their ids.
    enqueue_many("mail", {mail.id: now for mail in mails}, slot="mail-")
    return mails


def deliver(claim: Claim) -> None:
    """Hand one mail over. What the server may already have taken is never handed over a second time by itself.

    The server is reached first, so that the row says `handing_over` only right before the text goes.
    """
    if claim.attempt > 1 and _left_behind(claim):
        return
    with _connected() as server:
        if (taken := _taken(claim)) is None:
            return
        mail, message = taken
        try:
            answer = server.send(message)
        except (smtplib.SMTPRecipientsRefused, smtplib.SMTPSenderRefused, smtplib.SMTPDataError):
            with claim.scope():  # The server said no, so nothing has left: another attempt cannot send it twice.
                claim.hold()
                _mark(claim, "waiting")
            raise
    with claim.finishing():
        forgotten = {"body": ""} if mail.about.startswith(LETS_IN) else {}
        _mark(claim, "sent", sent_at=datetime.now(UTC), answer=answer, **forgotten)


def _left_behind(claim: Claim) -> bool:
    """An earlier attempt was cut off while it handed the mail over: nobody can know whether the server took it."""
    with claim.scope() as scope:
        claim.hold()
        cut_off = update(Mail).where(Mail.id == claim.subject_id, Mail.state == "handing_over")
        return scope.session.scalar(cut_off.values(state="maybe_sent").returning(Mail.id)) is not None


def _taken(claim: Claim) -> tuple[Mail, EmailMessage] | None:
    """The mail with its text, from now on being handed over; None when it does not wait any more."""
    with claim.scope() as scope:
        mail = scope.session.scalars(_TAKE, {"mail_id": claim.subject_id, **claim.held}).first()
        return (mail, _message(mail)) if mail is not None and mail.state == "handing_over" else None


def given_up(claim: Claim) -> None:
    """Say how a mail ended that is not tried again: perhaps sent when the server may have taken it, else not sent."""
    mail = current().session.scalars(select(Mail).where(Mail.id == claim.subject_id).with_for_update()).one()
    mail.state = {"handing_over": "maybe_sent", "waiting": "failed"}.get(mail.state, mail.state)


def _mark(claim: Claim, state: str, **more: Any) -> None:
    current().session.execute(_CHANGE.values(state=state, **more), {"mail_id": claim.subject_id})


def _message(mail: Mail) -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = Postman.config.mail_from, mail.to_address, mail.subject
    message["Message-ID"], message["Date"] = mail.message_id, mail.created_at
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(mail.body)
    return message


def _one_line(value: str) -> str:
    """A header is one line: what would start another header is cut off."""
    return value.splitlines()[0].strip() if value.strip() else ""


class _Folder:
    """Mail as files, for an installation without a mail server (the demo): one .eml per Message-ID."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __enter__(self) -> "_Folder":
        self.folder.mkdir(parents=True, exist_ok=True)
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def send(self, message: EmailMessage) -> str:
        name = message["Message-ID"].strip("<>").replace("/", "_") + ".eml"
        (self.folder / name).write_bytes(message.as_bytes())
        return "kept as a file"


class _Smtp:
    """A mail server: smtp://user:password@host:port, or smtps:// for TLS from the first byte.

    With TLS the server proves who it is before it is given the password: mails carry links that let people in.
    """

    def __init__(self, url: str) -> None:
        self.url = urlsplit(url)

    def __enter__(self) -> "_Smtp":
        trusted, where = ssl.create_default_context(), (self.url.hostname or "", self.url.port or 25)
        self.server: smtplib.SMTP
        if self.url.scheme == "smtps":
            self.server = smtplib.SMTP_SSL(*where, timeout=20, context=trusted)
        else:
            self.server = smtplib.SMTP(*where, timeout=20)
        try:
            self._sign_in(trusted)
        except Exception:
            self.server.close()
            raise
        return self

    def _sign_in(self, trusted: ssl.SSLContext) -> None:
        if self.url.username:
            if self.url.scheme == "smtp":
                self.server.starttls(context=trusted)
            self.server.login(unquote(self.url.username), unquote(self.url.password or ""))

    def __exit__(self, *_: object) -> None:
        self.server.close()

    def send(self, message: EmailMessage) -> str:
        self.server.send_message(message)
        return "250"


def _connected() -> "_Folder | _Smtp":
    config = Postman.config
    if config.mail_url:
        return _Smtp(config.mail_url)
    return _Folder(config.mail_folder or Path("var/mail"))
