"""What may be a password."""

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service_desk.accounts import passwords


@pytest.mark.parametrize(
    ("password", "fault"),
    [
        ("elf zeichen", "short"),
        ("zwölf zeiche", None),
        ("老李的仓库里有三百只螺丝钉", None),
        ("x" * 129, "long"),
        ("aaaaaaaaaaaaaaa", "simple"),
        ("ababababababab", "simple"),
        ("Password1234", "common"),
        ("yonyou123456", "common"),
        ("Ada.Lovelace@example.test", "common"),
        ("a long sentence of many words " * 4, None),
    ],
)
def test_it_judges(password: str, fault: str | None) -> None:
    assert passwords.fault(password, "ada.lovelace@example.test") == fault


def test_it_knows_passwords_that_pass_the_length_rule_only() -> None:
    assert all(len(word) >= passwords.SHORTEST for word in passwords.COMMON)
    assert len(passwords.COMMON) > 80


@settings(max_examples=8, deadline=None)
@given(st.text(min_size=12, max_size=128))
def test_it_fits_what_was_hashed_in_every_normal_form(password: str) -> None:
    stored = passwords.hashed(password)
    assert passwords.fits(stored, unicodedata.normalize("NFD", password)) or "\ud800" <= max(password) <= "\udfff"
    assert not passwords.fits(stored, password + "x")
    assert not passwords.fits(None, password)
