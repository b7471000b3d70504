"""A real Tryton 8: what was planted through its own client library is what our connector reports."""

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace

import pytest

from connectors.ask import ask
from connectors.base import Spot
from connectors.facts import (
    Duplicates,
    Grant,
    Job,
    LoggedError,
    Look,
    OddDates,
    OpenDocuments,
    Period,
    Reachable,
    Server,
    Setting,
    Shape,
    Stock,
    Task,
    Unbalanced,
    User,
    Vouchers,
)
from connectors.tryton_rpc import untagged
from connectors.tryton_values import QUESTIONS, values_of
from connectors.zones import CHINA, day_in
from service_desk.running.demo import tryton
from tests.connectors.conftest import tryton_request
from tests.connectors.in_process import MIDNIGHT

pytestmark = [pytest.mark.enable_socket, pytest.mark.xdist_group("tryton")]
KINDS = [
    "reachable", "users", "stock", "vouchers", "tasks", "periods", "backups", "server", "grants", "jobs", "errors",
    "unbalanced", "odd_dates", "open_documents", "duplicates", "timings", "shapes", "quotas", "settings",
]  # fmt: skip


@pytest.fixture(scope="module")
def found(tryton_server: tryton.Server) -> dict[str, Look]:
    """All looks of one round, by kind."""
    answer = ask(tryton_request(tryton_server, kinds=KINDS))
    assert answer.error is None
    return {look.kind: look for look in answer.looks}


def test_it_is_reachable_and_says_its_version(found: dict[str, Look]) -> None:
    (fact,) = found["reachable"].facts
    assert isinstance(fact, Reachable)
    assert fact.up
    assert str(fact.version).startswith("8.")
    assert fact.connect_ms
    assert fact.answer_ms


def test_it_finds_the_stock_below_zero(found: dict[str, Look]) -> None:
    (fact,) = found["stock"].facts
    assert isinstance(fact, Stock)
    assert (fact.item, fact.item_name, fact.warehouse) == ("BRG-6204", "深沟球轴承 6204", "WH")
    assert fact.quantity == Decimal(-3)
    assert (fact.account_set, fact.unit) == ("1", "Unit")


def test_it_finds_the_leaver_among_the_users(found: dict[str, Look]) -> None:
    users = {fact.login: fact for fact in found["users"].facts if isinstance(fact, User)}
    assert (users["zhou.xm"].name, users["zhou.xm"].enabled) == ("周晓明", True)
    assert users["admin"].admin
    assert users["reader"].roles == ("只读",)
    assert "root" not in users


def test_it_finds_the_move_left_in_draft(found: dict[str, Look]) -> None:
    (fact,) = found["vouchers"].facts
    assert isinstance(fact, Vouchers)
    assert fact.count == 1
    assert fact.oldest_on is not None
    assert fact.oldest_age_days == (day_in(CHINA, fact.seen_at) - fact.oldest_on).days
    assert fact.oldest_age_days >= 50


def test_its_modules_are_settings(found: dict[str, Look]) -> None:
    modules = {fact.name: fact.value for fact in found["settings"].facts if isinstance(fact, Setting)}
    assert {modules[name] for name in ("ir", "stock", "account")} == {"activated"}
    assert "sale" not in modules


def test_it_finds_the_job_that_did_not_run(found: dict[str, Look]) -> None:
    (fact,) = found["tasks"].facts
    assert isinstance(fact, Task)
    assert fact.what == "job"
    assert fact.age_s is not None
    assert fact.age_s >= 3 * 86400


def test_it_tells_the_state_of_the_periods(found: dict[str, Look]) -> None:
    facts = [fact for fact in found["periods"].facts if isinstance(fact, Period)]
    assert len(facts) >= 12
    assert all(fact.closed == {"GL": False} and fact.begins_on and fact.ends_on for fact in facts)


def test_it_tells_the_clock_of_the_server(found: dict[str, Look]) -> None:
    (fact,) = found["server"].facts
    assert isinstance(fact, Server)
    assert fact.clock_ahead_s == pytest.approx(0, abs=2)


def test_it_finds_who_is_in_which_group(found: dict[str, Look]) -> None:
    grants = {(fact.holder, fact.right_name) for fact in found["grants"].facts if isinstance(fact, Grant)}
    assert ("reader", "只读") in grants
    assert "root" not in {holder for holder, _ in grants}


def test_it_finds_the_job_that_is_late_among_the_others(found: dict[str, Look]) -> None:
    jobs = [fact for fact in found["jobs"].facts if isinstance(fact, Job)]
    assert len(jobs) > 3
    assert [fact.name for fact in jobs if (fact.overdue_s or 0) > 2 * 86400]
    assert {fact.outcome for fact in jobs} == {None}


def test_it_finds_the_tax_number_that_stands_twice(found: dict[str, Look]) -> None:
    doubles = {fact.master: fact for fact in found["duplicates"].facts if isinstance(fact, Duplicates)}
    assert (doubles["customers"].groups, doubles["customers"].example) == (1, "91310000DEMO0001X")
    assert doubles["items"].groups == 0


def test_it_finds_nothing_where_nothing_was_planted(found: dict[str, Look]) -> None:
    for kind in ("errors", "unbalanced"):
        assert found[kind].unknown is None
        assert found[kind].facts == ()
    (odd,), (old,) = found["odd_dates"].facts, found["open_documents"].facts
    assert isinstance(odd, OddDates)
    assert isinstance(old, OpenDocuments)
    assert (odd.count, old.count) == (0, 0)
    assert {fact.missing for fact in found["shapes"].facts if isinstance(fact, Shape)} == {()}
    assert found["timings"].facts


def test_what_it_cannot_know_it_says(found: dict[str, Look]) -> None:
    unknown = found["backups"].unknown
    assert unknown is not None
    assert unknown.reason == "unsupported"
    assert "outside Tryton" in str(unknown.params["missing"])


def test_the_probe_walks_to_the_companies_and_finds_the_reader_harmless(tryton_server: tryton.Server) -> None:
    steps = ask(tryton_request(tryton_server, op="probe")).steps
    assert [step.name for step in steps] == [
        "name", "tcp", "tls", "login", "database", "rights", "read_only", "version", "account_sets",
    ]  # fmt: skip
    assert {step.state for step in steps} == {"ok"}
    assert steps[2].reason == "no_encryption"


def test_the_probe_finds_that_the_administrator_can_write(tryton_server: tryton.Server) -> None:
    password = tryton_server.passwords["admin"]
    steps = ask(tryton_request(tryton_server, op="probe", settings={"user": "admin"}, password=password)).steps
    (step,) = [step for step in steps if step.name == "read_only"]
    assert (step.state, step.reason) == ("failed", "login_can_write")


def test_a_user_without_rights_is_told_what_it_lacks(tryton_server: tryton.Server) -> None:
    change = {"settings": {"user": "zhou.xm"}, "password": tryton_server.passwords["leaver"]}
    (look,) = ask(tryton_request(tryton_server, kinds=["vouchers"], **change)).looks
    assert look.unknown is not None
    assert (look.unknown.reason, look.unknown.params["table"]) == ("missing_right", "account.move")
    steps = ask(tryton_request(tryton_server, op="probe", **change)).steps
    assert "read access to the model account.move" in {step.right for step in steps if step.name == "rights"}


def test_a_wrong_password_is_what_it_is(tryton_server: tryton.Server) -> None:
    step = ask(tryton_request(tryton_server, op="probe", password="wrong-and-secret")).steps[-1]
    assert (step.name, step.state, step.reason, step.field) == ("login", "failed", "wrong_password", "password")


def test_a_missing_database_is_what_it_is(tryton_server: tryton.Server) -> None:
    step = ask(tryton_request(tryton_server, op="probe", settings={"database": "nowhere"})).steps[-1]
    assert (step.name, step.reason, step.field) == ("database", "unknown_database", "database")


def test_it_gives_its_session_back(tryton_server: tryton.Server) -> None:
    from connectors import https
    from connectors.base import ConnectorError, Deadline
    from connectors.reach import Address
    from connectors.tryton import Tryton
    from connectors.tryton_rpc import Rpc

    request = tryton_request(tryton_server)
    with Tryton(request.settings, request.secrets, allow_loopback=True).open(Deadline(10)) as session:
        kept = dict(session.headers)
    address = Address("127.0.0.1", "127.0.0.1", tryton_server.port)
    with https.connected(address, "off", Deadline(10)) as web:
        rpc = Rpc(web, "demo", "reader")
        rpc.headers = kept
        with pytest.raises(ConnectorError) as caught:
            rpc.call(QUESTIONS["companies"].need, "search_count", [[]])
    assert caught.value.reason == "connection_lost"


@contextmanager
def counterpart(answers: list[bytes]) -> Iterator[int]:
    """A server that gives fixed HTTP answers, one for each connection."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            for answer in answers:
                wire, _ = listener.accept()
                with wire:
                    wire.recv(65536)
                    with suppress(OSError):
                        wire.sendall(answer)
                        # What is closed with words of the other side unread is reset, and loses the answer.
                        wire.shutdown(socket.SHUT_WR)
                        while wire.recv(65536):
                            pass

        threading.Thread(target=serve, daemon=True).start()
        yield int(listener.getsockname()[1])


def http(body: str, status: str = "200 OK", head: str = "") -> bytes:
    """An HTTP answer that closes its connection."""
    return f"HTTP/1.1 {status}\r\nConnection: close\r\n{head}Content-Length: {len(body)}\r\n\r\n{body}".encode()


LOGIN = http(json.dumps({"id": 1, "result": [1, "token", None]}))


@pytest.mark.parametrize(
    ("answers", "reason"),
    [
        ([http("", "429 Too Many Requests")], "rate_limited"),
        ([http("not json")], "bad_answer"),
        ([http("", "302 Found", "Location: http://127.0.0.1:1/evil\r\n")], "bad_answer"),
        ([http("", "405 Method Not Allowed")], "bad_answer"),
        ([b"SSH-2.0-OpenSSH_9.2\r\n"], "wrong_protocol"),
        ([b""], "connection_lost"),
        ([LOGIN, http(json.dumps({"id": 1, "error": ["'res.user'", ""]}))], "missing_table"),
        ([LOGIN, http(json.dumps({"id": 1, "error": ["'login'", ""]}))], "missing_column"),
        ([LOGIN, http(json.dumps({"id": 1, "error": ["UserError", ["hunter2-hunter2", ""]]}))], "missing_right"),
        ([LOGIN, http(json.dumps({"id": 1, "error": ["a text with hunter2-hunter2", ""]}))], "bad_answer"),
        ([LOGIN, http("", "403 Forbidden")], "missing_right"),
        ([LOGIN, LOGIN[:-20]], "connection_lost"),
    ],
)
def test_every_strange_answer_has_its_reason(tryton_server: tryton.Server, answers: list[bytes], reason: str) -> None:
    with counterpart(answers) as port:
        answer = ask(tryton_request(tryton_server, kinds=["users"], settings={"port": port}))
    (look,) = answer.looks
    assert look.unknown is not None
    assert look.unknown.reason == reason
    assert "hunter2" not in repr(answer)


def _answered(*results: object) -> list[bytes]:
    """A login, then these results; the server keeps no connection."""
    return [LOGIN, *(http(json.dumps({"id": 1, "result": result})) for result in results)]


def _at(hour: int) -> dict[str, object]:
    now = datetime.now(UTC)
    moment = {name: getattr(now, name) for name in ("year", "month", "day")}
    return {"__class__": "datetime", **moment, "hour": hour, "minute": 0, "second": 0, "microsecond": 0}


def test_an_error_after_the_last_run_makes_a_job_failed(tryton_server: tryton.Server) -> None:
    jobs = [{"id": 3, "method": "a|b", "next_call": _at(23), "active": True}]
    log = [{"id": 1, "cron": 3, "started": _at(1), "ended": _at(2)}]
    errors = [
        {"id": 1, "origin": "ir.cron,3", "state": "open", "create_date": _at(3)},
        {"id": 2, "origin": "ir.cron,3", "state": "open", "create_date": _at(4)},
    ]
    with counterpart(_answered(jobs, log, errors)) as port:
        (look,) = ask(tryton_request(tryton_server, kinds=["jobs"], settings={"port": port})).looks
    (job,) = look.facts
    assert isinstance(job, Job)
    assert (job.outcome, job.last_took_s) == ("failed", 3600)
    with counterpart(_answered(errors)) as port:
        (look,) = ask(tryton_request(tryton_server, kinds=["errors"], settings={"port": port})).looks
    (error,) = look.facts
    assert isinstance(error, LoggedError)
    assert (error.code, error.count) == ("ir.cron,3", 2)


def test_a_posted_move_that_does_not_balance_is_found(tryton_server: tryton.Server) -> None:
    day = {"__class__": "date", "year": 2026, "month": 10, "day": 31}
    move = {"id": 7, "number": "M-7", "date": day, "state": "posted"}
    amounts = [("10.00", "0.00"), ("0.00", "9.50"), (None, None)]
    lines = [
        {
            "id": place,
            "move": 7,
            "move.": move,
            "debit": debit and {"__class__": "Decimal", "decimal": debit},
            "credit": credit and {"__class__": "Decimal", "decimal": credit},
        }
        for place, (debit, credit) in enumerate(amounts)
    ]
    companies = [{"id": 1, "rec_name": "演示"}]
    with counterpart(_answered(companies, lines)) as port:
        (look,) = ask(tryton_request(tryton_server, kinds=["unbalanced"], settings={"port": port})).looks
    (fact,) = look.facts
    assert isinstance(fact, Unbalanced)
    assert (fact.number, fact.year, fact.period, fact.difference) == ("M-7", 2026, 10, Decimal("0.50"))


# Where an answer is fixed, no Tryton has to run.
NOBODY = SimpleNamespace(host="127.0.0.1", port=0, database="demo", user="reader", password="hunter2-hunter2")


def _read(kind: str, answers: list[bytes]) -> Look:
    with counterpart([*answers, *_answered(None)[1:]]) as port:
        request = tryton_request(NOBODY, kinds=[kind], settings={"port": port}, budget_seconds=60)  # type: ignore[arg-type]
        answer = ask(request)
    assert answer.error is None
    assert "hunter2" not in repr(answer)
    (look,) = answer.looks
    return look


def test_a_quantity_that_is_none_is_no_stock_and_a_hundred_thousand_rows_are_cut(in_process: None) -> None:
    item = {"code": "料", "template.": {"name": "螺丝"}, "default_uom.": {"rec_name": "个"}, "quantity": -1.5}
    rows = [{**item, "id": n, "code": f"料{n}"} for n in range(100_000)]
    rows[0] |= {"quantity": None}
    places = [{"id": 4, "code": "WH", "name": "原料仓"}]
    look = _read("stock", _answered([{"id": 1, "rec_name": "演示"}], places, rows))
    assert look.unknown is None
    assert look.truncated
    assert len(look.facts) == QUESTIONS["stock"].cap - 1
    assert {fact.quantity for fact in look.facts if isinstance(fact, Stock)} == {Decimal("-1.5")}


def _tagged(day: date) -> dict[str, object]:
    return {"__class__": "date", "year": day.year, "month": day.month, "day": day.day}


@MIDNIGHT
def test_days_are_counted_by_the_calendar_of_the_books(
    at_moment: Callable[[datetime], None], moment: datetime, today: date
) -> None:
    at_moment(moment)
    company, begin = [{"id": 1, "rec_name": "演示"}], date(2026, 9, 1)
    draft = {"id": 1, "date": _tagged(date(2026, 9, 30)), "period.": {"start_date": _tagged(begin)}}
    (voucher,) = _read("vouchers", _answered(company, [draft])).facts
    assert isinstance(voucher, Vouchers)
    assert voucher.oldest_age_days == (today - date(2026, 9, 30)).days
    due = {"id": 1, "maturity_date": _tagged(date(2026, 8, 1)), "move.": {"number": "M-1"}}
    (old,) = _read("open_documents", _answered(company, [due])).facts
    assert isinstance(old, OpenDocuments)
    assert old.oldest_age_days == (today - date(2026, 8, 1)).days


@MIDNIGHT
def test_a_question_binds_the_day_of_the_books_and_the_moment_in_utc(moment: datetime, today: date) -> None:
    session, spot = SimpleNamespace(zone=CHINA), Spot(account_set=None, seen_at=moment)
    bound = values_of(session, spot)  # type: ignore[arg-type]
    assert untagged(bound["today"]) == today
    assert untagged(bound["old"]) == today - timedelta(days=60)
    assert untagged(bound["now"]) == moment


def test_a_text_in_no_encoding_is_told(in_process: None) -> None:
    body = b'{"id": 1, "result": [{"id": 1, "name": "\xff\xfe"}]}'
    look = _read("users", [LOGIN, b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + body])
    assert look.unknown is not None
    assert look.unknown.reason == "bad_answer"


def test_it_reads_tagged_values() -> None:
    tagged = {
        "day": {"__class__": "date", "year": 2026, "month": 11, "day": 22},
        "at": {"__class__": "datetime", "year": 2026, "month": 11, "day": 22, "hour": 1, "minute": 2, "second": 3},
        "sums": [{"__class__": "Decimal", "decimal": "1.50"}],
    }
    assert untagged(tagged) == {
        "day": date(2026, 11, 22),
        "at": datetime(2026, 11, 22, 1, 2, 3, tzinfo=UTC),
        "sums": [Decimal("1.50")],
    }
