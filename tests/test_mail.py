"""The outbox: a mail is sent once; what the server may have taken is shown as that and not sent again by itself."""

import smtplib
import socket
import ssl
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from sqlalchemy import select, update

from service_desk import jobs
from service_desk.config import Config
from service_desk.jobs import Job, perform
from service_desk.jobs.performing import take
from service_desk.mail import Mail, Postman, deliver, post
from service_desk.scope import session, tenant_scope
from tests.world import World

pytestmark = pytest.mark.usefixtures("empty_database")


class Inbox:
    """A mail server that keeps what it was given, or refuses."""

    def __init__(self) -> None:
        self.got: list[bytes] = []
        self.answer = "250 kept"

    async def handle_DATA(self, _server: object, _session: object, envelope: object) -> str:  # noqa: N802
        if self.answer.startswith("250"):
            self.got.append(envelope.content)  # type: ignore[attr-defined]
        return self.answer


@pytest.fixture
def inbox(config: Config, monkeypatch: pytest.MonkeyPatch) -> Iterator[Inbox]:
    """A real SMTP server on loopback, used by the outbox for the length of a test."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    handler = Inbox()
    controller = Controller(handler, hostname="127.0.0.1", port=port)
    controller.start()
    monkeypatch.setattr(Postman, "config", replace(config, mail_url=f"smtp://127.0.0.1:{port}"))
    yield handler
    controller.stop()


def _post(world: World, subject: str = "A subject") -> tuple[int, int]:
    with tenant_scope(world.a.id, world.ada_actor):
        mail_id = post("ada@example.test", subject, "正文", about="incident:7").id
    with tenant_scope(world.a.id, world.ada_actor):
        return mail_id, session().scalars(select(Job.id).where(Job.kind == "mail", Job.subject_id == mail_id)).one()


def _state(world: World, mail_id: int) -> str:
    with tenant_scope(world.a.id, world.ada_actor):
        return session().scalars(select(Mail.state).where(Mail.id == mail_id)).one()


def test_it_sends_a_mail_once(world: World, inbox: Inbox) -> None:
    mail_id, job_id = _post(world)
    perform(job_id)
    perform(job_id)
    assert len(inbox.got) == 1
    assert _state(world, mail_id) == "sent"


def test_it_sends_nothing_that_was_rolled_back(world: World, inbox: Inbox) -> None:
    with pytest.raises(RuntimeError), tenant_scope(world.a.id, world.ada_actor):
        post("ada@example.test", "never", "never")
        raise RuntimeError
    assert jobs.queue("desk").count == 0
    assert inbox.got == []


def test_it_does_not_repeat_what_may_have_been_taken(world: World, inbox: Inbox) -> None:
    mail_id, job_id = _post(world)
    with tenant_scope(world.a.id, world.ada_actor):
        session().execute(update(Mail).where(Mail.id == mail_id).values(state="handing_over"))
    perform(job_id)
    assert inbox.got == []
    assert _state(world, mail_id) == "maybe_sent"


def test_a_later_attempt_says_perhaps_sent_even_while_the_server_is_away(
    world: World, config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Postman, "config", replace(config, mail_url="smtp://127.0.0.1:1"))
    mail_id, job_id = _post(world)
    with tenant_scope(world.a.id, world.ada_actor):
        session().execute(update(Mail).where(Mail.id == mail_id).values(state="handing_over"))
        session().execute(update(Job).where(Job.id == job_id).values(attempt=1))
    perform(job_id)
    assert _state(world, mail_id) == "maybe_sent"


def test_a_server_that_is_away_leaves_the_mail_waiting(
    world: World, config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Postman, "config", replace(config, mail_url="smtp://127.0.0.1:1"))
    mail_id, job_id = _post(world)
    perform(job_id)
    assert _state(world, mail_id) == "waiting"


def test_an_attempt_that_was_overtaken_takes_no_doubt_away(
    world: World, monkeypatch: pytest.MonkeyPatch, inbox: Inbox
) -> None:
    mail_id, job_id = _post(world)

    def send(_server: smtplib.SMTP, _message: EmailMessage) -> None:
        with tenant_scope(world.a.id, world.ada_actor):
            late = datetime.now(UTC) - timedelta(seconds=1)
            session().execute(update(Job).where(Job.id == job_id).values(lease_until=late))
        perform(job_id)
        raise smtplib.SMTPDataError(451, b"later please")

    monkeypatch.setattr(smtplib.SMTP, "send_message", send)
    perform(job_id)
    assert _state(world, mail_id) == "maybe_sent"


def test_an_attempt_that_was_overtaken_hands_nothing_over(world: World, inbox: Inbox) -> None:
    mail_id, job_id = _post(world)
    late = take(job_id)
    with tenant_scope(world.a.id, world.ada_actor):
        gone = datetime.now(UTC) - timedelta(seconds=1)
        session().execute(update(Job).where(Job.id == job_id).values(lease_until=gone))
    assert late is not None
    assert take(job_id) is not None
    deliver(late)
    assert (inbox.got, _state(world, mail_id)) == ([], "waiting")


def test_it_tries_again_when_the_server_said_no(world: World, inbox: Inbox) -> None:
    inbox.answer = "451 later please"
    mail_id, job_id = _post(world)
    perform(job_id)
    assert _state(world, mail_id) == "waiting"


def test_it_cannot_be_given_another_header(world: World, inbox: Inbox) -> None:
    _, job_id = _post(world, "Hello\r\nBcc: cai@example.test")
    perform(job_id)
    assert b"Bcc" not in inbox.got[0]


def test_it_keeps_mail_as_files_without_a_server(world: World, config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Postman, "config", config)
    mail_id, job_id = _post(world)
    perform(job_id)
    assert config.mail_folder is not None
    assert list(Path(config.mail_folder).glob("*.eml"))
    assert _state(world, mail_id) == "sent"


@pytest.mark.parametrize(("about", "stays"), [("incident:7", True), ("invitation:7", False), ("person:7", False)])
def test_it_forgets_a_link_that_lets_somebody_in_once_it_is_sent(
    world: World, inbox: Inbox, about: str, stays: bool
) -> None:
    with tenant_scope(world.a.id, world.ada_actor):
        mail_id = post("ada@example.test", "A subject", "http://desk.test/invitation/a-token", about=about).id
        job_id = session().scalars(select(Job.id).where(Job.kind == "mail", Job.subject_id == mail_id)).one()
    perform(job_id)
    assert b"a-token" in inbox.got[0]
    with tenant_scope(world.a.id, world.ada_actor):
        mail = session().get_one(Mail, mail_id)
        assert (mail.state, "a-token" in mail.body) == ("sent", stays)


def test_it_never_connects_before_the_row_says_so(world: World, monkeypatch: pytest.MonkeyPatch, inbox: Inbox) -> None:
    mail_id, job_id = _post(world)
    seen: list[str] = []

    def send(_server: smtplib.SMTP, _message: EmailMessage) -> dict[str, object]:
        seen.append(_state(world, mail_id))
        return {}

    monkeypatch.setattr(smtplib.SMTP, "send_message", send)
    perform(job_id)
    assert seen == ["handing_over"]


def _certificate(folder: Path) -> ssl.SSLContext:
    """What a server shows whose certificate nobody vouches for."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(1)
    made = made.not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
    plain = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (folder / "server.pem").write_bytes(plain + made.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "server.pem")
    return context


@pytest.mark.parametrize("road", ["ssl_context", "tls_context"])
def test_it_gives_neither_password_nor_mail_to_a_server_that_cannot_prove_who_it_is(
    world: World, config: Config, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, road: str
) -> None:
    handler, heard = Inbox(), list[object]()

    def asked(*said: object) -> AuthResult:
        heard.extend(said)
        return AuthResult(success=True)

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options: dict[str, Any] = {road: _certificate(tmp_path), "authenticator": asked}
    options["auth_require_tls"] = road == "tls_context"
    controller = Controller(handler, hostname="127.0.0.1", port=port, **options)
    controller.start()
    scheme = "smtps" if road == "ssl_context" else "smtp"
    monkeypatch.setattr(Postman, "config", replace(config, mail_url=f"{scheme}://desk:a-password@127.0.0.1:{port}"))
    mail_id, job_id = _post(world)
    try:
        perform(job_id)
    finally:
        controller.stop()
    assert (_state(world, mail_id), heard, handler.got) == ("waiting", [], [])


@pytest.mark.parametrize(("before", "after"), [("waiting", "failed"), ("handing_over", "maybe_sent")])
def test_it_says_how_a_mail_ended_that_is_not_tried_again(world: World, inbox: Inbox, before: str, after: str) -> None:
    mail_id, job_id = _post(world)
    with tenant_scope(world.a.id, world.ada_actor):
        session().execute(update(Mail).where(Mail.id == mail_id).values(state=before))
        session().execute(update(Job).where(Job.id == job_id).values(attempt=jobs.JOBS["mail"].attempts))
    perform(job_id)
    assert inbox.got == []
    assert _state(world, mail_id) == after


def test_a_mail_that_is_refused_every_time_is_shown_as_not_sent(world: World, inbox: Inbox) -> None:
    inbox.answer = "550 nobody of that name"
    mail_id, job_id = _post(world)
    with tenant_scope(world.a.id, world.ada_actor):
        session().execute(update(Job).where(Job.id == job_id).values(attempt=jobs.JOBS["mail"].attempts - 1))
    perform(job_id)
    assert _state(world, mail_id) == "failed"
