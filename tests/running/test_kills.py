"""The desk under sudden death: twenty SIGKILLs, a wiped Valkey and a database server that stops at once.

Proved afterwards by asking the database and the mail server: every accepted slot has exactly one terminal result, no
incident and no ticket exists twice, no mail was sent twice, nothing is stuck, invoice numbers have no gap, no heartbeat
raised a false alarm, and the supervisor has restarted whatever died.
"""

import json
import os
import random
import re
import signal
import time
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime
from email import message_from_bytes
from threading import Event
from typing import Any

import psutil
import psycopg
import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from redis import Redis
from redis.exceptions import RedisError

from service_desk.running import valkey
from service_desk.running.demo.content import read
from service_desk.running.demo.erp import build_fixture
from service_desk.running.supervisor import HELD, LONGEST_WAIT
from tests.e2e.installation import Desk, free_port, rows, running_desk
from tests.e2e.visitor import Visitor, sign_in

SEED = 20261122
VICTIMS = ("web", "web-child", "web-child", "web-child", "worker", "worker", "worker", "worker", "worker", "worker",
           "child", "child", "child", "child", "child", "clock", "clock", "clock", "clock")  # fmt: skip
SLUGS = ("demo-chenxing", "demo-hupan", "demo-jinsui")
PLANTED = """SELECT s.id FROM check_state s JOIN tenant t ON t.id = s.tenant_id
    WHERE t.slug = '{}' AND s.check IN ('inv.negative', 'bak.full.age', 'acl.leaver')"""
OPEN = "SELECT kind, id, state, attempt, outcome FROM job WHERE state IN ('queued', 'running') AND due_at <= now()"


class Post:
    """The mail server: keeps what it accepted; one client is killed right after it was told 250."""

    def __init__(self) -> None:
        self.taken: list[bytes] = []
        self.spared = 3  # mails before the one whose sender dies
        self.killed: str | None = None

    async def handle_DATA(self, _server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Accept it."""
        assert isinstance(envelope.content, bytes)
        self.taken.append(envelope.content)
        self.spared -= 1
        return "250 kept"

    def counted(self) -> Counter[str]:
        """How often each Message-ID was accepted."""
        return Counter(str(message_from_bytes(one)["Message-ID"]) for one in self.taken)

    def told(self) -> Counter[tuple[str, str, str]]:
        """How often each person was told the same."""
        mails = map(message_from_bytes, self.taken)
        return Counter((str(one["To"]), str(one["Subject"]), str(one.get_payload())) for one in mails)


class Server(SMTP):
    """An SMTP server whose client does not live to read one of its answers."""

    async def push(self, status: Any) -> None:
        """Answer. The sender of the chosen mail is held while the answer goes out, and killed before it can read it."""
        post: Post = self.event_handler
        chosen = str(status).startswith("250 kept") and post.spared <= 0 and post.killed is None
        sender = _sender(int(self.transport.get_extra_info("peername")[1])) if chosen and self.transport else None
        if sender is not None:
            os.kill(sender, signal.SIGSTOP)
        await super().push(status)
        if sender is not None:
            os.kill(sender, signal.SIGKILL)
            post.killed = str(message_from_bytes(post.taken[-1])["Message-ID"])


def _sender(port: int) -> int | None:
    """The process at the other end of a loopback connection."""
    found = (one for one in psutil.net_connections("tcp4") if one.laddr and one.laddr.port == port)
    return next((one.pid for one in found), None)


class MailServer(Controller):
    """The server on the loopback."""

    def factory(self) -> SMTP:
        """One connection."""
        return Server(self.handler, hostname="localhost")


@pytest.fixture
def post() -> Iterator[tuple[Post, int]]:
    """A mail server and its port."""
    kept, port = Post(), free_port()
    controller = MailServer(kept, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield kept, port
    finally:
        controller.stop()


@pytest.mark.xdist_group("kills")
@pytest.mark.timeout(400)
def test_it_loses_nothing_and_does_nothing_twice(post: tuple[Post, int]) -> None:
    kept, port = post
    chance = random.Random(SEED)
    with running_desk({"SERVICE_DESK_MAIL_URL": f"smtp://127.0.0.1:{port}"}) as desk:
        _short_heartbeats(desk)
        over = Event()
        with ThreadPoolExecutor(4) as people:
            pulse = people.submit(_beat, desk, over)
            try:
                work = [people.submit(_day, desk, slug) for slug in SLUGS]
                killed = _storm(desk, chance)
                for one in work:
                    one.result()
                _settle(desk)
            finally:
                over.set()
            pulse.result()
        assert killed == len(VICTIMS)
        assert kept.killed is not None, "no sender died after its 250"
        _holds(desk, kept)


# What people and their servers do meanwhile.


def _day(desk: Desk, slug: str) -> None:
    """The engineer's day at one client: look now, work on the ticket, close it, bill it, build the pack."""
    owner = desk.account("owner")
    engineer = Visitor(desk.url)
    sign_in(engineer, owner.email, owner.password)
    number = _ticket(desk, engineer, slug)
    page, said = f"/t/{slug}/tickets/{number}", f"已处理 {slug} 的告警"
    answer = {"made_for": slug, "body": said, "visibility": "public"}
    if slug == SLUGS[0]:  # One engineer cannot have worked for two clients in the same half hour.
        answer |= {"minutes": "30", "content": said, "problem": "检查发现异常", "solution": "已与现场核对"}
    engineer.press(page, answer, on=page, done=lambda seen: said in seen)
    close = f"{page}/close"
    solved = {"made_for": slug, "solution": f"{said}，问题已解决", "tell": "1"}
    engineer.press(close, solved, on=close, done=_not(close))
    _bill(desk, engineer, slug)
    pack = f"/t/{slug}/handover"
    asked = {"made_for": slug, "language": "zh_Hans_CN"}
    engineer.press(pack, asked, on=pack, done=lambda seen: "/papers/" in _main(seen))
    if slug == SLUGS[1]:
        _mend(desk, slug)  # Its incidents resolve in the middle of it all.


def _not(action: str) -> Callable[[str], bool]:
    return lambda seen: f'action="{action}"' not in seen


def _main(page: str) -> str:
    return re.sub(r'<nav.*?</nav>', "", page[page.index("<main"):], flags=re.DOTALL)  # fmt: skip


def _ticket(desk: Desk, engineer: Visitor, slug: str) -> int:
    """Have what was planted looked at now, again and again, until it has opened a ticket; the number of the ticket."""
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        for (state,) in desk_rows(desk, PLANTED.format(slug)):
            one = f"/t/{slug}/checks/{state}"
            engineer.press(f"{one}/run", {"made_for": slug}, on=one, done=lambda seen: '/run"' not in seen)
        found = rows(
            desk.cluster,
            "SELECT min(k.number) FROM incident i JOIN ticket k ON k.tenant_id = i.tenant_id AND k.id = i.ticket_id "
            f"JOIN tenant t ON t.id = i.tenant_id WHERE t.slug = '{slug}' AND i.resolved_at IS NULL",
        )
        if found and found[0][0]:
            return int(found[0][0])
    raise AssertionError(f"no check of {slug} opened a ticket")


def _bill(desk: Desk, engineer: Visitor, slug: str) -> None:
    """Draft what waits and issue every draft; a draft that is gone from its page was issued."""
    money = f"/t/{slug}/money"
    until = f"{datetime.now(UTC):%Y-%m-%d}"
    engineer.press(
        f"{money}/draft", {"made_for": slug, "until": until}, on=money, done=lambda seen: "草稿</span>" in seen
    )
    for (invoice,) in desk_rows(desk, "SELECT i.id FROM invoice i JOIN tenant t ON t.id = i.tenant_id "
                                f"WHERE t.slug = '{slug}' AND i.state = 'draft'"):  # fmt: skip
        issue = f"{money}/{invoice}/issue"
        fields = {"made_for": slug, "notify": "1"}
        engineer.press(issue, fields, on=f"{money}/{invoice}", done=_not(issue))


def desk_rows(desk: Desk, statement: str) -> list[tuple[Any, ...]]:
    """A look at the database as soon as it is there."""
    for _ in range(100):
        with suppress(psycopg.Error):
            return desk.ask(statement)
        time.sleep(0.2)
    raise AssertionError("the database did not come back")


def _short_heartbeats(desk: Desk) -> None:
    """Let the demo's nightly jobs report every half minute, so that a false alarm would have time to come."""
    with desk.cluster.admin("service_desk") as admin:
        admin.execute("UPDATE heartbeat SET period_s = 20, cron = NULL, grace_s = 15")


def _beat(desk: Desk, over: Event) -> None:
    """The jobs at the clients report in every few seconds; meanwhile the time of the dead passes."""
    kept = json.loads((desk.home / "secrets" / "demo-heartbeats.json").read_text(encoding="utf-8"))
    keys = [key for names in kept.values() for key in names.values()]
    held, looked = set[tuple[Any, ...]](), time.monotonic()
    while not over.wait(2):
        for key in keys:
            with suppress(OSError), urllib.request.urlopen(f"{desk.url}/ping/{key}", timeout=5) as answer:
                answer.read()
        if time.monotonic() - looked > 8:
            held, looked = _time_passes(desk, held), time.monotonic()


# What befalls the desk.


def _storm(desk: Desk, chance: random.Random) -> int:
    """Kill in a random order at random instants; wipe Valkey twice, stop the database once. Returns the kills."""
    blows: list[str] = [*VICTIMS, "wipe", "wipe"]
    chance.shuffle(blows)
    blows.insert(len(blows) // 2, "database")
    killed = 0
    for blow in blows:
        time.sleep(chance.uniform(0.1, 1.2))
        if blow == "wipe":
            with suppress(RedisError), Redis.from_url(valkey.url(desk.home / "valkey")) as wire:
                wire.flushall()
        elif blow == "database":
            pid = int((desk.cluster.data / "postmaster.pid").read_text().split()[0])
            os.kill(pid, signal.SIGQUIT)  # An immediate stop: no checkpoint, the next start recovers from its log.
        else:
            killed += _kill(desk, blow, chance)
    return killed


def _mend(desk: Desk, slug: str) -> None:
    sheet = next(one for one in read().sheets if one.raw["slug"] == slug)
    build_fixture(desk.home, sheet, datetime.now(UTC), healthy=True)


def _kill(desk: Desk, victim: str, chance: random.Random) -> int:
    """SIGKILL one process of this kind as soon as there is one; waits some seconds for it at most."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        found = _processes(desk, victim)
        if found:
            with suppress(ProcessLookupError):
                os.kill(chance.choice(found), signal.SIGKILL)
                return 1
        time.sleep(0.02)
    return 0


def _processes(desk: Desk, kind: str) -> list[int]:
    """The processes of this kind that the supervisor or its children have started."""
    found = []
    with suppress(psutil.Error):
        for one in psutil.Process(desk.process.pid).children(recursive=True):
            with suppress(psutil.Error):
                if _is(kind, one):
                    found.append(one.pid)
    return found


def _is(kind: str, process: psutil.Process) -> bool:
    line = _line(process)
    parent = process.parent()
    above = _line(parent) if parent else ""
    if kind == "child":
        return "connectors.child" in line
    if kind == "web-child":
        return line.endswith(" web") and above.endswith(" web")
    return line.endswith(f" service_desk.running {kind}") and not above.endswith(f" {kind}")


def _line(process: psutil.Process) -> str:
    """How it was started, whether it had to wait for the word or not."""
    return " ".join(part for part in process.cmdline() if part != HELD)


# What must hold afterwards.


def _settle(desk: Desk) -> None:
    """Wait until nothing that is due is open."""
    deadline = time.monotonic() + 120
    while desk_rows(desk, OPEN):
        assert time.monotonic() < deadline, f"stuck: {desk.ask(OPEN)}\n{desk.said()}"
        time.sleep(0.5)


def _time_passes(desk: Desk, held: set[tuple[Any, ...]]) -> set[tuple[Any, ...]]:
    """The minutes of leases that the dead hold, and of waits before second tries, pass at once.

    Who has held the same lease since the last look, some seconds ago, is taken for dead. Is it only slow, then it is
    overtaken and must refuse itself. Returns who holds a lease now.
    """
    with suppress(psycopg.Error), desk.cluster.admin("service_desk") as admin:
        admin.execute("UPDATE job SET due_at = now(), rung_at = NULL WHERE state = 'queued' AND attempt > 0")
        running = set(admin.execute("SELECT id, attempt FROM job WHERE state = 'running'").fetchall())
        for dead in held & running:
            admin.execute("UPDATE job SET lease_until = now(), rung_at = NULL WHERE id = %s AND attempt = %s", dead)
        return running
    return held


NONE_OF_THESE = {
    "a visit without its end": "SELECT id, due_at, outcome FROM check_run WHERE finished_at IS NULL OR outcome = ''",
    "a slot that was accepted twice": "SELECT tenant_id, connection_id, due_at FROM check_run GROUP BY 1, 2, 3 "
    "HAVING count(*) > 1",
    "work that ended without an end": "SELECT kind, id FROM job WHERE state IN ('done', 'failed') "
    "AND finished_at IS NULL",
    "work that was given up": "SELECT kind, id, attempt, outcome FROM job WHERE state = 'failed' AND kind <> 'collect'",
    "a change that nobody noticed": "SELECT id FROM check_flip WHERE noticed_at IS NULL",
    "an incident that stands twice": """SELECT a.id, b.id FROM incident a JOIN incident b ON a.tenant_id = b.tenant_id
        AND a.connection_id IS NOT DISTINCT FROM b.connection_id AND a."check" = b."check" AND a.subject = b.subject
        AND a.id < b.id AND b.opened_at < coalesce(a.resolved_at, 'infinity')""",
    "a ticket of two incidents, or two of one": """SELECT tenant_id, title FROM ticket WHERE source = 'alert'
        AND created_at > now() - interval '10 minutes' GROUP BY 1, 2 HAVING count(*) > 1""",
    "an open incident without its ticket": """SELECT id FROM incident WHERE resolved_at IS NULL AND severity = 'crit'
        AND ticket_id IS NULL""",
    "ticket numbers with a gap": "SELECT tenant_id FROM ticket GROUP BY 1 HAVING max(number) <> count(*)",
    "an answer that was kept twice": """SELECT tenant_id, array_agg(created_at || ' in ' || ticket_id ORDER BY id)
        FROM ticket_message WHERE body LIKE '已处理%' AND side = 'desk' GROUP BY 1 HAVING count(*) <> 2""",
    "work that was not logged once": "SELECT count(*) FROM work_entry WHERE content LIKE '已处理%' "
    "HAVING count(*) <> 1",
    "work billed twice": """SELECT entry_id FROM entry_claim WHERE released_at IS NULL GROUP BY tenant_id, entry_id
        HAVING count(*) > 1""",
    "invoice numbers with a gap": """SELECT i.kind, i.period, max(i.sequence), c.last, count(*) FROM invoice i
        LEFT JOIN number_series s ON s.practice_id = i.practice_id AND s.key = i.kind
        LEFT JOIN number_counter c ON c.series_id = s.id AND c.practice_id = s.practice_id AND c.period = i.period
        WHERE i.number IS NOT NULL GROUP BY i.practice_id, i.kind, i.period, c.last
        HAVING max(i.sequence) <> count(DISTINCT i.sequence) OR count(*) <> max(i.sequence)
            OR c.last IS DISTINCT FROM count(*)""",
    "an invoice number that stands twice": "SELECT number FROM invoice WHERE number IS NOT NULL GROUP BY 1 "
    "HAVING count(*) > 1",
    "a paper that was not made": """SELECT p.id FROM invoice_paper p JOIN invoice i ON i.tenant_id = p.tenant_id
        AND i.id = p.invoice_id WHERE p.file_id IS NULL AND i.created_at > now() - interval '10 minutes'""",
    "a pack that was not built": "SELECT id, state FROM paper WHERE state <> 'ready'",
    "a heartbeat that cried wolf": "SELECT name, status FROM heartbeat WHERE status <> 'up' OR NOT healthy",
    "an incident of a heartbeat": "SELECT id FROM incident WHERE \"check\" = 'hb.job' AND opened_at > now() - "
    "interval '10 minutes'",
    "a notice that nobody told": "SELECT id, due_at FROM alert_notice WHERE taken_at IS NULL "
    "AND due_at < now() - interval '1 minute'",
    "a message that was given away and forgotten": "SELECT id FROM alert_delivery WHERE state = 'handing_over'",
    "mail that neither went nor says so": "SELECT id, state FROM mail WHERE state NOT IN ('sent', 'maybe_sent')",
}


def _holds(desk: Desk, kept: Post) -> None:
    wrong = {name: found for name, statement in NONE_OF_THESE.items() if (found := desk.ask(statement))}
    assert not wrong, "\n".join([*(f"{name}: {found[:5]}" for name, found in wrong.items()), desk.said()])
    _mail_holds(desk, kept)
    _everybody_is_back(desk)


def _mail_holds(desk: Desk, kept: Post) -> None:
    """Sent means once at the server; perhaps sent means once at most; the one whose sender died says perhaps."""
    counted = kept.counted()
    states = dict(desk.ask("SELECT message_id, state FROM mail WHERE created_at > %s", desk.loaded_at))
    assert {one: times for one, times in counted.items() if times > 1} == {}
    assert {one for one, state in states.items() if state == "sent"} <= set(counted)
    assert set(counted) <= set(states)
    assert {one: times for one, times in kept.told().items() if times > 1} == {}
    assert kept.killed is not None
    assert states[kept.killed] == "maybe_sent"


def _everybody_is_back(desk: Desk) -> None:
    said = (desk.home / "said").read_text(encoding="utf-8")
    for name in ("web", "worker-1", "worker-2", "clock", "postgres"):
        assert f"{name} ended" in said or name == "worker-2", f"{name} was never hit"
    wanted = {"web": 1, "web-child": 2, "worker": 2, "clock": 1}
    until = time.monotonic() + LONGEST_WAIT + 10
    while (found := {kind: len(_processes(desk, kind)) for kind in wanted}) != wanted:
        assert time.monotonic() < until, found  # Who was hit again and again waits before it starts again.
        time.sleep(0.5)
    assert 'id="password"' in Visitor(desk.url).see("/sign-in")
