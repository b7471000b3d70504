"""A sealed secret opens in its own place with its own key, and nowhere else."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service_desk.lib.vault import CannotOpen, Place, new_data_key, seal, unseal, unwrap, wrap, wrapped_by

OLD, NEW = ("old", b"o" * 32), ("new", b"n" * 32)
HERE = Place(1, "sealed_secret", "7", "password")


@given(st.text())
def test_it_gives_back_what_was_sealed(secret: str) -> None:
    key = b"k" * 32
    assert unseal(key, seal(key, secret, HERE), HERE) == secret


@pytest.mark.parametrize("elsewhere", [{"tenant_id": 2}, {"table": "other"}, {"row": "8"}, {"column": "token"}])
def test_it_does_not_open_in_another_place(elsewhere: dict[str, object]) -> None:
    key = b"k" * 32
    with pytest.raises(CannotOpen):
        unseal(key, seal(key, "secret", HERE), replace(HERE, **elsewhere))  # type: ignore[arg-type]


def test_it_does_not_open_with_a_changed_byte() -> None:
    key = b"k" * 32
    sealed = bytearray(seal(key, "secret", HERE))
    sealed[-1] ^= 1
    with pytest.raises(CannotOpen):
        unseal(key, bytes(sealed), HERE)


def test_it_never_seals_the_same_twice() -> None:
    assert seal(b"k" * 32, "secret", HERE) != seal(b"k" * 32, "secret", HERE)


def test_it_wraps_a_data_key_again_under_a_new_key() -> None:
    wrapped = new_data_key([OLD], "tenant:1")
    data_key = unwrap(wrapped, [NEW, OLD], "tenant:1")
    again = wrap(data_key, [NEW, OLD], "tenant:1")
    assert (wrapped_by(wrapped), wrapped_by(again)) == ("old", "new")
    assert unwrap(again, [NEW], "tenant:1") == data_key


@pytest.mark.parametrize(
    ("keys", "owner"), [([NEW], "tenant:1"), ([("old", b"x" * 32)], "tenant:1"), ([OLD], "tenant:2")]
)
def test_it_does_not_unwrap_with_another_key_or_for_another_client(keys: list[tuple[str, bytes]], owner: str) -> None:
    wrapped = new_data_key([OLD], "tenant:1")
    with pytest.raises(CannotOpen):
        unwrap(wrapped, keys, owner)
