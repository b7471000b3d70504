"""What a page is drawn with: addresses that are kept, options that are written at once, parts that are drawn once."""

import pytest
from flask import Flask, url_for
from hypothesis import given, settings
from hypothesis import strategies as st
from markupsafe import escape
from wtforms import SelectField
from wtforms.fields import SelectChoice
from wtforms.meta import DefaultMeta

from service_desk.web import frame, signs
from service_desk.web.drawing import address

TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\r\n\x00"), max_size=12)


@pytest.mark.parametrize("value", [1, True, "1", 1.0, None, ["a", "b"], "a/b c?d=ü"])
def test_it_says_what_flask_says(app: Flask, value: object) -> None:
    with app.test_request_context("/"):
        for _twice in range(2):
            assert address("queue.index", page=value) == url_for("queue.index", page=value)


def test_it_knows_where_the_desk_is_mounted(app: Flask) -> None:
    with app.test_request_context("/", base_url="http://desk.test"):
        assert address("queue.index") == "/queue"
    with app.test_request_context("/", base_url="http://desk.test/desk"):
        assert address("queue.index") == "/desk/queue"


def _field(*choices: SelectChoice, default: str = "") -> SelectField:
    field = SelectField(choices=list(choices), default=default).bind(form=None, name="what", _meta=DefaultMeta())
    field.process(None)
    return field


@settings(max_examples=60)
@given(TEXTS, TEXTS, st.booleans())
def test_it_writes_options_as_wtforms_does(value: str, label: str, chosen: bool) -> None:
    field = _field(SelectChoice(value, label), SelectChoice("else", "Else"), default=value if chosen else "else")
    usual = str(field(**{"aria-invalid": "true"}))
    assert str(signs.choose(field, {"aria-invalid": "true"})) == usual
    assert str(escape(label)) in usual or not label


def test_it_keeps_the_attributes_that_an_option_has_of_its_own() -> None:
    field = _field(SelectChoice("a", "A", {"disabled": True}), SelectChoice("b", "B"))
    assert '<option disabled value="a">A</option>' in signs.choose(field, {})


def test_it_keeps_tabs_apart_by_language_and_role(app: Flask) -> None:
    with app.test_request_context("/t/acme/"):
        boss, owner = (frame._tab_names("en", "", "acme", role, portal=False) for role in ("assistant", "owner"))
        assert {key for key, *_rest in owner} - {key for key, *_rest in boss} == {"money"}
