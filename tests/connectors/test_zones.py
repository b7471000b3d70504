"""The calendar of the books: which day it is there, and that China's needs no table of zones."""

from datetime import UTC, datetime, timedelta
from typing import NoReturn
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors import zones
from connectors.base import ConnectorError
from connectors.zones import day_in, midnight_in, zone_of

ZONES = st.sampled_from(["Asia/Shanghai", "UTC", "Europe/Berlin", "Pacific/Kiritimati", "Etc/GMT+12", "Asia/Kolkata"])
MOMENTS = st.datetimes(datetime(2020, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - bounds


@given(ZONES, MOMENTS)
def test_a_day_begins_at_its_midnight_and_not_a_second_before(name: str, moment: datetime) -> None:
    zone = zone_of(name)
    day = day_in(zone, moment)
    begin = midnight_in(zone, day).astimezone(UTC)
    assert begin <= moment < begin + timedelta(hours=26)
    assert day_in(zone, begin) == day
    assert day_in(zone, begin - timedelta(seconds=1)) == day - timedelta(days=1)


@given(MOMENTS)
def test_china_is_the_same_with_and_without_a_table(moment: datetime) -> None:
    assert day_in(zone_of("Asia/Shanghai"), moment) == day_in(ZoneInfo("Asia/Shanghai"), moment)


def test_where_no_table_is_installed_china_is_known_and_another_zone_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on Windows, whose Python has none with it."""

    def missing(name: str) -> NoReturn:
        raise ZoneInfoNotFoundError(name)

    monkeypatch.setattr(zones, "ZoneInfo", missing)
    assert zone_of("Asia/Shanghai").utcoffset(None) == timedelta(hours=8)
    for name in ("Europe/Berlin", "../etc/passwd", "", "Asia/../x"):
        with pytest.raises(ConnectorError) as caught:
            zone_of(name)
        assert (caught.value.reason, caught.value.field) == ("bad_settings", "zone")
