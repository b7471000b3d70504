"""Names that libraries do not promise, and that the program overrides or reads: each is still asked for.

There is no public way to what they are used for, and nothing would look broken without them: papers, texts and queues
would only be slow again. Two more have their tests where they are used: the builders of addresses in
lib/test_addresses.py, the one client of Redis that the counter of attempts imports in running/test_start.py.
"""

import re
from datetime import UTC, datetime

import pytest
import weasyprint
from flask import Flask
from flask_babel import get_locale
from redis import Redis
from weasyprint.html import UA

from service_desk.lib import pdf
from service_desk.running.worker import DeskWorker
from service_desk.web import words


def test_weasyprint_still_asks_a_page_how_browsers_show_it(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[weasyprint.CSS] = []
    usual = pdf._usual_style

    def style() -> weasyprint.CSS:
        asked.append(usual())
        return asked[-1]

    monkeypatch.setattr(pdf, "_usual_style", style)
    pdf.render("<p>x</p>", lang="en", title="x", created_at=datetime(2026, 11, 22, tzinfo=UTC))
    assert asked, "HTML._ua_stylesheets is not asked any more: every element of a paper gets the five styles of notes"


def test_weasyprint_still_writes_the_styles_of_notes_as_rules_we_can_leave_out() -> None:
    written = re.findall(r"(?m)^::(?:foot)?note-", UA)
    assert len(written) == len(re.findall("::(?:foot)?note", UA)) == 5, "pdf._usual_style does not find them any more"


def test_flask_babel_still_keeps_what_it_knows_of_a_request_where_we_keep_the_words(app: Flask) -> None:
    with app.test_request_context("/"):
        language = get_locale()
        state = words._state()
    assert state is not None, (
        "Flask-Babel does not keep g._flask_babel any more: catalogues are looked up for every text"
    )
    assert state.babel_locale is language, "it keeps the language elsewhere: texts of another language may be shown"


def test_rq_still_listens_to_the_queues_we_put_in_order(redis_url: str) -> None:
    one = DeskWorker(["desk", "collect"], Redis.from_url(redis_url))
    assert "_ordered_queues" in vars(one), "RQ orders its queues elsewhere: a full queue keeps others from being heard"
