"""The State Council's notice, read; and the seeded years."""

from datetime import date, timedelta

import pytest

from service_desk.sla.holidays import NoticeError, read_notice, rows_of, seed_rows, seeded_years, statutory_days, table

# Written in the manner of the notices of 2024 and 2026, with the days those years really had.
LIKE_2024 = """关于2024年部分节假日安排的通知
现将2024年元旦、春节等节日放假调休日期的具体安排通知如下。
一、元旦：1月1日放假，与周末连休。
二、春节：2月10日至17日放假调休，共8天。2月4日（星期日）、2月18日（星期日）上班。
鼓励各单位安排职工在除夕（2月9日）休息。
三、清明节：4月4日至6日放假调休，共3天。4月7日（星期日）上班。
四、劳动节：5月1日至5日放假调休，共5天。4月28日（星期日）、5月11日（星期六）上班。
五、端午节：6月10日放假，与周末连休。
六、中秋节：9月15日至17日放假调休，共3天。9月14日（星期六）上班。
七、国庆节：10月1日至7日放假调休，共7天。9月29日（星期日）、10月12日（星期六）上班。
2023年10月25日"""
LIKE_2026 = """1．元旦：1月1日（周四）至3日（周六）放假调休，共3天。1月4日（周日）上班。
2．春节：2月15日（农历腊月二十八、周日）至23日（农历正月初七、周一）放假调休，共9天。2月14日（周六）、28日（周六）上班。
3．清明节：4月4日（周六）至6日（周一）放假，共3天。
4．劳动节：5月1日（周五）至5日（周二）放假调休，共5天。5月9日（周六）上班。
5．端午节：6月19日（周五）至21日（周日）放假，共3天。
6．中秋节：9月25日（周五）至27日（周日）放假，共3天。
7．国庆节：10月1日（周四）至7日（周三）放假调休，共7天。9月20日（周日）、10月10日（周六）上班。"""


@pytest.mark.parametrize(("text", "year"), [(LIKE_2024, 2024), (LIKE_2026, 2026)])
def test_it_reads_a_notice_as_the_year_really_was(text: str, year: int) -> None:
    read = table(rows_of(read_notice(text, year), "notice"))
    seeded = table(seed_rows([year]))
    day = date(year, 1, 1)
    while day.year == year:
        working = read.is_makeup(day) or (day.weekday() < 5 and not read.is_off(day))
        expected = seeded.is_makeup(day) or (day.weekday() < 5 and not seeded.is_off(day))
        assert working == expected, day
        day += timedelta(days=1)
    assert read.statutory == seeded.statutory


def test_it_finds_the_year_in_the_title_and_keeps_what_it_could_not_read() -> None:
    notice = read_notice(LIKE_2024)
    assert notice.year == 2024
    assert date(2024, 2, 9) not in notice.off
    assert notice.unread == ("2023年10月25日",)
    assert dict(notice.names)[date(2024, 5, 11)] == "劳动节"
    with pytest.raises(NoticeError, match="no_year"):
        read_notice(LIKE_2026)


def test_it_reads_days_of_the_year_before() -> None:
    stated = read_notice("一、元旦：2022年12月31日至2023年1月2日放假调休，共3天。", 2023)
    assert stated.off == (date(2022, 12, 31), date(2023, 1, 1), date(2023, 1, 2))
    implied = read_notice("一、元旦：12月30日至1月1日放假，12月29日（星期六）上班。", 2019)
    assert implied.off == (date(2018, 12, 30), date(2018, 12, 31), date(2019, 1, 1))
    assert implied.work == (date(2018, 12, 29),)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("国庆节：10月1日（星期五）至7日放假。", "weekday"),
        ("国庆节：10月7日至1日放假。", "range"),
        ("国庆节：2月30日放假。", "date"),
        ("国庆节：1日放假。", "date"),
        ("今年不放假。", "no_days"),
        ("", "no_days"),
    ],
)
def test_it_refuses_what_it_cannot_trust(text: str, code: str) -> None:
    with pytest.raises(NoticeError) as caught:
        read_notice(text, 2026)
    assert caught.value.code == code


def test_it_seeds_the_years_the_package_has_and_no_other() -> None:
    years = seeded_years()
    assert {2024, 2025, 2026} <= set(years)
    assert seed_rows([max(years) + 1]) == ()
    rows = seed_rows([2025])
    assert {row.kind for row in rows} == {"work", "off", "statutory"}
    assert all(row.kind != "work" or row.day.weekday() >= 5 for row in rows)
    assert sum(row.kind == "statutory" for row in rows) == 13


def test_it_knows_the_statutory_days_before_and_after_the_law_changed() -> None:
    assert len(statutory_days(2024)) == 11
    assert len(statutory_days(2025)) == 13
    assert date(2027, 2, 5) in statutory_days(2027)
    assert date(2024, 2, 9) not in statutory_days(2024)
    assert len(statutory_days(2050)) == 6
