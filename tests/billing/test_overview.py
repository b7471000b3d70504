"""The money page over all clients: what its one statement adds up, ranks and leaves out."""

from datetime import date

import pytest

from service_desk.billing import operations as billing
from service_desk.billing import overview
from service_desk.billing.models import Contract
from service_desk.billing.overview import Overview
from service_desk.scope import practice_scope, session
from service_desk.worklog.models import Entry
from tests.billing import given
from tests.world import World

TODAY = date(2026, 11, 22)


def seen(world: World, today: date = TODAY) -> Overview:
    with practice_scope(world.practice_id, world.ada_actor, tenants=(world.a.id, world.b.id)):
        return overview.overview(today)


def test_it_counts_only_work_that_waits(world: World) -> None:
    """On an invoice, on a draft, written off: none of it waits."""
    invoice = given.issued(world, 1)
    given.entries(world, 2, content="for the draft")
    with given.inside(world):
        agreed = session().get_one(Contract, (world.a.id, invoice.contract_id))
        billing.draft(agreed, given.UNTIL, given.NOW)
    waiting, gone = given.entries(world, 2, minutes=30)
    with given.inside(world):
        billing.write_off(gone, "goodwill", given.NOW)
    total = seen(world).totals[0]
    assert (total.minutes, total.waiting) == (30, 20000)
    with given.inside(world):
        billing.take_up(gone)
        billing.write_off(waiting, "goodwill", given.NOW)
    assert seen(world).totals[0].minutes == 30


def test_it_prices_work_by_its_own_rate_first(world: World) -> None:
    given.contract(world)
    first, _second = given.entries(world, 2, minutes=60)
    with given.inside(world):
        session().get_one(Entry, (world.a.id, first)).rate_minor = 10001
    assert seen(world).totals[0].waiting == 10001 + 40000


def test_it_puts_first_who_needs_a_reminder(world: World) -> None:
    given.issued(world, 1)
    given.issued(world, 3, company=world.b)
    found = seen(world)
    assert [row.id for row in found.clients] == [world.b.id, world.a.id]
    assert (found.overdue, found.late, found.totals[0].month) == (0, (), 4 * 60000)
    late = seen(world, date(2027, 1, 10))
    assert late.overdue == 2
    assert {one.days for one in late.late} == {34}
    assert [row.sums[0].overdue for row in late.clients] == [180000, 60000]
    assert (late.totals[0].overdue, late.totals[0].month) == (240000, 0)


def test_it_counts_what_it_does_not_list(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    given.issued(world, 1)
    given.issued(world, 1, company=world.b)
    monkeypatch.setattr(overview, "CLIENTS", 1)
    monkeypatch.setattr(overview, "LATE", 1)
    found = seen(world, date(2027, 2, 2))
    assert (len(found.clients), found.hidden, len(found.late)) == (1, 1, 1)
    assert (found.overdue, found.totals[0].open) == (2, 120000)


def test_it_shows_only_clients_in_scope(world: World) -> None:
    given.issued(world, 1, company=world.b)
    with practice_scope(world.practice_id, world.ada_actor, tenants=(world.a.id,)):
        found = overview.overview(TODAY)
    assert ([row.id for row in found.clients], found.hidden, found.totals) == ([world.a.id], 0, ())
