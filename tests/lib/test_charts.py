"""Charts: well-formed, inert, told in words, and the same picture for page and paper."""

import re
from datetime import UTC, date, datetime, timedelta
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service_desk.lib import charts
from service_desk.lib.charts import (
    Bar,
    Limits,
    Point,
    State,
    bars,
    for_paper,
    heat_strip,
    meter,
    project,
    series,
    sparkline,
)

NOW = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = [
    '"><script>alert(1)</script>',
    "</title><img src=x onerror=alert(1)>",
    "&amp;<",
    "\x00\x0b\ufffe\ud800",
    "]]>",
    "' onload='x",
    "库存\r\n<b>",
]
labels = st.one_of(st.sampled_from(HOSTILE), st.text(max_size=40))
values = st.one_of(st.none(), st.floats(-1e9, 1e9, allow_nan=False))
states: st.SearchStrategy[State] = st.sampled_from(["ok", "warn", "crit", "unknown", "none"])
ALLOWED = {"svg", "title", "path", "rect", "circle", "text"}


def points(found: list[float | None]) -> list[Point]:
    return [Point(NOW - timedelta(days=len(found) - place), value) for place, value in enumerate(found)]


def check(markup: str) -> ElementTree.Element:
    """Parse a chart and make sure it holds drawing only: no script, style, address or event."""
    root = ElementTree.fromstring(markup)
    for element in root.iter():
        assert element.tag.removeprefix(SVG) in ALLOWED
        for name, value in element.attrib.items():
            assert not name.startswith("on")
            assert name not in {"style", "href", "id"}
            assert "url(" not in value
            assert "nan" not in value.lower()
            assert "inf" not in value
    assert root.get("role") == "img"
    title = root[0]
    assert title.tag == f"{SVG}title"
    assert title.text
    return root


@given(
    labels,
    st.lists(values, max_size=60),
    st.one_of(st.none(), st.floats(-1e6, 1e6)),
    st.sampled_from(["above", "below"]),
)
def test_it_draws_any_series_well_formed(label: str, found: list[float | None], limit: float | None, bad: str) -> None:
    limits = Limits(limit, None if limit is None else limit * 1.5, "above" if bad == "above" else "below")
    for drawn in (
        series(points(found), label=label, lang="zh", zone="Asia/Shanghai", unit=label, limits=limits),
        sparkline(found, label=label, lang="en", unit=label, limits=limits),
    ):
        check(drawn)
        check(for_paper(drawn))


@given(labels, st.lists(st.tuples(labels, st.floats(-10, 1e6), labels, states), max_size=8))
def test_it_draws_any_bars_well_formed(label: str, rows: list[tuple[str, float, str, State]]) -> None:
    check(bars([Bar(*row) for row in rows], label=label, lang="zh"))


@given(labels, st.lists(states, max_size=40), st.floats(-5, 1e6), st.floats(0, 1e6))
def test_it_draws_any_strip_and_meter_well_formed(label: str, days: list[State], value: float, maximum: float) -> None:
    check(
        heat_strip(
            [(date(2026, 1, 1) + timedelta(days=place), day) for place, day in enumerate(days)], label=label, lang="en"
        )
    )
    check(meter(value, maximum, label=label, lang="zh", unit=label))


def test_it_says_in_words_what_it_shows() -> None:
    found = [
        Point(NOW - timedelta(days=4 - place), value) for place, value in enumerate([50.0, None, 40.0, 30.5, 12.0])
    ]
    drawn = series(found, label="D 盘可用", lang="zh", zone="Asia/Shanghai", unit="%", limits=Limits(20, 10, "below"))
    said = check(drawn)[0].text or ""
    assert said == "D 盘可用：现在 12 %，最低 12，最高 50，2026-11-18 至 2026-11-22，注意线 20，严重线 10，中断 1 处。"
    strip = heat_strip(
        [(date(2026, 11, 20), "ok"), (date(2026, 11, 21), "crit"), (date(2026, 11, 22), "unknown")],
        label="Last days",
        lang="en",
    )
    assert check(strip)[0].text == "Last days: 2026-11-20 to 2026-11-22, Critical 1 d (11-21), Unknown 1 d, OK 1 d."
    assert check(sparkline([], label="x", lang="zh"))[0].text == "x：没有数据。"
    assert (
        check(meter(44, 40, label="工时", lang="zh", state="crit", unit="小时"))[0].text
        == "工时：44 / 40 小时（严重）。"
    )


def test_it_breaks_the_line_where_nothing_was_read() -> None:
    drawn = series(points([1.0, 2.0, None, 3.0]), label="x", lang="en", zone="UTC")
    line = next(path.get("d", "") for path in check(drawn).iter(f"{SVG}path") if path.get("stroke-linecap"))
    assert line.count("M") == 2


@pytest.mark.parametrize(
    ("limits", "value", "state"),
    [
        (Limits(80, 90), 79.9, "ok"),
        (Limits(80, 90), 80, "warn"),
        (Limits(80, 90), 90, "crit"),
        (Limits(20, 10, "below"), 10, "crit"),
        (Limits(20, 10, "below"), 20.1, "ok"),
        (Limits(None, 5), 4, "ok"),
        (Limits(80, 90), None, "none"),
    ],
)
def test_it_judges_by_its_limits(limits: Limits, value: float | None, state: State) -> None:
    assert limits.judge(value) == state


def test_states_differ_without_colour() -> None:
    def shape(state: State) -> str:
        drawn = for_paper(heat_strip([(date(2026, 1, 1), state)], label="x", lang="en"))
        return re.sub(r"#[0-9a-f]{6}|<title>.*</title>", "", drawn)

    shapes: list[State] = ["ok", "warn", "crit", "unknown", "none"]
    assert len({shape(state) for state in shapes}) == 5
    marks = {
        tuple(
            (tag.tag, tag.get("d", "")[-12:])
            for tag in check(sparkline([5.0, 5.0], label="x", lang="en", limits=limits)).iter()
        )
        for limits in (Limits(), Limits(5), Limits(None, 5))
    }
    assert len(marks) == 3


def test_it_projects_a_trend_and_ignores_one_jump() -> None:
    falling = [100.0 - 2 * day for day in range(30)]
    falling[10] = 5.0
    projection = project(points(list(falling)), 0)
    assert projection is not None
    assert projection.per_day == pytest.approx(-2)
    assert projection.days == 21
    assert projection.reaches - NOW == timedelta(days=20)
    drawn = series(points(list(falling)), label="x", lang="en", zone="UTC", projection=projection)
    assert "stroke-dasharray" in drawn
    assert f"reaches 0 on {projection.reaches:%Y-%m-%d}" in drawn


@pytest.mark.parametrize(
    "found",
    [[5.0] * 10, [1.0, 2, 3, 4, 5, 6], [9.0, 8.0], [None] * 9, [1000.0 - 0.0001 * day for day in range(9)]],
)
def test_it_projects_nothing_without_a_trend_towards_the_limit(found: list[float | None]) -> None:
    assert project(points(found), 0) is None


def test_it_stays_small_however_much_was_measured() -> None:
    many: list[float | None] = [float(place % 97) for place in range(50_000)]
    many[25_000] = 5000.0
    drawn = series(points(many), label="x", lang="en", zone="UTC")
    assert len(drawn) < 40_000
    assert "highest 5,000" in drawn
    strip = heat_strip([(date(2026, 1, 1) + timedelta(days=day), "ok") for day in range(30)], label="x", lang="en")
    assert len(strip) < 1100


def test_paper_knows_every_colour_itself() -> None:
    drawn = series(points([1.0, 2.0, 9.0]), label='var(--x,#123456)="', lang="en", zone="UTC", limits=Limits(5, 8))
    paper = for_paper(drawn)
    assert 'fill="var(' in drawn
    assert re.search(r'(fill|stroke)="var\(', paper) is None
    assert 'font-family="Desk Sans"' in paper
    assert charts.for_paper(paper).count("Desk Sans") >= 1
