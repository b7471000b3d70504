"""The demo: a year of history that keeps every rule of the product, and no finding that is current."""

import json
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import psycopg
import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from service_desk.accounts import passwords
from service_desk.accounts.models import Person
from service_desk.billing.numbering import gaps
from service_desk.checks.models import CheckState
from service_desk.config import Config
from service_desk.jobs import perform
from service_desk.lib.clock import local_day
from service_desk.running import demo, postgres
from service_desk.running.demo import content, plan
from service_desk.scope import SYSTEM, gate, person_scope, session, tenant_scope
from service_desk.tenants.operations import close_tenant
from service_desk.tickets.models import Ticket, TicketMessage
from service_desk.worklog.models import Entry

pytestmark = pytest.mark.xdist_group("demo")  # the year is written once
NOW = datetime(2026, 11, 22, 2, 42, tzinfo=UTC)


@dataclass(frozen=True)
class Loaded:
    """A demo that was written, where its files lie, and a superuser's look at its rows."""

    folder: Path
    config: Config
    logins: demo.Logins
    tenants: dict[str, int]
    db: "psycopg.Connection[tuple[Any, ...]]"

    def rows(self, statement: str, **values: object) -> list[tuple[Any, ...]]:
        return self.db.execute(statement, {"ours": list(self.tenants.values()), **values}).fetchall()

    def one(self, statement: str, **values: object) -> Any:
        return self.rows(statement, **values)[0][0]


@pytest.fixture(scope="module")
def loaded(
    app: Flask, config: Config, cluster: postgres.Cluster, database: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Loaded]:
    """The demo, written once for this file."""
    folder = tmp_path_factory.mktemp("var")
    logins = demo.load(config, folder, now=datetime.now(UTC))
    with cluster.admin(database) as db:
        tenants = json.loads((folder / "demo" / "clients.json").read_text())
        yield Loaded(folder, config, logins, tenants, db)
    for tenant_id in tenants.values():
        with tenant_scope(tenant_id, SYSTEM):
            close_tenant("the tests of the demo are over", datetime.now(UTC))


def test_it_writes_five_clients_with_a_year_behind_them(loaded: Loaded) -> None:
    assert loaded.logins.made
    assert set(loaded.tenants) == {"chenxing", "hupan", "jinsui", "beichen", "qinghe"}
    per_client = dict(loaded.rows("SELECT tenant_id, count(*) FROM ticket WHERE tenant_id = ANY(%(ours)s) GROUP BY 1"))
    assert len(per_client) == 5
    assert all(10 <= count <= 40 for count in per_client.values())
    oldest, newest = loaded.rows(
        "SELECT min(started_at), max(ended_at) FROM work_entry WHERE tenant_id = ANY(%(ours)s)"
    )[0]
    assert newest - oldest > timedelta(days=300)
    assert newest < datetime.now(UTC)


def test_it_numbers_tickets_and_invoices_without_gaps(loaded: Loaded) -> None:
    for tenant_id in loaded.tenants.values():
        numbers = [row[0] for row in loaded.rows("SELECT number FROM ticket WHERE tenant_id = %(t)s", t=tenant_id)]
        assert gaps(numbers) == ()
        assert loaded.one("SELECT last_number FROM ticket_counter WHERE tenant_id = %(t)s", t=tenant_id) == max(numbers)
    issued = loaded.rows(
        "SELECT period, sequence, issued_on FROM invoice WHERE tenant_id = ANY(%(ours)s) ORDER BY period, sequence"
    )
    for period in {row[0] for row in issued}:
        assert gaps(row[1] for row in issued if row[0] == period) == ()
    assert [row[2] for row in issued] == sorted(row[2] for row in issued)


def test_it_bills_what_was_logged_and_nothing_else(loaded: Loaded) -> None:
    for tenant_id in loaded.tenants.values():
        logged = loaded.one(
            "SELECT sum(billable_minutes) FROM work_entry WHERE tenant_id = %(t)s AND billable", t=tenant_id
        )
        claimed = dict(
            loaded.rows(
                "SELECT kind, sum(minutes) FROM entry_claim WHERE tenant_id = %(t)s AND released_at IS NULL GROUP BY 1",
                t=tenant_id,
            )
        )
        waiting = loaded.one(
            "SELECT coalesce(sum(billable_minutes), 0) FROM work_entry e WHERE tenant_id = %(t)s AND billable AND NOT"
            " EXISTS (SELECT FROM entry_claim c WHERE c.tenant_id = e.tenant_id AND c.entry_id = e.id)",
            t=tenant_id,
        )
        lines = loaded.one("SELECT sum(minutes) FROM invoice_line WHERE tenant_id = %(t)s", t=tenant_id)
        assert lines == claimed["invoice"]
        assert logged == claimed["invoice"] + claimed.get("write_off", 0) + waiting


def test_it_leaves_one_invoice_overdue(loaded: Loaded) -> None:
    today = local_day(datetime.now(UTC), "Asia/Shanghai")
    open_ones = loaded.rows(
        "SELECT tenant_id, total_minor - paid_minor, due_on FROM invoice WHERE tenant_id = ANY(%(ours)s)"
        " AND state IN ('issued', 'partly_paid') AND due_on < %(today)s",
        today=today,
    )
    assert open_ones == [(loaded.tenants["jinsui"], 680_000, today - timedelta(days=12))]


def test_it_works_on_one_thing_at_a_time(loaded: Loaded) -> None:
    spans = loaded.rows(
        "SELECT started_at, ended_at FROM worked_interval WHERE tenant_id = ANY(%(ours)s) ORDER BY started_at"
    )
    assert all(later[0] >= earlier[1] for earlier, later in pairwise(spans))
    assert len(spans) == loaded.one("SELECT count(*) FROM work_entry WHERE tenant_id = ANY(%(ours)s)")


def test_it_tells_every_status_from_opening_to_now(loaded: Loaded) -> None:
    broken = loaded.rows(
        """SELECT k.number, k.status FROM ticket k, LATERAL (
               SELECT min(i.started_at) AS first, count(*) FILTER (WHERE i.ended_at IS NULL) AS open,
                   max(i.status) FILTER (WHERE i.ended_at IS NULL) AS last,
                   count(*) FILTER (WHERE i.ended_at <> i.next) AS gaps
               FROM (SELECT *, lead(started_at) OVER (ORDER BY started_at) AS next FROM ticket_status_interval
                     WHERE tenant_id = k.tenant_id AND ticket_id = k.id) i) s
           WHERE k.tenant_id = ANY(%(ours)s)
             AND (s.first <> k.created_at OR s.open <> 1 OR s.last <> k.status OR s.gaps > 0)"""
    )
    assert broken == []


def test_it_keeps_most_promises_and_misses_some(loaded: Loaded) -> None:
    kept, missed = loaded.rows(
        "SELECT count(*) FILTER (WHERE met_at IS NOT NULL AND breached_at IS NULL),"
        " count(*) FILTER (WHERE breached_at IS NOT NULL) FROM ticket_clock WHERE tenant_id = ANY(%(ours)s)"
    )[0]
    assert 0 < missed < kept / 5


def test_it_knows_of_no_current_trouble(loaded: Loaded) -> None:
    ours = "tenant_id = ANY(%(ours)s)"
    assert loaded.rows(f"SELECT state FROM check_state WHERE {ours} AND state <> 'ok'") == []
    assert loaded.rows(f"SELECT id FROM incident WHERE {ours} AND resolved_at IS NULL") == []
    assert loaded.rows(f"SELECT id FROM check_flip WHERE {ours} AND noticed_at IS NULL") == []
    assert loaded.rows(f"SELECT id FROM job WHERE {ours} AND kind NOT IN ('invoice_paper', 'propose')") == []
    newest = loaded.one(f"SELECT max(seen_at) FROM check_state WHERE {ours}")
    assert newest < datetime.now(UTC) - timedelta(hours=24)


def test_it_has_a_line_of_days_with_some_trouble_in_the_past(loaded: Loaded) -> None:
    days = loaded.rows(
        "SELECT tenant_id, count(DISTINCT day), sum(n_warn + n_crit) FROM check_day WHERE tenant_id = ANY(%(ours)s)"
        " AND day > current_date - 30 GROUP BY 1"
    )
    seen = {tenant: (count, bad) for tenant, count, bad in days}
    assert all(count >= 28 for count, _ in seen.values())
    assert all(seen[loaded.tenants[key]][1] > 0 for key in ("chenxing", "hupan", "jinsui"))
    assert seen[loaded.tenants["qinghe"]][1] == 0


def test_it_keeps_clients_behind_their_walls(loaded: Loaded) -> None:
    ours = list(loaded.tenants.values())
    for tenant_id in ours:
        with tenant_scope(tenant_id, SYSTEM, read_only=True):
            for model in (Ticket, TicketMessage, Entry, CheckState):
                owners = session().scalars(select(model.tenant_id).distinct()).all()
                assert set(owners) == {tenant_id}
            strange = select(func.count()).select_from(Ticket).where(Ticket.tenant_id.in_(set(ours) - {tenant_id}))
            assert session().scalar(strange) == 0


def test_it_keeps_passwords_where_only_the_owner_reads_them(loaded: Loaded) -> None:
    for name in ("demo.json", "demo-heartbeats.json"):
        assert stat.S_IMODE((loaded.folder / "secrets" / name).stat().st_mode) == 0o600
    roles = {(login.client, login.role) for login in loaded.logins.accounts}
    assert roles >= {("", "owner"), ("晨星机械", "boss"), ("晨星机械", "finance"), ("北辰电子", "boss")}
    for login in loaded.logins.accounts[:2]:
        person_id = int(gate("gate_person_by_email", p_email=login.email)[0].person_id)
        with person_scope(person_id, read_only=True):
            assert passwords.fits(session().get_one(Person, person_id).password_hash, login.password)


def test_it_asks_for_papers_later_and_rings_for_none(loaded: Loaded) -> None:
    waiting = loaded.rows("SELECT due_at, rung_at FROM job WHERE tenant_id = ANY(%(ours)s) AND kind = 'invoice_paper'")
    assert len(waiting) == loaded.one("SELECT count(*) FROM invoice WHERE tenant_id = ANY(%(ours)s)")
    assert all(due > datetime.now(UTC) + timedelta(seconds=30) and rung is None for due, rung in waiting)


def test_it_is_harmless_twice(loaded: Loaded) -> None:
    tables = ("ticket", "work_entry", "invoice", "check_state", "check_plan", "erp_connection", "person", "heartbeat")
    before = {name: loaded.one(f"SELECT count(*) FROM {name}") for name in tables}
    again = demo.load(loaded.config, loaded.folder, now=datetime.now(UTC))
    assert not again.made
    assert again.accounts == loaded.logins.accounts
    assert {name: loaded.one(f"SELECT count(*) FROM {name}") for name in tables} == before
    heard = loaded.one("SELECT min(last_ping_at) FROM heartbeat WHERE tenant_id = ANY(%(ours)s)")
    assert datetime.now(UTC) - heard < timedelta(minutes=1)


def test_it_refuses_a_half_written_practice(loaded: Loaded) -> None:
    mark = loaded.folder / "demo.loading"
    mark.touch()
    with pytest.raises(RuntimeError, match="cut off"):
        demo.load(loaded.config, loaded.folder, now=datetime.now(UTC))
    mark.unlink()


def test_it_lets_the_first_round_find_what_is_wrong(loaded: Loaded) -> None:
    """Runs last: the faults are in the fixtures, and the workers' own code finds them there."""
    gate("gate_due_plans", p_now=datetime.now(UTC), p_limit=100)
    jobs = loaded.rows("SELECT id FROM job WHERE tenant_id = ANY(%(ours)s) AND kind = 'collect' AND state = 'queued'")
    assert len(jobs) == 7  # a visit to each connection, and one to each client's own records
    for (job_id,) in jobs:
        perform(job_id)
    names = {tenant_id: key for key, tenant_id in loaded.tenants.items()}
    wrong = loaded.rows('SELECT tenant_id, "check", state FROM check_state WHERE tenant_id = ANY(%(ours)s)')
    found = {(names[tenant_id], check) for tenant_id, check, state in wrong if state == "crit"}
    assert found >= {
        ("chenxing", "inv.negative"),
        ("chenxing", "gl.unposted"),
        ("hupan", "acl.leaver"),
        ("jinsui", "bak.full.age"),
        ("jinsui", "lock.stuck"),
    }
    assert {check for key, check in found if key == "hupan"} == {"acl.leaver"}
    flips = loaded.rows(
        "SELECT from_state, to_state FROM check_flip WHERE tenant_id = ANY(%(ours)s) AND noticed_at IS NULL"
    )
    assert ("ok", "crit") in flips


# The plan, without a database.


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(minutes=st.integers(0, 350 * 1440), seed=st.integers(0, 10_000))
def test_it_plans_a_year_that_could_have_been(minutes: int, seed: int) -> None:
    moment = datetime(2025, 12, 20, tzinfo=UTC) + timedelta(minutes=minutes)
    words = content.read()
    years = plan.plan(words, moment, seed)
    assert plan.overlaps(entry for year in years.values() for entry in year.entries) == 0
    for year in years.values():
        assert all(entry.end <= moment for entry in year.entries)
        for ticket in year.tickets:
            times = [said.at for said in ticket.said]
            assert times == sorted(set(times))
            assert times[-1] < moment
            assert ticket.stood[0].start == ticket.created_at
            assert all(one.end == after.start > one.start for one, after in pairwise(ticket.stood))
            assert "{" not in ticket.title + "".join(said.body for said in ticket.said)
    sheet = next(sheet for sheet in words.sheets if "overdue" in sheet.raw)
    first, issued = plan.overdue_cycle(sheet, moment)
    billed = [
        plan.billable(int((entry.end - entry.begin).total_seconds() // 60), sheet)
        for entry in years[sheet.key].entries
        if first <= local_day(entry.end, sheet.zone) < issued
    ]
    assert sum(billed) == sheet.raw["overdue"]["minutes"]


def test_it_plans_the_same_year_from_the_same_seed() -> None:
    one, other, third = (plan.plan(content.read(), NOW, seed) for seed in (7, 7, 8))
    assert one == other
    assert one != third


def test_it_speaks_english_to_the_english_client() -> None:
    year = plan.plan(content.read(), NOW, demo.SEED)["beichen"]
    texts = [ticket.title for ticket in year.tickets] + [entry.work.content for entry in year.entries]
    assert all(text.isascii() or "“" in text for text in texts)


def test_it_bills_cycles_up_to_the_overdue_one() -> None:
    sheet = next(sheet for sheet in content.read().sheets if sheet.key == "jinsui")
    assert plan.overdue_cycle(sheet, NOW) == (date(2026, 9, 26), date(2026, 10, 26))


# A practice of any size.


def test_it_makes_a_practice_of_any_size(app: Flask, cluster: postgres.Cluster, database: str) -> None:
    made = demo.load_history(3, now=datetime.now(UTC), tickets=20, entries=40, invoices=8, states=12, days=5)
    ours = {"ours": list(made.tenant_ids)}
    with cluster.admin(database) as db:

        def count(table: str, where: str = "true") -> Any:
            row = db.execute(
                f"SELECT count(*) FROM {table} WHERE tenant_id = ANY(%(ours)s) AND {where}", ours
            ).fetchone()
            assert row is not None
            return row[0]

        assert len(set(made.slugs)) == 3
        assert (count("ticket"), count("work_entry"), count("invoice"), count("check_state")) == (60, 120, 24, 36)
        assert count("invoice", "state = 'draft'") == 0
        assert count("work_entry", "invoice_line_id IS NOT NULL") == count("entry_claim") > 0
        assert count("ticket", "status <> 'closed'") == 6
        assert count("ticket_status_interval", "ended_at IS NULL") == 60
        assert count("check_day") == 3 * 3 * 5
