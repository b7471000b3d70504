"""Every billable minute is somewhere, exactly once, whatever is done in whatever order and by how many at a time."""

import contextlib
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError

from service_desk.billing import operations as billing
from service_desk.billing import reading
from service_desk.billing.models import Contract, EntryClaim, Invoice, InvoiceLine, Payment
from service_desk.billing.terms import billable
from service_desk.lib.errors import DeskError
from service_desk.scope import load, session
from service_desk.worklog.models import Entry
from tests.billing import given
from tests.world import World, make_world


class Money(RuleBasedStateMachine):
    """A client's money, with every verb that moves a minute or a coin."""

    @initialize()
    def start(self) -> None:
        self.world = make_world()
        given.rates(self.world)
        self.contract_id = given.contract(self.world).id

    def some(self, state: str, place: int) -> int | None:
        """One of the invoices in this state."""
        with given.inside(self.world):
            kept = select(Invoice.id).where(Invoice.state == state, Invoice.kind == "invoice").order_by(Invoice.id)
            ids = session().scalars(kept).all()
        return ids[place % len(ids)] if ids else None

    def attempt(self, act: Any) -> None:
        """Do it in a transaction of its own; what a rule refuses changes nothing."""
        with contextlib.suppress(DeskError), given.inside(self.world):
            act()

    @rule(count=st.integers(1, 3), minutes=st.sampled_from([15, 90, 125]))
    def work(self, count: int, minutes: int) -> None:
        given.entries(self.world, count, minutes=minutes)

    @rule()
    def draft(self) -> None:
        self.attempt(lambda: billing.draft(load(Contract, self.contract_id), given.UNTIL, given.NOW))

    @rule(place=st.integers(0, 5))
    def issue(self, place: int) -> None:
        if (found := self.some("draft", place)) is not None:
            self.attempt(lambda: billing.issue(found, given.NOW))

    @rule(place=st.integers(0, 5))
    def discard(self, place: int) -> None:
        if (found := self.some("draft", place)) is not None:
            self.attempt(lambda: billing.discard(found))

    @rule(place=st.integers(0, 5))
    def drop_a_line(self, place: int) -> None:
        if (found := self.some("draft", place)) is None:
            return
        with given.inside(self.world):
            line = session().scalars(select(InvoiceLine.id).where(InvoiceLine.invoice_id == found)).first()
        if line is not None:
            self.attempt(lambda: billing.remove_line(found, line))

    @rule(place=st.integers(0, 5), how=st.sampled_from([billing.void, billing.credit]))
    def take_back(self, place: int, how: Any) -> None:
        if (found := self.some("issued", place)) is not None:
            self.attempt(lambda: how(found, "because", given.NOW))

    @rule(place=st.integers(0, 5), amount=st.integers(1, 200_000))
    def pay(self, place: int, amount: int) -> None:
        if (found := self.some("issued", place)) is not None:
            self.attempt(lambda: billing.record_payment(found, amount, given.UNTIL, given.NOW))

    @rule()
    def unpay(self) -> None:
        with given.inside(self.world):
            found = session().scalars(select(Payment.id).where(Payment.taken_back_at.is_(None))).first()
        if found is not None:
            self.attempt(lambda: billing.take_back(found, "typed twice", given.NOW))

    @rule(back=st.booleans())
    def write_off(self, back: bool) -> None:
        with given.inside(self.world):
            entry = session().scalars(select(Entry.id).order_by(func.random())).first()
        if entry is not None:
            verb = billing.take_up if back else (lambda one, now: billing.write_off(one, "goodwill", now))
            self.attempt(lambda: verb(entry, given.NOW))

    @precondition(lambda self: hasattr(self, "world"))
    @invariant()
    def every_minute_is_somewhere(self) -> None:
        with given.inside(self.world):
            assert reading.balance().missing == 0
            held = select(func.count()).where(Entry.invoice_line_id.is_not(None))
            standing = Invoice.state.in_(("issued", "partly_paid", "paid"))
            claimed = select(func.count()).where(
                EntryClaim.released_at.is_(None), EntryClaim.invoice_id.in_(select(Invoice.id).where(standing))
            )
            assert session().scalar(held) == session().scalar(claimed)

    @precondition(lambda self: hasattr(self, "world"))
    @invariant()
    def totals_are_the_sums_of_their_lines(self) -> None:
        with given.inside(self.world):
            for one in session().scalars(select(Invoice)):
                lines = session().scalars(select(InvoiceLine).where(InvoiceLine.invoice_id == one.id)).all()
                assert sum(line.net_minor for line in lines) == one.net_minor
                assert sum(line.amount_minor for line in lines) == one.total_minor  # prices include the tax
                assert 0 <= one.paid_minor <= max(0, one.total_minor)


def test_it_never_loses_or_doubles_a_minute(app: Flask) -> None:
    run_state_machine_as_test(
        Money,
        settings=settings(
            max_examples=12, stateful_step_count=14, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )


def test_it_bills_each_piece_of_work_once_when_four_draft_at_the_same_time(world: World) -> None:
    given.rates(world)
    agreed = given.contract(world)
    given.entries(world, 40)

    def run(_place: int) -> int:
        try:
            with given.inside(world):
                made = billing.draft(load(Contract, agreed.id), given.UNTIL, given.NOW)
                billing.issue(made.id, given.NOW)
                return 1
        except DeskError:
            return 0

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(run, range(4))) == 1
    with given.inside(world):
        assert session().scalar(select(func.count()).select_from(EntryClaim)) == 40
        assert reading.balance().missing == 0


def test_it_sees_a_claim_that_no_longer_fits_its_work(world: World) -> None:
    """The guard against ourselves: work changed under a draft shows in the account at once."""
    given.rates(world)
    given.drafted(world, 2)
    with given.inside(world):
        session().execute(update(Entry).values(billable_minutes=60))
    with given.inside(world):
        assert reading.balance().missing == 120 - 180


def test_it_does_not_let_one_minute_be_claimed_twice(world: World) -> None:
    given.rates(world)
    given.drafted(world, 1)
    with pytest.raises(IntegrityError), given.inside(world):
        kept = session().scalars(select(EntryClaim)).one()
        session().add(EntryClaim(entry_id=kept.entry_id, kind="write_off", minutes=1, created_at=given.NOW))


def test_it_takes_back_what_a_correction_says(world: World) -> None:
    given.rates(world)
    agreed = given.contract(world)
    given.entries(world, 1)
    with given.inside(world):
        first = session().scalars(select(Entry)).one()
        session().add(
            Entry(
                person_id=world.ada.id,
                person_name="Ada",
                started_at=first.ended_at,
                ended_at=first.ended_at,
                content="更正",
                worked_seconds=-1800,
                billable_minutes=-30,
                corrects_id=first.id,
                created_at=given.NOW,
            )
        )
    with given.inside(world):
        made = billing.draft(load(Contract, agreed.id), given.UNTIL, given.NOW)
        assert made.total_minor == 40000
        assert reading.balance().missing == 0


@pytest.mark.parametrize(("mode", "scope", "minutes"), [("ceil", "day", 105), ("ceil", "entry", 100)])
def test_it_rounds_what_the_contract_rounds(world: World, mode: str, scope: str, minutes: int) -> None:
    given.rates(world)
    agreed = given.contract(world, rounding_mode=mode, rounding_scope=scope, rounding_step=15)
    given.entries(world, 1, minutes=100)
    with given.inside(world):
        contract = load(Contract, agreed.id)
        rows = billable(session().scalars(select(Entry)), contract, "Asia/Shanghai", lambda entry, _day: entry.content)
        assert rows[0].hourly == 400
        made = billing.draft(contract, given.UNTIL, given.NOW)
        line = session().scalars(select(InvoiceLine).where(InvoiceLine.invoice_id == made.id)).one()
        assert line.minutes == minutes
