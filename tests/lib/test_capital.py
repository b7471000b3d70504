"""大写金额: written by the rules, and read back by an independent reader."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service_desk.lib.capital import CapitalAmountError, Style, capital, legal_forms

_DIGITS = {char: value for value, char in enumerate("零壹贰叁肆伍陆柒捌玖")}
_SMALL = {"拾": 10, "佰": 100, "仟": 1000}
cents = st.integers(0, 10**18 - 1)


def read(text: str) -> Decimal:
    """Read any legal form back to yuan; knows nothing of how they are written."""
    text = text.removeprefix("人民币").rstrip("整正").replace("圆", "元")
    sign = -1 if text.startswith("负") else 1
    whole, _, rest = text.removeprefix("负").rpartition("元") if "元" in text else ("", "", text)
    value = Decimal(_integer(whole))
    digit = 0
    for char in rest.removeprefix("负"):
        if char in _DIGITS:
            digit = _DIGITS[char]
        else:
            value += digit * {"角": Decimal("0.1"), "分": Decimal("0.01")}[char]
    return sign * value


def _integer(text: str) -> int:
    if "亿" in text:
        high, _, low = text.partition("亿")
        return _integer(high) * 10**8 + _integer(low)
    if "万" in text:
        high, _, low = text.partition("万")
        return _integer(high) * 10**4 + _integer(low)
    value = digit = 0
    for char in text:
        if char in _DIGITS:
            digit = _DIGITS[char]
        else:
            value += digit * _SMALL[char]
            digit = 0
    return value + digit


@given(cents)
def test_it_reads_back_in_every_legal_form(amount: int) -> None:
    value = Decimal(amount) / 100
    assert {read(form) for form in legal_forms(value)} == {value}


@given(cents)
def test_it_keeps_the_rules_of_zero_and_close(amount: int) -> None:
    text = capital(Decimal(amount) / 100)
    assert "零零" not in text
    assert "零元" not in text or text == "零元整"
    assert text.endswith("整") == (amount % 100 == 0)
    assert text.count("亿") <= 1
    assert amount % 100 or not amount or "角" not in text


@pytest.mark.parametrize(
    ("amount", "written"),
    [
        ("305", "叁佰零伍元整"),
        ("100005000", "壹亿零伍仟元整"),
        ("1050000000", "壹拾亿伍仟万元整"),
        ("70020.30", "柒万零贰拾元零叁角"),
        ("9000000000000000", "玖仟万亿元整"),
        ("0.30", "叁角"),
        ("-88.80", "负捌拾捌元捌角"),
        ("42.000", "肆拾贰元整"),
    ],
)
def test_it_writes_amounts_as_a_bank_clerk_does(amount: str, written: str) -> None:
    assert capital(amount) == written
    assert capital(Decimal(amount), prefix=True) == "人民币" + written


def test_it_follows_the_choices_a_practice_makes() -> None:
    assert capital("20.50", Style(yuan="圆", close="正", close_after_jiao=True)) == "贰拾圆零伍角正"
    assert capital("20.50", Style(zero_before_jiao=False)) == "贰拾元伍角"
    assert capital("0.07", Style(name_zero_yuan=True)) == "零元零柒分"
    assert capital("302000", Style(zero_after_wan=True)) == "叁拾万贰仟元整".replace("万贰", "万零贰")


@pytest.mark.parametrize(
    ("amount", "code"),
    [
        ("0.001", "more_than_2_decimals"),
        ("1" + "0" * 16, "too_large"),
        ("1 000", "parse"),
        ("", "parse"),
        ("１", "parse"),
        ("1e5", "parse"),
    ],
)
def test_it_refuses_what_is_no_plain_amount(amount: str, code: str) -> None:
    with pytest.raises(CapitalAmountError) as caught:
        capital(amount)
    assert caught.value.code == code


def test_it_refuses_what_is_no_number() -> None:
    with pytest.raises(CapitalAmountError, match="parse"):
        capital(Decimal("NaN"))
