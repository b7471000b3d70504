"""``python -m tests.vectors FILE…``: run files of worked cases through the product's pure functions.

Cases are recognised by their fields, wherever they stand in a file. Sentences are skipped, and said so; a case of an
unknown form fails.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.vectors.forms import FORMS, Case, Context, Form
from tests.vectors.rules import SCENARIOS
from tests.vectors.sla_forms import RULE, SLA_FORMS

_ALL = (*FORMS, *SLA_FORMS)
# A file may state the constants of its rule next to the cases; they are judged as a case of their own.
_CONSTANTS = frozenset({"charset", "weights"})


@dataclass
class Result:
    """What came of a file: how many passed, what failed and why, what was skipped and why."""

    passed: int = 0
    failed: list[str] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)


def run_file(path: Path) -> Result:
    """Run every case of one JSON file."""
    content = json.loads(path.read_text(encoding="utf-8"))
    calendars = content.get("calendars", {}) if isinstance(content, dict) else {}
    result = Result()
    for where, found in _walk(content, path.name):
        _run(where, found, Context(calendars), result)
    if not result.passed and not result.failed:
        result.failed.append(f"{path.name}: no case in it")
    return result


def _walk(content: Any, where: str) -> Iterator[tuple[str, Any]]:
    """Yield cases, sentences and stray values with the place they stand at.

    What stands in a list is a case (or a sentence); a mapping under a name may also be a group of cases.
    """
    if isinstance(content, list):
        for place, item in enumerate(content):
            spot = f"{where}[{item.get('id', place) if isinstance(item, dict) else place}]"
            if isinstance(item, str) and item.isascii() and " " not in item:
                yield spot, [item]
            else:
                yield spot, item
    elif isinstance(content, dict) and not _is_case(content):
        constants = {key: value for key, value in content.items() if key in _CONSTANTS}
        together = constants.keys() == _CONSTANTS
        if together:
            yield f"{where}.constants", constants
        for key, value in content.items():
            if not (together and key in constants):
                yield from _walk(value, f"{where}.{key}")
    else:
        yield where, content


def _is_case(content: Case) -> bool:
    """A mapping under a name is a case when a form fits, or when it holds plain values, which no group does."""
    return _form_of(content) is not None or any(not isinstance(one, str | list | dict) for one in content.values())


def _form_of(case: Case) -> Form | None:
    return next((form for form in _ALL if form.fits(case)), None)


def _run(where: str, case: Any, context: Context, result: Result) -> None:
    if isinstance(case, str):
        result.skipped.append(f"{where}: a sentence, nothing to compute")
        return
    form = None if not isinstance(case, dict) else RULE if RULE.fits(case) else _form_of(case)
    if form is None:
        result.failed.append(f"{where}: unknown form {sorted(case) if isinstance(case, dict) else case!r}")
    elif form is RULE and case["id"] not in SCENARIOS:
        result.skipped.append(f"{where}: a rule in words ({case['given']}), no scenario computes it")
    else:
        try:
            form.run(case, context)
        except Exception as error:  # whatever breaks, the case has failed and the others go on
            result.failed.append(f"{where}: {type(error).__name__}: {error}")
        else:
            result.passed += 1


def main(arguments: Sequence[str]) -> int:
    """Run the files named; 0 when every case passed, 1 when one failed, 2 when no file was named."""
    if not arguments:
        print("usage: python -m tests.vectors FILE…", file=sys.stderr)
        return 2
    results = [run_file(Path(name)) for name in arguments]
    for result in results:
        for line in result.skipped:
            print(f"skipped {line}")
    for result in results:
        for line in result.failed:
            print(f"FAILED {line}")
    failed = sum(len(result.failed) for result in results)
    print(f"{sum(result.passed for result in results)} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
