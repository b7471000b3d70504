"""The outbox. A mail is a row written in the business transaction, frozen with its Message-ID, sent after the commit.

Its state says how far it came: `waiting` -> `handing_over` (committed right before the server is given the text)
-> `sent`. A process that dies in between leaves `handing_over` behind; whether the server took it nobody can know, so
it becomes `maybe_sent`, is shown as that, and is not sent again by itself.
"""

import smtplib
import ssl
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import make_msgid
from pathlib import Path
from typing import ClassVar
from urllib.parse import unquote, urlsplit

from sqlalchemy import Index, select
from sqlalchemy.orm import Mapped, mapped_column

from service_desk.config import Config
from service_desk.db import Base, LedgerRow, one_of
from service_desk.jobs import Claim, enqueue
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


class Postman:
    """How mail leaves this installation; `Postman.install` is called once at the start."""

    config: ClassVar[Config]

    @classmethod
    def install(cls, config: Config) -> None:
        cls.config = config


def post(to_address: str, subject: str, body: str, *, about: str = "") -> Mail:
    """Write a mail into the outbox of the scope in force; it is sent after the commit.

    `about` names what it is about (`incident:7`), so that the page of that thing can show what was told to whom.
    """
    scope = current()
    owner = (
        {"tenant_id": scope.tenant_id}
        if len(scope.tenant_ids) == 1
        else ({"practice_id": scope.practice_id} if scope.practice_id else {"person_id": scope.person_id})
    )
    mail = Mail(
        to_address=_one_line(to_address),
        subject=_one_line(subject),
        body=body,
        about=about,
        message_id=make_msgid(domain=urlsplit(Postman.config.base_url).hostname or "localhost"),
        created_at=datetime.now(UTC),
        **owner,
    )
    scope.session.add(mail)
    scope.session.flush()  # The job needs the mail's id.
    enqueue("mail", mail.id, slot=f"mail-{mail.id}")
    return mail


def deliver(claim: Claim) -> None:
    """Hand one mail over. What the server may already have taken is never handed over a second time by itself."""
    with claim.scope() as scope:
        mail = scope.session.scalars(select(Mail).where(Mail.id == claim.subject_id).with_for_update()).one()
        if mail.state == "handing_over":
            mail.state = "maybe_sent"
        if mail.state != "waiting":
            return
        message = _message(mail)
    with _connected() as server:
        _mark(claim, "handing_over")
        try:
            answer = server.send(message)
        except (smtplib.SMTPRecipientsRefused, smtplib.SMTPSenderRefused, smtplib.SMTPDataError):
            _mark(claim, "waiting")  # The server said no, so nothing has left: another attempt cannot send it twice.
            raise
    with claim.finishing() as scope:
        mail = scope.session.scalars(select(Mail).where(Mail.id == claim.subject_id)).one()
        mail.state, mail.sent_at, mail.answer = "sent", datetime.now(UTC), answer
        if mail.about.startswith(LETS_IN):
            mail.body = ""


def given_up(claim: Claim) -> None:
    """Say how a mail ended that is not tried again: perhaps sent when the server may have taken it, else not sent."""
    mail = current().session.scalars(select(Mail).where(Mail.id == claim.subject_id).with_for_update()).one()
    mail.state = {"handing_over": "maybe_sent", "waiting": "failed"}.get(mail.state, mail.state)


def _mark(claim: Claim, state: str) -> None:
    with claim.scope() as scope:
        claim._hold()
        scope.session.scalars(select(Mail).where(Mail.id == claim.subject_id)).one().state = state


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
