"""Drafting, issuing, taking back: what is billed is billed once, and what is issued stands."""

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import delete, func, select, text, update
from sqlalchemy.exc import IntegrityError

from service_desk.billing import operations as billing
from service_desk.billing.models import Contract, EntryClaim, Invoice, InvoiceLine, InvoicePaper, Payment
from service_desk.jobs import Job
from service_desk.lib.errors import Invalid, Refused
from service_desk.scope import load, session
from service_desk.worklog.models import Entry
from tests.billing import given
from tests.world import World


def test_it_drafts_all_unbilled_work_once(world: World) -> None:
    given.rates(world)
    first = given.drafted(world, 3)
    assert (first.total_minor, first.state, first.number) == (3 * 60000, "draft", None)
    with given.inside(world), pytest.raises(Refused):
        billing.draft(session().scalars(select(Contract)).one(), given.UNTIL, given.NOW)


def test_it_leaves_work_after_the_day_and_unbillable_work_alone(world: World) -> None:
    given.rates(world)
    agreed = given.contract(world)
    given.entries(world, 3)
    given.entries(world, 2, billable=False)
    with given.inside(world):
        made = billing.draft(load(Contract, agreed.id), (given.NOW - timedelta(days=2)).date(), given.NOW)
        assert session().scalar(select(func.count()).where(EntryClaim.invoice_id == made.id)) == 2


def test_it_asks_for_a_tax_rate_instead_of_guessing_one(world: World) -> None:
    agreed = given.contract(world, tax_code="unheard_of")
    given.entries(world, 1)
    with given.inside(world), pytest.raises(Invalid) as told:
        billing.draft(load(Contract, agreed.id), given.UNTIL, given.NOW)
    assert told.value.field == "tax_code"


def test_it_issues_with_number_dates_tax_and_both_parties(world: World) -> None:
    invoice = given.issued(world, 3)
    assert (invoice.number, invoice.state) == ("INV-2026-0001", "issued")
    assert (invoice.issued_on, invoice.due_on) == (date(2026, 11, 22), date(2026, 12, 7))
    # ¥1,800.00 with 1 % tax inside: 178218 before tax, half up.
    assert (invoice.net_minor, invoice.tax_minor, invoice.total_minor) == (178218, 1782, 180000)
    assert invoice.party["seller"]["legal_name"].startswith("上海阿达")
    assert invoice.party["buyer"]["tax_number"] == "91440300MA5EXAMPL1"
    assert len(invoice.party["work"]) == 3


def test_it_freezes_the_work_and_asks_for_the_paper(world: World) -> None:
    invoice = given.issued(world, 2)
    with given.inside(world):
        lines = set(session().scalars(select(InvoiceLine.id).where(InvoiceLine.invoice_id == invoice.id)))
        assert set(session().scalars(select(Entry.invoice_line_id))) == lines
        paper = session().scalars(select(InvoicePaper)).one()
        assert session().scalars(select(Job.subject_id).where(Job.kind == "invoice_paper")).all() == [paper.id]


def test_it_does_not_issue_twice(world: World) -> None:
    invoice = given.issued(world)
    with given.inside(world), pytest.raises(Refused):
        billing.issue(invoice.id, given.NOW)


def test_it_refuses_to_issue_when_the_work_was_changed_meanwhile(world: World) -> None:
    given.rates(world)
    invoice = given.drafted(world)
    with given.inside(world):
        session().execute(update(Entry).values(billable_minutes=120))
    with given.inside(world), pytest.raises(Refused, match="changed"):
        billing.issue(invoice.id, given.NOW)


def test_it_takes_discounts_off_and_refuses_more_than_the_work(world: World) -> None:
    given.rates(world)
    invoice = given.drafted(world, 1)
    with given.inside(world):
        billing.add_line(invoice.id, "discount", "优惠", given.ONE_PERCENT, 10000)
        assert load(Invoice, invoice.id).total_minor == 50000
    with given.inside(world):
        billing.add_line(invoice.id, "discount", "优惠", given.ONE_PERCENT, 90000)
    with given.inside(world), pytest.raises(Refused, match="discounts"):
        billing.issue(invoice.id, given.NOW)


def test_it_gives_the_work_of_a_removed_line_back(world: World) -> None:
    given.rates(world)
    invoice = given.drafted(world, 2)
    with given.inside(world):
        line = session().scalars(select(InvoiceLine).order_by(InvoiceLine.position)).first()
        assert line is not None
        billing.remove_line(invoice.id, line.id)
        assert load(Invoice, invoice.id).total_minor == 60000
        again = billing.draft(load(Contract, invoice.contract_id or 0), given.UNTIL, given.NOW)
        assert again.total_minor == 60000


def test_it_uses_the_tax_rate_of_the_day_of_issue(world: World) -> None:
    given.rates(world)
    invoice = given.drafted(world, 1)
    with given.inside(world):
        made = billing.issue(invoice.id, given.NOW.replace(year=2028))
        assert made.party["tax"]["rate"] == "3"
        assert made.net_minor + made.tax_minor == 60000
        assert made.net_minor == 58252


def test_it_voids_an_unpaid_invoice_and_keeps_its_number(world: World) -> None:
    invoice = given.issued(world, 2)
    with given.inside(world):
        billing.void(invoice.id, "wrong client", given.NOW)
    with given.inside(world):
        assert load(Invoice, invoice.id).state == "void"
        assert set(session().scalars(select(Entry.invoice_line_id))) == {None}
        again = billing.draft(load(Contract, invoice.contract_id or 0), given.UNTIL, given.NOW)
        assert billing.issue(again.id, given.NOW).number == "INV-2026-0002"


def test_it_corrects_with_a_credit_note_of_its_own_series(world: World) -> None:
    invoice = given.issued(world, 2)
    with given.inside(world):
        note = billing.credit(invoice.id, "hours disputed", given.NOW)
        assert (note.kind, note.number, note.total_minor) == ("credit_note", "CN-2026-0001", -120000)
        assert note.party["corrects"]["number"] == invoice.number
        assert load(Invoice, invoice.id).state == "credited"
        assert set(session().scalars(select(Entry.invoice_line_id))) == {None}


def test_it_takes_nothing_back_while_money_is_in(world: World) -> None:
    invoice = given.issued(world)
    with given.inside(world):
        payment = billing.record_payment(invoice.id, 1000, date(2026, 11, 25), given.NOW)
    for verb in (billing.void, billing.credit):
        with given.inside(world), pytest.raises(Refused, match="Money"):
            verb(invoice.id, "because", given.NOW)
    with given.inside(world):
        billing.take_back(payment.id, "typed twice", given.NOW)
        billing.void(invoice.id, "because", given.NOW)


def test_it_follows_payments_from_open_to_paid_and_back(world: World) -> None:
    invoice = given.issued(world, 3)
    with given.inside(world):
        billing.record_payment(invoice.id, 80000, date(2026, 11, 25), given.NOW)
        assert (load(Invoice, invoice.id).state, load(Invoice, invoice.id).paid_minor) == ("partly_paid", 80000)
        rest = billing.record_payment(invoice.id, 150000, date(2026, 11, 26), given.NOW)
        assert (load(Invoice, invoice.id).state, load(Invoice, invoice.id).paid_minor) == ("paid", 180000)
        billing.take_back(rest.id, "another client's", given.NOW)
        assert load(Invoice, invoice.id).state == "partly_paid"
    with given.inside(world), pytest.raises(Refused):
        billing.take_back(rest.id, "again", given.NOW)


def test_it_writes_work_off_and_takes_it_up_again(world: World) -> None:
    given.rates(world)
    agreed = given.contract(world)
    (entry,) = given.entries(world, 1)
    with given.inside(world):
        billing.write_off(entry, "goodwill", given.NOW)
    with given.inside(world), pytest.raises(Refused):
        billing.draft(load(Contract, agreed.id), given.UNTIL, given.NOW)
    with given.inside(world), pytest.raises(Refused):
        billing.write_off(entry, "again", given.NOW)
    with given.inside(world):
        billing.take_up(entry, given.NOW)
        assert billing.draft(load(Contract, agreed.id), given.UNTIL, given.NOW).total_minor == 60000


CHANGES: dict[str, Any] = {
    "total": update(Invoice).values(total_minor=1, net_minor=1, tax_minor=0),
    "number": update(Invoice).values(number="INV-2026-0099"),
    "party": update(Invoice).values(party={}),
    "back to draft": update(Invoice).values(state="draft", number=None),
    "delete": delete(Invoice),
    "line text": update(InvoiceLine).values(text="else"),
    "line gone": delete(InvoiceLine),
    "claim moved": update(EntryClaim).values(minutes=1),
    "claim gone": delete(EntryClaim),
    "work": update(Entry).values(content="else"),
    "payment": update(Payment).values(amount_minor=1),
    "payment gone": delete(Payment),
    "allocation": text("UPDATE allocation SET amount_minor = 1"),
    "line added": text(
        "INSERT INTO invoice_line (tenant_id, invoice_id, position, kind, text, quantity, unit, price_minor, "
        "amount_minor, net_minor, tax_rate) SELECT tenant_id, id, 99, 'extra', 'late', 1, 'item', 1, 1, 1, 0 "
        "FROM invoice"
    ),
}


@pytest.mark.parametrize("change", CHANGES)
def test_it_holds_an_issued_invoice_in_the_database(world: World, change: str) -> None:
    invoice = given.issued(world)
    with given.inside(world):
        billing.record_payment(invoice.id, 1000, date(2026, 11, 25), given.NOW)
    with pytest.raises(IntegrityError), given.inside(world):
        session().execute(CHANGES[change])


def test_it_may_change_and_discard_a_draft(world: World) -> None:
    given.rates(world)
    invoice = given.drafted(world)
    with given.inside(world):
        line = session().scalars(select(InvoiceLine)).first()
        assert line is not None
        billing.change_line(invoice.id, line.id, "other words")
        billing.discard(invoice.id)
    with given.inside(world):
        assert session().scalars(select(Invoice)).all() == []
        assert session().scalars(select(EntryClaim)).all() == []


def test_it_bills_an_entry_once_even_when_two_lines_claim_it(world: World) -> None:
    given.rates(world)
    invoice = given.drafted(world, 1)
    with pytest.raises(IntegrityError), given.inside(world):
        claim = session().scalars(select(EntryClaim)).one()
        session().add(
            EntryClaim(
                entry_id=claim.entry_id,
                invoice_id=invoice.id,
                line_id=claim.line_id,
                minutes=90,
                created_at=given.NOW,
            )
        )


def test_it_prints_a_round_tax_rate_as_people_write_it(world: World) -> None:
    from decimal import Decimal

    from service_desk.scope import practice_scope

    with practice_scope(world.practice_id, world.ada_actor, writing=True):
        billing.add_tax_rate("ten", Decimal(10), date(2026, 1, 1), None, label_zh="十", label_en="ten")
    agreed = given.contract(world, tax_code="ten")
    given.entries(world, 1)
    with given.inside(world):
        made = billing.issue(billing.draft(load(Contract, agreed.id), given.UNTIL, given.NOW).id, given.NOW)
        assert made.party["tax"]["rate"] == "10"
