"""The pages of money, as Ada works on them, as Ben sees his own, and as Cai must not."""

import pytest
from flask import Flask
from sqlalchemy import select

from service_desk import jobs
from service_desk.billing import operations as billing
from service_desk.billing.models import Contract, Invoice, InvoiceLine, NumberSeries, Payment, TaxRate
from service_desk.jobs import Job
from service_desk.mail import Mail
from service_desk.scope import load, practice_scope, session
from tests.billing import given
from tests.counting import statements
from tests.world import World, post


def run_jobs(world: World) -> None:
    """Do what a worker does for client A."""
    with given.inside(world):
        waiting = session().scalars(select(Job.id).where(Job.kind == "invoice_paper", Job.state == "queued")).all()
    for job in waiting:
        jobs.perform(job)


def url(world: World, rest: str = "", face: str = "t") -> str:
    return f"/{face}/{world.a.slug}/{'money' if face == 't' else 'invoices'}{rest}"


def test_it_shows_what_waits_and_what_is_open(app: Flask, world: World) -> None:
    invoice = given.issued(world, 2)
    given.entries(world, 3, content="另外的工作")
    browser = world.sign_in(app, world.ada)
    with statements() as sent:
        page = browser.get(url(world))
    text = page.get_data(as_text=True)
    assert page.status_code == 200
    assert len(sent) <= 10, sent
    for wanted in ("INV-2026-0001", "另外的工作", "4:30", "¥1,800.00", "3:00", f"/money/{invoice.id}"):
        assert wanted in text, wanted


def test_it_has_no_money_page_for_a_stranger(app: Flask, world: World) -> None:
    invoice = given.issued(world, 1)
    for person in (world.ben, world.cai):
        browser = world.sign_in(app, person)
        for rest in ("", f"/{invoice.id}", f"/{invoice.id}/papers/zh_Hans_CN.pdf"):
            assert browser.get(url(world, rest)).status_code == 404
    assert world.sign_in(app, world.somebody("assistant")).get(url(world)).status_code == 404
    assert world.sign_in(app, world.cai).get(url(world, f"/{invoice.id}", "portal")).status_code == 404


def test_it_lets_an_engineer_read_but_not_write_money(app: Flask, world: World) -> None:
    invoice = given.issued(world, 1)
    browser = world.sign_in(app, world.somebody("engineer"))
    assert browser.get(url(world, f"/{invoice.id}")).status_code == 200
    assert browser.get(url(world, f"/{invoice.id}/pay")).status_code == 404
    assert post(browser, url(world, "/draft"), {"until": "2026-11-30"}).status_code == 404


def test_it_walks_from_contract_to_paid_invoice(app: Flask, world: World) -> None:
    given.rates(world)
    browser = world.sign_in(app, world.ada)
    form = {
        "title": "ERP 运维",
        "rate": "４００．００",
        "currency": "CNY",
        "tax_code": "cn_small",
        "tax_included": "y",
        "rounding_mode": "ceil",
        "rounding_step": "15",
        "rounding_scope": "entry",
        "minimum_minutes": "15",
        "group_by": "entry",
        "payment_days": "15",
        "starts_on": "2026-01-01",
    }
    bad = post(browser, url(world, "/contract"), {**form, "rate": "四百"})
    assert bad.status_code == 422
    assert "ERP 运维" in bad.get_data(as_text=True)
    assert post(browser, url(world, "/contract"), form).status_code == 303
    given.entries(world, 2)
    made = post(browser, url(world, "/draft"), {"until": "2026-11-30"})
    assert made.status_code == 303
    with statements() as sent:
        draft = browser.get(made.location)
    assert "¥1,200.00" in draft.get_data(as_text=True)
    assert len(sent) <= 10, sent
    discount = {"kind": "discount", "text": "老客户优惠", "quantity": "1", "price": "200"}
    assert post(browser, made.location + "/lines", discount).status_code == 303
    assert post(browser, made.location + "/issue", {"notify": "1"}).status_code == 303
    waiting = browser.get(made.location).get_data(as_text=True)
    assert "正在生成 PDF" in waiting
    assert "人民币壹仟元整" in waiting
    run_jobs(world)
    with statements() as sent:
        assert "SHA-256" in browser.get(made.location).get_data(as_text=True)
    assert len(sent) <= 10, sent
    paid = {"amount": "1,000.00", "received_on": "2026-11-25", "method": "bank", "reference": "网银 0091"}
    assert post(browser, made.location + "/pay", paid).status_code == 303
    assert "已付款" in browser.get(made.location).get_data(as_text=True)
    with given.inside(world):
        assert session().scalars(select(Mail.to_address)).all() == [world.ben.email]
        assert session().scalars(select(Contract.rate_minor)).all() == [40000]


def test_it_downloads_the_paper_as_an_attachment_that_stays_the_same(app: Flask, world: World) -> None:
    invoice = given.issued(world, 1)
    browser, bens = world.sign_in(app, world.ada), world.sign_in(app, world.ben)
    assert browser.get(url(world, f"/{invoice.id}/papers/zh_Hans_CN.pdf")).status_code == 404
    run_jobs(world)
    first = browser.get(url(world, f"/{invoice.id}/papers/zh_Hans_CN.pdf"))
    assert first.headers["Content-Disposition"].startswith("attachment")
    assert first.headers["X-Content-Type-Options"] == "nosniff"
    assert first.headers["Content-Security-Policy"].startswith("sandbox")
    assert first.mimetype == "application/pdf"
    assert first.data == browser.get(url(world, f"/{invoice.id}/papers/zh_Hans_CN.pdf")).data
    assert first.data == bens.get(url(world, f"/{invoice.id}/papers/zh_Hans_CN.pdf", "portal")).data


def test_it_makes_the_other_language_when_asked(app: Flask, world: World) -> None:
    invoice = given.issued(world, 1)
    browser = world.sign_in(app, world.ada)
    asked = post(browser, url(world, f"/{invoice.id}/papers"), {"language": "en"})
    assert asked.status_code == 303
    state = browser.get(url(world, f"/{invoice.id}/papers/en.json")).get_json()
    assert (state["state"], state["url"]) == ("queued", None)
    run_jobs(world)
    state = browser.get(url(world, f"/{invoice.id}/papers/en.json")).get_json()
    assert (state["state"], state["percent"]) == ("done", 100)
    assert browser.get(state["url"]).data.startswith(b"%PDF-")
    assert post(browser, url(world, f"/{invoice.id}/papers"), {"language": "xx"}).status_code == 404


def test_it_asks_why_before_it_voids(app: Flask, world: World) -> None:
    invoice = given.issued(world, 1)
    browser = world.sign_in(app, world.ada)
    assert "INV-2026-0001" in browser.get(url(world, f"/{invoice.id}/void")).get_data(as_text=True)
    assert post(browser, url(world, f"/{invoice.id}/void"), {"reason": ""}).status_code == 422
    assert post(browser, url(world, f"/{invoice.id}/void"), {"reason": "wrong month"}).status_code == 303
    assert post(browser, url(world, f"/{invoice.id}/void"), {"reason": "again"}).status_code == 409
    with given.inside(world):
        assert load(Invoice, invoice.id).state == "void"


def test_it_credits_takes_payments_back_and_writes_off(app: Flask, world: World) -> None:
    invoice = given.issued(world, 1)
    (entry,) = given.entries(world, 1)
    browser = world.sign_in(app, world.ada)
    post(browser, url(world, f"/{invoice.id}/pay"), {"amount": "1", "received_on": "2026-11-25", "method": "wechat"})
    assert post(browser, url(world, f"/{invoice.id}/credit"), {"reason": "disputed"}).status_code == 409
    with given.inside(world):
        payment = session().scalars(select(Payment.id)).one()
    assert browser.get(url(world, f"/payments/{payment}/take-back")).status_code == 200
    assert post(browser, url(world, f"/payments/{payment}/take-back"), {"reason": "typed twice"}).status_code == 303
    assert post(browser, url(world, f"/{invoice.id}/credit"), {"reason": "disputed"}).status_code == 303
    assert browser.get(url(world, f"/entries/{entry}/write-off")).status_code == 200
    assert post(browser, url(world, f"/entries/{entry}/write-off"), {"reason": "goodwill"}).status_code == 303
    assert post(browser, url(world, f"/entries/{entry}/take-up")).status_code == 303
    assert "CN-2026-0001" in browser.get(url(world)).get_data(as_text=True)


def test_it_changes_lines_head_and_discards_a_draft(app: Flask, world: World) -> None:
    given.rates(world)
    invoice = given.drafted(world, 2)
    browser = world.sign_in(app, world.ada)
    at = url(world, f"/{invoice.id}")
    with given.inside(world):
        one, two = session().scalars(select(InvoiceLine.id).order_by(InvoiceLine.position)).all()
    post(browser, f"{at}/lines/{one}", {"text": "改过的文字"})
    post(browser, f"{at}/lines/{two}", {"remove": "1"})
    post(browser, f"{at}/head", {"title": "十一月服务", "language": "en", "note": "谢谢"})
    text = browser.get(at).get_data(as_text=True)
    assert "改过的文字" in text
    assert "十一月服务" in text
    assert "¥600.00" in text
    assert post(browser, f"{at}/head", {"title": "", "language": "en"}).status_code == 422
    assert (
        post(browser, f"{at}/lines", {"kind": "extra", "text": "x", "quantity": "1", "price": "y"}).status_code == 422
    )
    assert post(browser, f"{at}/discard").status_code == 303
    assert browser.get(at).status_code == 404


def test_it_sums_up_over_all_clients(app: Flask, world: World) -> None:
    given.issued(world, 2)
    given.issued(world, 1, company=world.b)
    given.entries(world, 1)
    browser = world.sign_in(app, world.ada)
    with statements() as sent:
        page = browser.get("/money")
    text = page.get_data(as_text=True)
    assert len(sent) <= 10, sent
    for wanted in ("Company A", "Company B", "¥1,200.00", "¥1,800.00", "1:30"):
        assert wanted in text, wanted
    assert world.sign_in(app, world.ben).get("/money").status_code == 404
    only_a = world.sign_in(app, world.somebody("engineer")).get("/money").get_data(as_text=True)
    assert "Company B" not in only_a


def test_it_keeps_rates_and_series(app: Flask, world: World) -> None:
    browser = world.sign_in(app, world.ada)
    assert post(browser, "/money/rates/suggested").status_code == 303
    rate = {"code": "mine", "label_zh": "自定", "label_en": "own", "rate": "5.5", "valid_from": "2026-01-01"}
    assert post(browser, "/money/rates", rate).status_code == 303
    assert post(browser, "/money/rates", rate).status_code == 422
    assert post(browser, "/money/rates", {**rate, "code": "x", "rate": "100"}).status_code == 422
    assert "5.5" in browser.get("/money/rates").get_data(as_text=True)
    with practice_scope(world.practice_id, world.ada_actor):
        mine = session().scalars(select(TaxRate.id).where(TaxRate.code == "mine")).one()
    assert post(browser, f"/money/rates/{mine}/remove").status_code == 303
    good = {"key": "invoice", "invoice-form": "Z{YYYY}-{seq:3}", "invoice-resets": "yearly"}
    assert post(browser, "/money/series", good).status_code == 303
    assert post(browser, "/money/series", {**good, "invoice-form": "Z{seq}"}).status_code == 422
    assert post(browser, "/money/series", {**good, "key": "else"}).status_code == 404
    assert "Z2026-007" in browser.get("/money/series").get_data(as_text=True)
    with practice_scope(world.practice_id, world.ada_actor):
        assert session().scalars(select(NumberSeries.form)).all() == ["Z{YYYY}-{seq:3}"]


def test_it_shows_the_client_what_is_issued_and_never_a_draft(app: Flask, world: World) -> None:
    invoice = given.issued(world, 1)
    given.entries(world, 1, content="未开账单")
    with given.inside(world):
        draft = billing.draft(load(Contract, invoice.contract_id or 0), given.UNTIL, given.NOW)
    browser = world.sign_in(app, world.ben)
    with statements() as sent:
        listed = browser.get(url(world, "", "portal"))
    assert len(sent) <= 10, sent
    assert "INV-2026-0001" in listed.get_data(as_text=True)
    with statements() as sent:
        page = browser.get(url(world, f"/{invoice.id}", "portal"))
    assert len(sent) <= 10, sent
    for wanted in ("¥600.00", "示例银行上海分行", "INV-2026-0001", "人民币陆佰元整", "不是税务发票"):
        assert wanted in page.get_data(as_text=True), wanted
    assert browser.get(url(world, f"/{draft.id}", "portal")).status_code == 404
    assert post(browser, url(world, f"/{invoice.id}/papers", "portal"), {"language": "en"}).status_code == 303


@pytest.mark.parametrize("role", ["it_contact", "user", "successor"])
def test_it_keeps_invoices_from_people_without_money(app: Flask, world: World, role: str) -> None:
    invoice = given.issued(world, 1)
    browser = world.sign_in(app, world.somebody(role))
    assert browser.get(url(world, "", "portal")).status_code == 404
    assert browser.get(url(world, f"/{invoice.id}", "portal")).status_code == 404


def test_it_knows_an_overdue_invoice(app: Flask, world: World) -> None:
    given.rates(world)
    invoice = given.drafted(world, 1)
    with given.inside(world):
        billing.issue(invoice.id, given.NOW.replace(month=3))
    assert "已逾期" in world.sign_in(app, world.ben).get(url(world, "", "portal")).get_data(as_text=True)
    assert "逾期账单：1 张" in world.sign_in(app, world.ada).get("/money").get_data(as_text=True)
