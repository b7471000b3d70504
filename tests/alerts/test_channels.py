"""Every channel against its receiving end: signatures, refusals inside HTTP 200, slow and broken answers."""

import random
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service_desk.alerts.channels import CHANNELS
from service_desk.alerts.channels.channel import MOST_ANSWER, Unfit, checked, shown
from service_desk.alerts.channels.message import Message, cut, markdown
from service_desk.alerts.channels.serverchan import address
from service_desk.alerts.channels.webhook import VERIFY, new_secret, signature
from service_desk.alerts.channels.wire import send
from service_desk.alerts.delivery.pace import Outcome
from tests.alerts.vendors import BUSY, ENDS, HOOK_SECRET, WRONG, Vendor
from tests.connectors.http_counterpart import Cut, Hang, HttpCounterpart, Reply, Stall

WIRED = sorted(ENDS)
MESSAGE = Message(
    ident="delivery-7",
    severity="crit",
    client="甲公司",
    subject="[甲公司] 最近一次完整备份是 31 小时前",
    paragraphs=("处理：检查备份作业 <at id=all></at> @所有人 [点我](https://evil.example)",),
    link="https://desk.example/t/a/tickets/1",
    open_words="打开",
    lang="zh",
    at=datetime(2026, 11, 22, 4, tzinfo=UTC),
)


@contextmanager
def receiving(key: str) -> Iterator[tuple[Vendor, HttpCounterpart, dict[str, str]]]:
    end, values = ENDS[key]
    vendor = Vendor(end)
    with HttpCounterpart(answer=vendor) as server:
        yield vendor, server, values(server.url)


def hand(key: str, values: dict[str, str], **options: Any) -> Outcome:
    options = {"allow_loopback": True, **options}
    return send(CHANNELS[key], values, options.pop("message", MESSAGE), datetime.now(UTC), **options)


def test_every_channel_has_a_row_and_is_tried() -> None:
    assert {key for key, one in CHANNELS.items() if one.road == "wire"} == set(WIRED) == set(WRONG) == set(BUSY)
    assert all(one.key == key for key, one in CHANNELS.items())


@pytest.mark.parametrize("key", WIRED)
def test_it_hands_over_what_the_vendor_verifies(key: str) -> None:
    with receiving(key) as (vendor, server, values):
        outcome = hand(key, values)
        assert (outcome.verdict, len(vendor.taken), len(server.asked)) == ("sent", 1, 1), outcome
        said = str(vendor.taken[0])
        assert "最近一次完整备份是 31 小时前" in said
        assert "https://desk.example/t/a/tickets/1" in said
        assert 0 <= outcome.took_ms < 10_000


@pytest.mark.parametrize("key", WIRED)
def test_it_says_when_the_vendor_refuses(key: str) -> None:
    with receiving(key) as (vendor, server, values):
        wrong = {name: value.format(base=server.url) for name, value in WRONG[key].items()}
        outcome = hand(key, values | wrong)
        assert (outcome.verdict, vendor.taken) == ("never", [])
        assert outcome.answer.startswith("HTTP ")
        busy, wait_s = BUSY[key]
        vendor.instead.append(busy)
        later = hand(key, values)
        assert (later.verdict, later.wait_s, vendor.taken) == ("later", wait_s, [])


@pytest.mark.parametrize("key", sorted(set(WIRED) - {"webhook"}))
def test_it_takes_no_page_of_somebody_else_for_a_yes(key: str) -> None:
    with receiving(key) as (vendor, _, values):
        vendor.instead += [Reply(b"<html>portal</html>", content_type="text/html"), Reply([]), Reply({"errcode": True})]
        assert [hand(key, values).verdict for _ in range(3)] == ["never"] * 3


def test_it_reads_the_words_beside_a_code_that_says_two_things() -> None:
    """The same code of 飞书 stands for a request it cannot read, which no waiting mends, and for one too many."""
    with receiving("feishu") as (vendor, _, values):
        vendor.instead += [Reply({"code": 9499, "msg": said}) for said in ("Bad Request", "too many request")]
        vendor.instead.append(Reply({"StatusCode": 9499, "StatusMessage": "Too Many Requests"}))
        assert [hand("feishu", values).verdict for _ in range(3)] == ["never", "later", "later"]


def test_it_cuts_what_is_kept_of_an_answer() -> None:
    with receiving("webhook") as (vendor, _, values):
        vendor.instead.append(Reply(b"x" * 100_000, status=500))
        assert len(hand("webhook", values).answer) == MOST_ANSWER


@pytest.mark.parametrize("key", WIRED)
def test_it_keeps_no_secret_that_an_answer_repeats(key: str) -> None:
    with receiving(key) as (vendor, server, values):
        long = {
            name: value.replace("-7", "-7-hush-hush").replace("SCT7key", "SCT7hush") for name, value in values.items()
        }
        secrets = [long[one.name] for one in CHANNELS[key].fields if one.secret]
        vendor.respond = lambda _vendor, asked: Reply(f"{asked.path} {asked.query} {' '.join(secrets)}".encode(), 403)
        outcome = hand(key, long)
        assert len(server.asked) == 1
        assert outcome.verdict == "never"
        for secret in (*secrets, "hush"):
            assert secret not in outcome.answer


@pytest.mark.parametrize("outcome", [Hang(), Stall(Reply({"errcode": 0})), Cut(Reply({"errcode": 0}))])
def test_it_never_takes_silence_for_a_yes_nor_for_a_no(outcome: Any) -> None:
    with receiving("dingtalk") as (_, server, values):
        server.astray = lambda asked: outcome
        begun = time.monotonic()
        assert hand("dingtalk", values, seconds=1.0).verdict == "unknown"
        assert time.monotonic() - begun < 5


def test_it_follows_no_redirect() -> None:
    with receiving("bark") as (_, inside, _values), receiving("webhook") as (vendor, _, values):
        vendor.instead.append(Reply(b"", status=307, headers=(("Location", inside.url + "/push"),)))
        outcome = hand("webhook", values)
        assert (outcome.verdict, inside.asked) == ("never", [])


@pytest.mark.parametrize("key", WIRED)
def test_it_calls_nobody_on_this_machine_unless_the_switch_says_so(key: str) -> None:
    with receiving(key) as (_, server, values):
        outcome = hand(key, values, allow_loopback=False)
        assert (outcome.verdict, server.asked) == ("never", [])
        assert "network" in outcome.answer


@pytest.mark.parametrize("ip", ["10.0.0.5", "192.168.1.9", "172.16.0.3", "100.64.0.9", "fd12::5", "64:ff9b::c0a8:10a"])
def test_it_calls_nobody_in_a_private_network(ip: str, monkeypatch: pytest.MonkeyPatch) -> None:
    family = 10 if ":" in ip else 2
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [(family, 1, 6, "", (ip, 443))])
    values = {"url": "https://hook.example/x", "secret": HOOK_SECRET}
    assert hand("webhook", values, allow_loopback=False).verdict == "never"


def test_it_tells_a_closed_door_from_a_lost_answer() -> None:
    with receiving("webhook") as (_, server, values):
        port = server.port
    outcome = hand("webhook", values | {"url": f"http://127.0.0.1:{port}/"})
    assert (outcome.verdict, outcome.answer) == ("later", "The server refuses the connection.")


def test_it_wants_a_certificate_that_fits(tmp_path: Any) -> None:
    from tests.connectors.http_counterpart import certificate

    vendor = Vendor(ENDS["webhook"][0])
    with HttpCounterpart(answer=vendor, certificate=certificate(tmp_path)) as server:
        outcome = hand("webhook", ENDS["webhook"][1](server.url))
    assert (outcome.verdict, vendor.taken) == ("later", [])
    assert "certificate" in outcome.answer


def test_it_waits_where_the_days_messages_are_used_up() -> None:
    with receiving("serverchan") as (vendor, _, values):
        vendor.instead.append(
            Reply({"code": 40001, "message": "[AUTH]超过当天的发送次数限制[5]，请稍后再试"}, status=400)
        )
        outcome = hand("serverchan", values)
        assert (outcome.verdict, outcome.wait_s) == ("later", 3600)


def test_it_shows_a_receiver_how_to_verify_and_that_refuses_a_replay() -> None:
    shown_code: dict[str, Any] = {}
    exec(VERIFY, shown_code)  # what the page shows is what is tried here
    verified, now = shown_code["verified"], int(time.time())
    head = {
        "webhook-id": "m",
        "webhook-timestamp": str(now),
        "webhook-signature": signature(HOOK_SECRET, "m", now, b"{}"),
    }
    assert verified(HOOK_SECRET, head, b"{}")
    assert not verified(HOOK_SECRET, head, b"{ }")
    assert not verified(new_secret(), head, b"{}")
    assert not verified(HOOK_SECRET, head | {"webhook-id": "n"}, b"{}")
    old = now - 301
    replay = {
        "webhook-id": "m",
        "webhook-timestamp": str(old),
        "webhook-signature": signature(HOOK_SECRET, "m", old, b"{}"),
    }
    assert not verified(HOOK_SECRET, replay, b"{}")


def test_it_knows_which_server_a_send_key_belongs_to() -> None:
    assert address("SCT12abc") == "https://sctapi.ftqq.com/SCT12abc.send"
    assert address("sctp77tAbc") == "https://77.push.ft07.com/send/sctp77tAbc.send"
    assert address("../x") == "https://sctapi.ftqq.com/..%2Fx.send"


@pytest.mark.parametrize(
    ("key", "change", "field"),
    [
        ("dingtalk", {"url": "https://evil.example/robot/send?access_token=x"}, "url"),
        ("dingtalk", {"secret": " "}, "secret"),
        ("wecom", {"url": "http://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=x"}, "url"),
        ("feishu", {"url": "open.feishu.cn/x"}, "url"),
        ("webhook", {"url": "ftp://hook.example/"}, "url"),
        ("webhook", {"url": "https://a:b@hook.example/"}, "url"),
        ("webhook", {"url": "https://hook.example/ x"}, "url"),
        ("webhook", {"secret": "whsec_AAAA"}, "secret"),
        ("webhook", {"secret": "a password of my own"}, "secret"),
        ("bark", {"url": "http://bark.example"}, "url"),
    ],
)
def test_it_refuses_what_cannot_be_right(key: str, change: dict[str, str], field: str) -> None:
    good = {
        "dingtalk": {"url": "https://oapi.dingtalk.com/robot/send?access_token=x", "secret": "SECx"},
        "wecom": {"url": "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=x"},
        "feishu": {"url": "https://open.feishu.cn/open-apis/bot/v2/hook/x", "secret": "x"},
        "webhook": {"url": "https://hook.example/", "secret": HOOK_SECRET},
        "bark": {"url": "", "key": "x"},
    }[key]
    assert "x" not in shown(CHANNELS[key], checked(CHANNELS[key], good)).replace("example", "").replace("weixin", "")
    with pytest.raises(Unfit) as caught:
        checked(CHANNELS[key], good | change)
    assert caught.value.field == field


@given(st.text(max_size=60), st.text(max_size=2000))
def test_it_makes_no_command_of_what_an_erp_says(name: str, said: str) -> None:
    message = replace(MESSAGE, subject=name, paragraphs=(said,), link="")
    told = markdown(message, 16_000).removeprefix("**").replace("**\n\n", "\n\n", 1)
    assert not set("<>[]*`@") & set(told.removesuffix("**"))
    assert not [line for line in told.splitlines() if line.lstrip().startswith("#")]


@given(st.text(max_size=500), st.integers(min_value=4, max_value=600))
def test_it_cuts_between_characters(said: str, most: int) -> None:
    said = said.encode(errors="ignore").decode()
    assert len(cut(said, most).encode()) <= most
    assert cut(said, 10**6) == said


def test_it_fits_long_words_into_every_form() -> None:
    rng = random.Random(7)
    long = "库存" * 9000 + "".join(chr(rng.randrange(0x4E00, 0x9FFF)) for _ in range(900))
    message = replace(MESSAGE, subject=long[:400], paragraphs=(long,))
    for key in WIRED:
        with receiving(key) as (vendor, _, values):
            assert (hand(key, values, message=message).verdict, len(vendor.taken)) == ("sent", 1), key
            assert MESSAGE.link in str(vendor.taken[0]), f"{key}: what is cut still says where to go on"
