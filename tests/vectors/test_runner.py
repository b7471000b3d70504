"""The runner of worked cases: it computes, it fails, and it never passes over what it does not know."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.vectors.__main__ import main, run_file

WEEK = {"tz": "Asia/Shanghai", "weekly": {"mon": [["09:00", "18:00"]]}, "holidays": "CN"}
DUE = {"id": "D1", "calendar": "A", "start": "2026-03-02T09:00:00+08:00", "target_minutes": 60, "pauses": []}
GOOD: list[dict[str, Any]] = [
    {"amount": "12.30", "canonical": "壹拾贰元叁角"},
    {"amount": "1..2", "error": "parse: nothing"},
    {"currency": "JPY", "amount": "7", "stripe_amount": 7},
    {"total": "1.00", "weights": ["1", "2"], "expected": ["0.33", "0.67"]},
    {"seconds": 60, "minimum_min": 0, "step_min": 15, "expected_billed_min": 15},
]


def put(folder: Path, content: object) -> Path:
    path = folder / "cases.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


@pytest.mark.parametrize("case", GOOD)
def test_it_passes_what_is_right_and_fails_what_is_wrong(tmp_path: Path, case: dict[str, Any]) -> None:
    assert run_file(put(tmp_path, {"group": [case]})).passed == 1
    last = list(case)[-1]
    wrong = {**case, last: [] if isinstance(case[last], list) else 999 if isinstance(case[last], int) else "wrong"}
    result = run_file(put(tmp_path, {"group": [wrong]}))
    assert (result.passed, len(result.failed)) == (0, 1)


@pytest.mark.parametrize(
    "stranger",
    [
        {"id": "Z", "colour": "red"},
        {**GOOD[0], "expected_other": "1"},
        {"amount": 12},
        7,
        "12.00",
        {**WEEK, "lunch": True},
    ],
)
def test_it_fails_on_a_form_it_does_not_know(tmp_path: Path, stranger: object) -> None:
    assert len(run_file(put(tmp_path, [stranger])).failed) == 1


def test_it_fails_a_calendar_it_cannot_read_wherever_it_stands(tmp_path: Path) -> None:
    content = {"calendars": {"A": {**WEEK, "lunch": True}}, "due": [{**DUE, "expected_due": None}]}
    assert len(run_file(put(tmp_path, content)).failed) == 2


def test_it_says_which_sentences_it_skips(tmp_path: Path) -> None:
    rule = {"id": "R99", "given": "a storm", "expect": "tea"}
    result = run_file(put(tmp_path, {"rules": ["round half up", rule], "cases": GOOD, "about": "cases"}))
    assert (result.passed, result.failed) == (len(GOOD), [])
    assert len(result.skipped) == 3
    assert "R99" in result.skipped[1]


def test_a_file_without_a_case_fails(tmp_path: Path) -> None:
    assert run_file(put(tmp_path, {"about": "nothing at all"})).failed


def test_a_missing_due_time_needs_its_reason(tmp_path: Path) -> None:
    calendars = {"A": WEEK, "N": {"tz": "UTC", "weekly": {}}}
    held = {**DUE, "pauses": [["2026-03-02T09:30:00+08:00", None]], "expected_due": None}
    never = {**DUE, "calendar": "N", "expected_due": None}
    good = run_file(put(tmp_path, {"calendars": calendars, "due": [held, never]}))
    assert (good.passed, good.failed) == (4, [])
    bad = run_file(put(tmp_path, {"calendars": calendars, "due": [{**DUE, "expected_due": None}]}))
    assert len(bad.failed) == 1


def test_a_rule_is_computed_with_the_numbers_of_its_sentence(tmp_path: Path) -> None:
    given = "waiting from 11:00, client replies 11:20, engineer reads it 13:00"
    result = run_file(put(tmp_path, [{"id": "R16", "given": given, "expect": "pause ends at 11:20"}]))
    assert (result.passed, result.failed) == (1, [])


def test_it_ends_with_the_sums_and_an_exit_code(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(put(tmp_path, GOOD))]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "5 passed, 0 failed"
    assert main([str(put(tmp_path, [*GOOD, 1]))]) == 1
    assert capsys.readouterr().out.splitlines()[-1] == "5 passed, 1 failed"
    assert main([]) == 2
