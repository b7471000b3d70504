"""The fixture installation is the same for the same arguments, made quickly, and healthy unless told otherwise."""

import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from connectors.ask import ask
from connectors.facts import Backup, Stock, Task, Vouchers
from service_desk.running.demo.u8_fixture import Faults, build
from tests.connectors.conftest import u8_fixture_request

NOW = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)


def test_it_builds_the_same_twice_and_replaces_what_was_there(tmp_path: Path) -> None:
    start = time.process_time()
    build(tmp_path, Faults(negative_stock=2), NOW)
    assert time.process_time() - start < 1
    first = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    (tmp_path / "UFDATA_999_2020.sqlite").touch()
    build(tmp_path, Faults(negative_stock=2), NOW)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == first
    build(tmp_path, Faults(negative_stock=2), NOW, seed=9)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} != first


def test_without_faults_there_is_nothing_to_find(tmp_path: Path) -> None:
    build(tmp_path)
    answer = ask(u8_fixture_request(tmp_path, kinds=["stock", "vouchers", "backups", "tasks"]))
    facts = [fact for look in answer.looks for fact in look.facts]
    today = datetime.now(UTC)
    assert not [look.unknown for look in answer.looks if look.unknown]
    assert not [fact for fact in facts if isinstance(fact, Stock)]
    months = {(fact.year, fact.period) for fact in facts if isinstance(fact, Vouchers)}
    assert months <= {(today.year, today.month)}
    ages = [fact.full_age_s for fact in facts if isinstance(fact, Backup)]
    assert all(age is not None and age < 86400 for age in ages)
    assert all((fact.age_s or 0) < 3600 for fact in facts if isinstance(fact, Task))


@pytest.mark.parametrize("hours", [None, 80.0])
def test_a_backup_can_be_old_or_never_made(tmp_path: Path, hours: float | None) -> None:
    build(tmp_path, Faults(full_backup_hours=hours))
    (look,) = ask(u8_fixture_request(tmp_path, kinds=["backups"])).looks
    ages = {fact.database: fact.full_age_s for fact in look.facts if isinstance(fact, Backup)}
    assert ages["UFSystem"] == (None if hours is None else pytest.approx(hours * 3600, abs=60))
