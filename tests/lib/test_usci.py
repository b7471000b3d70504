"""统一社会信用代码, against an independent implementation."""

from hypothesis import given
from hypothesis import strategies as st
from stdnum.cn import uscc

from service_desk.lib.usci import check, check_char, org_check_char

_CHARS = "0123456789ABCDEFGHJKLMNPQRTUWXY"
bodies = st.text(_CHARS, min_size=9, max_size=9).map(lambda tail: "91330100" + tail)


@given(bodies)
def test_it_agrees_with_an_independent_check(body: str) -> None:
    code = body + check_char(body)
    assert uscc.is_valid(code)
    assert check(code).valid


@given(bodies, st.integers(8, 17), st.sampled_from(_CHARS))
def test_it_finds_any_single_wrong_character(body: str, place: int, char: str) -> None:
    code = body + check_char(body)
    wrong = code[:place] + char + code[place + 1 :]
    assert check(wrong).valid == (wrong == code)


@given(st.text("0123456789ABCDEFGHJKLMNPQRTUWXY", min_size=8, max_size=8))
def test_it_only_warns_about_the_organisation_code(first: str) -> None:
    good = "91330100" + first + org_check_char(first)
    assert check(good + check_char(good)).org_check_ok
    other = "91330100" + first + ("1" if org_check_char(first) != "1" else "2")
    judged = check(other + check_char(other))
    assert (judged.valid, judged.org_check_ok) == (True, False)


def test_it_normalises_before_it_judges() -> None:
    body = "91330100MA2B3C4D5"
    code = body + check_char(body)
    wide = "".join(chr(ord(char) + 0xFEE0) for char in code.lower())
    assert check(f"\u200b {wide[:9]}\u3000{wide[9:]}\n") == check(code)


def test_it_says_why_a_code_is_wrong() -> None:
    assert check("9133").reason == "length"
    assert check("91330100MA2B3C4DO5").reason == "charset"
    assert check("330106198812311234").reason == "checksum_or_idcard"
    assert check("33010619881331123X").reason == "checksum"
