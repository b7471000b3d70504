"""Many rows in one statement: every kind of value arrives as it was, and what is left out gets its default."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import select
from sqlalchemy.exc import ProgrammingError

from service_desk.alerts.models import Incident, IncidentEvent
from service_desk.rows import keep_rows, write_rows
from service_desk.scope import SYSTEM, session, tenant_scope
from tests.counting import statements
from tests.world import World

AT = datetime(2026, 11, 16, 4, 0, 0, 123456, tzinfo=UTC)
TEXTS = ("", "完整备份", 'a "quoted" \\ line\nand another', "%s :name {}", "\U0001f514")


@pytest.fixture
def incident(world: World) -> int:
    with tenant_scope(world.a.id, SYSTEM, practice_id=world.practice_id):
        row = Incident(check="db.up", subject="", severity="crit", opened_at=AT, changed_at=AT)
        session().add(row)
        session().flush()
        return row.id


def test_it_writes_what_it_was_given(world: World, incident: int) -> None:
    rows = [{"incident_id": incident, "at": AT, "kind": one, "params": {"to": one, "n": 3}} for one in TEXTS]
    with tenant_scope(world.a.id, SYSTEM):
        write_rows(IncidentEvent, rows)
    with tenant_scope(world.a.id, SYSTEM):
        found = session().scalars(select(IncidentEvent).order_by(IncidentEvent.id)).all()
        assert [row.kind for row in found] == list(TEXTS)
        assert [row.params for row in found] == [{"to": one, "n": 3} for one in TEXTS]
        assert {(row.tenant_id, row.at, row.by, row.note) for row in found} == {(world.a.id, AT, "", "")}
    with tenant_scope(world.b.id, SYSTEM):
        assert session().scalars(select(IncidentEvent)).all() == []


def test_it_keeps_what_is_not_known(world: World) -> None:
    facts = {"subject": "", "severity": "crit", "opened_at": AT, "changed_at": AT}
    rows = [facts | {"check": "a", "value": None, "told_at": None}, facts | {"check": "b", "value": 1.5, "told_at": AT}]
    with tenant_scope(world.a.id, SYSTEM):
        write_rows(Incident, rows)
        found = session().scalars(select(Incident).order_by(Incident.check)).all()
        assert [(row.value, row.told_at) for row in found] == [(None, None), (1.5, AT)]


def test_it_keeps_a_figure_that_is_none(world: World) -> None:
    facts = {"subject": "", "severity": "crit", "opened_at": AT, "changed_at": AT}
    with tenant_scope(world.a.id, SYSTEM):
        keep_rows([Incident(check="a", value=float("nan"), **facts), Incident(check="b", value=float("inf"), **facts)])
    with tenant_scope(world.a.id, SYSTEM):
        found = session().scalars(select(Incident.value).order_by(Incident.check)).all()
        assert [str(value) for value in found] == ["nan", "inf"]


@pytest.mark.parametrize("count", [0, 1, 300])
def test_it_needs_one_statement_however_many(world: World, incident: int, count: int) -> None:
    with tenant_scope(world.a.id, SYSTEM):
        with statements() as heard:
            write_rows(IncidentEvent, [{"incident_id": incident, "at": AT, "kind": "changed"}] * count)
        assert len(heard) == min(count, 1)


def test_it_keeps_objects_as_a_flush_does(world: World) -> None:
    facts = {"subject": "", "severity": "crit", "opened_at": AT, "changed_at": AT}
    made = [Incident(check=f"c{place}", **facts) for place in range(12)]
    flushed = Incident(check="flushed", **facts)
    with tenant_scope(world.a.id, SYSTEM):
        with statements() as heard:
            keep_rows(made)
        assert len(heard) == 1
        assert not session().new
        assert not session().dirty
        session().add(flushed)
        session().flush()
        made[3].params = {"n": 1}
    with tenant_scope(world.a.id, SYSTEM):
        rows = session().scalars(select(Incident).order_by(Incident.id)).all()
        assert [(row.id, row.check) for row in rows] == [(one.id, one.check) for one in (*made, flushed)]
        assert rows[3].params == {"n": 1}
        names = {column.key for column in Incident.__table__.c} - {"id", "check"}
        assert [getattr(rows[0], name) for name in names] == [getattr(rows[12], name) for name in names]
        assert rows[0].params is not rows[1].params


def test_it_writes_nothing_into_another_client(world: World) -> None:
    facts = {"check": "a", "subject": "", "severity": "crit", "opened_at": AT, "changed_at": AT}
    with pytest.raises(ProgrammingError, match="row-level security"), tenant_scope(world.a.id, SYSTEM):
        keep_rows([Incident(tenant_id=world.b.id, **facts)])


def test_it_refuses_what_would_arrive_as_something_else(world: World, incident: int) -> None:
    row = {"incident_id": incident, "at": AT, "kind": "changed"}
    with tenant_scope(world.a.id, SYSTEM):
        with pytest.raises(TypeError, match="bytes"):
            write_rows(IncidentEvent, [row | {"note": b"sealed"}])
        with pytest.raises(ValueError, match="JSON"):
            write_rows(IncidentEvent, [row | {"params": {"n": float("nan")}}])
