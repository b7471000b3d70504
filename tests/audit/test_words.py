"""Everything that is recorded has words for people, so that no page of the audit shows a program's name for it."""

import re

import pytest

from service_desk.audit.words import ACTS
from tests.conftest import ROOT

RECORDED = re.compile(r'\brecord\(\s*"([a-z_]+\.[a-z_]+)"')
FOUND = sorted({act for file in (ROOT / "service_desk").rglob("*.py") for act in RECORDED.findall(file.read_text())})


def test_it_finds_what_is_recorded() -> None:
    assert {"session.begun", "invoice.issue", "paper.release"} <= set(FOUND)


@pytest.mark.parametrize("act", FOUND)
def test_it_has_words_for_every_act(act: str) -> None:
    assert act in ACTS
