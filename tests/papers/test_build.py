"""Papers as documents: every section says its live data, the contents lead to the right pages, the bytes stand."""

import hashlib
import re
from datetime import timedelta
from io import BytesIO

import pytest
from pypdf import PdfReader
from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError

from service_desk import jobs
from service_desk.files.operations import read
from service_desk.jobs import Job
from service_desk.lib.clock import Language, language, local_day
from service_desk.lib.errors import Refused
from service_desk.lib.i18n import say
from service_desk.papers import operations
from service_desk.papers.models import Paper
from service_desk.papers.reading import one, progress
from service_desk.papers.section import Asked
from service_desk.papers.sections import PAPERS, SECTIONS
from service_desk.papers.sections.duties import coming
from service_desk.scope import current, load, session
from service_desk.tenants.models import Tenant
from tests.papers import given
from tests.world import World


def flat(text: str) -> str:
    return "".join(text.split())


def texts(data: bytes) -> list[str]:
    return [flat(page.extract_text()) for page in PdfReader(BytesIO(data)).pages]


@pytest.mark.parametrize(
    ("code", "wanted"),
    [
        (
            "zh_Hans_CN",
            (
                "CompanyA交接包",
                "首日一页纸",
                "张示例",
                "用友原厂热线",
                "U8生产",
                "001示例精密2026",
                "ERP-DB01",
                "网银直连",
                "desk_read",
                "1天7小时",
                "#41",
                "存货结存出现负数",
                "已向原厂提交",
                "补记凭证后重新结账，通过",
                "U8年服务到期",
                "INV-2026-0001",
                "月结操作手册002",
                "YW-2026-03",
                "本交接包完整度为",
                "内部资料注意保密",
            ),
        ),
        ("en", ("Handoverpack:CompanyA", "Thefirstdayononepage", "1d7h", "Waitingforthevendor", "INV-2026-0001")),
    ],
)
def test_it_says_the_live_data_in_the_papers_language(world: World, code: str, wanted: tuple[str, ...]) -> None:
    given.furnished(world)
    paper, data = given.pack(world, code)
    whole = "".join(texts(data))
    for text in wanted:
        assert text in whole, text
    for section in (SECTIONS[key] for key in PAPERS["handover"]):
        if section.listed:
            assert flat(say(language(code), section.title)) in whole, section.key
    assert paper.pages == len(PdfReader(BytesIO(data)).pages)


@pytest.mark.parametrize(
    ("lang", "words"),
    [("zh", ("恢复演练：账套 001", "权限审计")), ("en", ("Restore drill: 账套 001", "Permission review"))],
)
def test_it_says_which_duties_of_the_safeguards_fall_due(world: World, lang: Language, words: tuple[str, str]) -> None:
    with given.inside(world):
        given.safeguards()
        tenant = session().get_one(Tenant, current().tenant_id)
        asked = Asked(paper=Paper(), tenant=tenant, practice=None, now=given.NOW, lang=lang, handed={})
        day = local_day(given.NOW, tenant.time_zone)
        assert [(one.day, one.text) for one in coming(asked, timedelta(days=30))] == [
            (day, "日巡检"), (day + timedelta(days=5), words[0]), (day + timedelta(days=10), words[1]),
        ]  # fmt: skip
        assert [one.text for one in coming(asked, timedelta(days=7))] == ["日巡检", words[0]]


def test_it_counts_pages_and_its_contents_name_the_page_of_each_section(world: World) -> None:
    given.furnished(world, articles=12, paragraphs=8)
    _, data = given.pack(world)
    pages = texts(data)
    total = len(pages)
    for place, text in enumerate(pages, start=1):
        assert f"第{place}页/共{total}页" in text, place
    contents = "".join(text for text in pages[1:3])
    listed = [section for section in (SECTIONS[key] for key in PAPERS["handover"]) if section.listed]
    for place, section in enumerate(listed, start=1):
        title = flat(say("zh", section.title))
        found = re.search(rf"{place}{re.escape(title)}[^\d]*?(\d+)", contents)
        assert found, (section.key, contents)
        named = [number for number in range(3, total + 1) if title in pages[number - 1]]
        # The next entry's own number follows without a gap in the extracted text, so the page is a beginning of it.
        assert any(found[1].startswith(str(number)) for number in named), (section.key, found[1], named)
    outline = [item.title for item in PdfReader(BytesIO(data)).outline if not isinstance(item, list)]
    assert [say("zh", section.title) for section in listed] == outline


def test_it_keeps_the_bytes_with_their_hash_and_makes_the_same_twice(world: World) -> None:
    given.furnished(world)
    paper, data = given.pack(world)
    assert paper.sha256 == hashlib.sha256(data).digest()
    from service_desk.papers import build
    from service_desk.papers.jobs import _gather

    with given.inside(world):
        session().execute(update(Job).where(Job.kind == "paper").values(state="queued"))
        assert read(paper.file_id or 0)[0].name.endswith("-v1.pdf")
    asked = given.requested(world)
    with given.inside(world):
        job = session().scalars(select(Job.id).where(Job.slot == operations.slot(asked.id))).one()
    claim = jobs.Claim(job, "paper", world.a.id, world.practice_id, None, asked.id, 1, given.NOW)
    first, second = _gather(claim), _gather(claim)
    assert first is not None
    assert second is not None
    assert build.lay_out(first, build.write(first)) == build.lay_out(second, build.write(second))


@pytest.mark.parametrize("change", ["delete", "bytes", "title"])
def test_it_holds_a_finished_paper_in_the_database(world: World, change: str) -> None:
    given.furnished(world, articles=1)
    paper, _ = given.pack(world)
    mine = Paper.id == paper.id
    statement = {
        "delete": delete(Paper).where(mine),
        "bytes": update(Paper).where(mine).values(sha256=b"x" * 32),
        "title": update(Paper).where(mine).values(title="else"),
    }[change]
    with pytest.raises(IntegrityError), given.inside(world):
        session().execute(statement)


def test_it_builds_one_of_a_kind_at_a_time_and_counts_versions(world: World) -> None:
    first = given.requested(world)
    with pytest.raises(Refused):
        given.requested(world)
    given.built(world, first.id)
    assert given.requested(world).version == 2


def test_it_can_be_called_off_before_and_while_it_is_built(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    early = given.requested(world)
    with given.inside(world):
        operations.cancel_paper(early.id, given.NOW)
    assert given.built(world, early.id).state == "cancelled"
    late = given.requested(world)
    from service_desk.papers import build

    real = build.lay_out

    def cancelled_meanwhile(*args: object) -> bytes:
        with given.inside(world):
            operations.cancel_paper(late.id, given.NOW)
        return real(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(build, "lay_out", cancelled_meanwhile)
    assert given.built(world, late.id).file_id is None
    with given.inside(world), pytest.raises(Refused):
        operations.cancel_paper(late.id, given.NOW)


def test_it_reports_its_steps_while_it_is_built(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    given.furnished(world, articles=1)
    seen: list[tuple[int, str]] = []
    real = jobs.Claim.report

    def noted(claim: jobs.Claim, percent: int, step: str) -> None:
        seen.append((percent, step))
        real(claim, percent, step)

    monkeypatch.setattr(jobs.Claim, "report", noted)
    paper, _ = given.pack(world)
    assert [percent for percent, _ in seen] == sorted(percent for percent, _ in seen)
    assert list(dict.fromkeys(step for _, step in seen)) == [
        "gathering",
        "writing",
        "searching",
        "laying_out",
        "keeping",
    ]
    with given.inside(world):
        row = one(paper.id)
        assert row is not None
        assert progress(*row).state == "done"


def test_it_shows_a_paper_whose_worker_gave_up_as_failed(world: World) -> None:
    asked = given.requested(world)
    with given.inside(world):
        session().execute(update(Job).where(Job.kind == "paper").values(state="failed"))
        row = one(asked.id)
        assert row is not None
        assert progress(*row).state == "failed"
        assert load(Paper, asked.id).state == "waiting"


def test_it_says_so_when_there_is_nothing(world: World) -> None:
    _, data = given.pack(world)
    whole = "".join(texts(data))
    for wanted in ("没有登记联系人", "没有检查项监控备份", "没有未完成工单", "尚未登记合同", "还没有知识文档"):
        assert wanted in whole, wanted


def test_it_leaves_internal_notes_of_the_log_out(world: World) -> None:
    from service_desk.worklog.models import Entry

    given.furnished(world)
    with given.inside(world):
        session().execute(update(Entry).where(Entry.invoice_line_id.is_(None)).values(internal_note="只给自己看的话"))
    _, data = given.pack(world)
    assert "只给自己看的话" not in "".join(texts(data))
