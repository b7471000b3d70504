"""Our own watch, as a monitor somewhere else asks for it."""

from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask

from service_desk.checks.finding import PulseRecord
from service_desk.scope import gate
from tests.checks.given import NOW, judged, told
from tests.counting import statements


@pytest.mark.parametrize(
    ("beat_s", "waits_s", "state", "said"),
    [
        (1, None, "ok", "监控运行正常：最近一轮在 1 秒前，任务等待 0 秒。"),
        (90, None, "warn", "监控自身已停止 1 分钟。"),
        (1, 900, "crit", "任务已等待 15 分钟无人处理。"),
        (7200, 900, "crit", "监控自身已停止 2 小时。"),
    ],
)
def test_it_tells_when_nobody_watches(beat_s: int, waits_s: int | None, state: str, said: str) -> None:
    waiting = None if waits_s is None else NOW - timedelta(seconds=waits_s)
    pulse = PulseRecord(name="clock", beat_at=NOW - timedelta(seconds=beat_s), waiting_since=waiting)
    assert told("self.scheduler", judged("self.scheduler", own=[pulse], sets=())) == [(state, said)]


def test_a_monitor_elsewhere_can_ask(app: Flask, empty_database: None) -> None:
    browser = app.test_client()
    app.extensions.pop("watch", None)
    gate("gate_beat", p_now=datetime.now(UTC), p_patience=60)
    answer = browser.get("/watchz", headers={"Host": "desk.test"})
    assert answer.status_code == 200, answer.text
    assert answer.text.startswith("The watch goes round")


def test_it_asks_the_database_once_for_many_who_ask(app: Flask) -> None:
    app.extensions.pop("watch", None)
    browser = app.test_client()
    with statements() as heard:
        answers = {browser.get("/watchz", headers={"Host": "desk.test"}).text for _ in range(5)}
    assert len(answers) == 1
    assert len([one for one in heard if "engine_pulse" in one]) == 1


def test_a_watch_that_never_ran_is_no_watch() -> None:
    assert told("self.scheduler", judged("self.scheduler", sets=()), "en") == [("crit", "Our own watch has never run.")]
