"""No paper leaves with a secret in it: found in any disguise, refused in words, and nothing in the file's bytes."""

import re
import zlib
from io import BytesIO

import pytest
from hypothesis import given as any_of
from hypothesis import strategies as st
from pypdf import PdfReader
from sqlalchemy import select, update

from service_desk.db import Base
from service_desk.knowledge.models import Article
from service_desk.papers.leaks import Leak, find_leaks
from service_desk.scope import person_scope, session
from service_desk.tenants.models import ErpConnection, SealedSecret, Tenant
from service_desk.tenants.secrets import sealed_columns
from service_desk.tickets.models import Ticket
from tests.papers import given
from tests.world import World

CANARY = "Canary-S3cret!7788"


@pytest.mark.parametrize(
    "markup",
    [
        f"<p>密码是 {CANARY}</p>",
        f"<p>{CANARY.lower()}</p>",
        "<p>Canary-<b>S3cret</b>!7788</p>",
        "<p>Canary-S3\n  cret!7788</p>",
        "<p>Ｃａｎａｒｙ－Ｓ３ｃｒｅｔ！７７８８</p>",
        f'<a href="http://x/?p={CANARY}">x</a>',
        "<p>&#67;anary-S3cret&#33;7788</p>",
    ],
)
def test_it_finds_a_secret_however_it_is_written(markup: str) -> None:
    assert find_leaks({"tickets": markup}, [("U8 · password", CANARY)]) == [Leak("U8 · password", "tickets")]


def test_it_does_not_cry_wolf() -> None:
    assert find_leaks({"a": "<p>asset sales database</p>"}, [("short", "sa"), ("none", ""), ("long", CANARY)]) == []
    assert find_leaks({"a": "<p>user: sa</p>"}, [("short", "sa")]) == [Leak("short", "a")]


@any_of(st.text(min_size=6, max_size=30).filter(lambda text: text.strip() and len("".join(text.split())) >= 6))
def test_it_finds_any_secret_that_stands_in_escaped_text(secret: str) -> None:
    from markupsafe import escape

    assert find_leaks({"a": f"<p>{escape(secret)}</p>"}, [("s", secret)]) == [Leak("s", "a")]


def test_it_refuses_to_print_a_password_and_says_where(world: World) -> None:
    given.furnished(world, articles=1)
    given.sealed(world, CANARY)
    with given.inside(world):
        session().execute(update(Ticket).values(title=f"登录失败，密码 {CANARY}"))
    paper = given.built(world, given.requested(world).id)
    assert (paper.state, paper.file_id) == ("failed", None)
    assert "U8 生产 · password" in paper.problem
    assert "未完成工单" in paper.problem
    assert CANARY not in paper.problem


def test_it_finds_it_in_markdown_too(world: World) -> None:
    given.furnished(world, articles=1)
    given.sealed(world, "p@ss*word*9")
    with given.inside(world):
        session().execute(update(Article).values(body="口令 `p@ss*word*9` 别外传"))
    assert given.built(world, given.requested(world).id).state == "failed"


def test_it_holds_no_canary_of_any_sealed_column(world: World) -> None:
    from service_desk.accounts.models import Person

    given.furnished(world)
    given.sealed(world, CANARY)
    with given.inside(world):
        wrapped = session().scalars(select(Tenant.wrapped_key)).one()
        sealed = session().scalars(select(SealedSecret.sealed)).one()
        connection = session().scalars(select(ErpConnection)).one()
        assert connection.name in "U8 生产"
    with person_scope(world.ada.id):
        session().execute(update(Person).values(totp_secret=b"TOTPCANARY99887766"))
    _, data = given.pack(world)
    assert wrapped is not None
    canaries = [CANARY.encode(), b"TOTPCANARY99887766", wrapped, sealed]
    canaries += [one.hex().encode() for one in (wrapped, sealed)]
    for place in everything(data):
        for canary in canaries:
            assert canary not in place
    text = "".join(page.extract_text() for page in PdfReader(BytesIO(data)).pages)
    assert CANARY not in text
    assert not PdfReader(BytesIO(data)).attachments


def everything(data: bytes) -> list[bytes]:
    """The file itself and every stream in it, unpacked."""
    streams = [data]
    for found in re.finditer(rb"stream\r?\n(.*?)endstream", data, re.S):
        try:
            streams.append(zlib.decompress(found[1]))
        except zlib.error:
            streams.append(found[1])
    return streams


def test_it_knows_every_sealed_column_of_a_client() -> None:
    """A new sealed column of a client's table must be searched for too: teach papers.jobs._secrets, then this test."""
    owned = {
        f"{column.table.name}.{column.name}"
        for column in sealed_columns()
        if Base.metadata.tables[column.table.name].info["kind"] == "tenant"
    }
    assert owned == {"sealed_secret.sealed"}
