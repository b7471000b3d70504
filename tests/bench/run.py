"""Runs the measurements, one after the other, and says which promises are kept."""

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from itertools import cycle

from flask import Flask

from service_desk import create_app
from service_desk.checks.operations.heartbeats import create_heartbeat
from service_desk.scope import Walls, tenant_scope
from tests.bench import engine, papers, storage
from tests.bench.installation import (
    HOST,
    PASSWORD,
    ROOT,
    SCOPE_KEY,
    TOKENS,
    Known,
    Servers,
    environment,
    filled,
    known,
    servers,
)
from tests.bench.meter import Asker, Cost, cookie, cost
from tests.bench.pages import GROWTH, PAGES, Page
from tests.bench.report import Figure, show

QUERY_MS = 0.51  # what one query cost on the idle machine on which the promises were made
HEARTBEATS = 4
MINUTE_OF_PINGS = 4000
HEAD = ("SQL", "     KB", "    app", "    db", " CPU ms", "at rest", " promise", " growth")


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print; 1 when a promise is not kept."""
    asked = _options().parse_args(arguments)
    times = 20 if asked.quick else 60
    figures: list[Figure] = []
    with servers() as running:
        figures += _pages(running, (50,) if asked.quick else (50, 500), times)
        if not asked.pages:
            figures += show("heartbeat", _ping(running, times))
            figures += show("check engine, 50 clients of 80 checks", _engine(running, quick=asked.quick))
            figures += show("series", _series(running, times, quick=asked.quick))
            figures += show("papers", _papers(times, quick=asked.quick))
            figures += show("start", [_start(running)])
    missed = [figure.name for figure in figures if not figure.kept]
    print(
        f"\n{len(figures) - len(missed)} of {len(figures)} figures within their promises.", *missed, sep="\n  missed: "
    )
    return 1 if missed else 0


def _options() -> argparse.ArgumentParser:
    options = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    options.add_argument("--quick", action="store_true", help="50 clients only, fewer requests, no pack")
    options.add_argument("--pages", action="store_true", help="pages only")
    return options


def _pages(running: Servers, sizes: Sequence[int], times: int) -> list[Figure]:
    """Every page at every size. Raw medians are printed; promises are held against what an idle machine would need."""
    figures, small = [], dict[str, float]()
    for clients in sizes:
        head = f"{clients} clients"
        print(
            f"\n{head:<28}{'SQL':>4}{'KB':>8}{'app':>8}{'db':>7}{'CPU ms':>8}{'at rest':>8}{'promise':>9}{'growth':>8}"
        )
        with desk(running, clients) as (app, found):
            for page in (page for page in PAGES if page.grows or clients == 50):
                figures += _page(page, app, found, times, small, clients)
    return figures


def _page(page: Page, app: Flask, found: Known, times: int, small: dict[str, float], clients: int) -> list[Figure]:
    address = page.address(app, found.slug, found.ids)
    seen = cost(Asker(app, address, cookie(app, TOKENS[page.who])).once, times)
    if seen.status != 200:
        raise RuntimeError(f"{address} answered {seen.status}")
    rest = seen.ms / _strain(seen)
    grown = rest / small[page.name] if page.name in small else None
    small.setdefault(page.name, rest)
    promise = page.ms if clients == 50 else page.ms_large or page.ms * GROWTH
    figures = _judged(page, seen, rest, promise, f"{page.name}, {clients} clients")
    word = "" if all(figure.kept for figure in figures) else "  MISSED"
    times_more = "" if grown is None else f"{grown:>7.2f}×"
    spent = f"{seen.app_ms:>8.1f}{seen.database_ms:>7.1f}{seen.ms:>8.1f}{rest:>8.1f}{promise:>9.1f}"
    print(f"{page.name:<28}{seen.sql:>4}{seen.size / 1024:>8.1f}{spent}{times_more}{word}", flush=True)
    return figures


def _judged(page: Page, seen: Cost, rest: float, promise: float, name: str) -> list[Figure]:
    return [
        Figure(name, rest, promise),
        Figure(f"{name}: statements", seen.sql, page.statements, ""),
        Figure(f"{name}: size", seen.size / 1024, page.kilobytes, "KB"),
    ]


@contextmanager
def desk(running: Servers, clients: int) -> Iterator[tuple[Flask, Known]]:
    """The application on a desk of this size, and what is known of its history."""
    config = filled(running, clients)
    app = create_app(config)
    with running.cluster.admin(f"bench_{clients}") as admin:
        found = known(admin)
    try:
        yield app, found
    finally:
        Walls.engine.dispose()


def _strain(seen: Cost | engine.Spent | None = None) -> float:
    """How much more than on an idle machine everything costs just now; never below one."""
    query_ms = (seen or cost(lambda: (200, 0), 60)).query_ms
    return max(1.0, query_ms / QUERY_MS)


def _ping(running: Servers, times: int) -> list[Figure]:
    """One sign of life, each of another heartbeat as it is in life; one of them beats only so often a minute."""
    with desk(running, 50) as (app, found):
        with tenant_scope(found.tenant_id, found.history.owner, practice_id=found.history.practice_id):
            mark = f"{time.time():.0f}"
            made = [create_heartbeat(f"bench {mark} {n}", period_s=3600, grace_s=300) for n in range(HEARTBEATS)]
        askers = cycle([Asker(app, f"/ping/{key}") for _row, key in made])
        seen = cost(lambda: next(askers).once(), times)
    each = seen.ms / _strain(seen)
    return [
        Figure("ping", each, 2.0, note=f"{seen.sql} statement, raw {seen.ms:.2f} ms"),
        Figure("4,000 heartbeats a minute, share of a core", each * MINUTE_OF_PINGS / 600, 25, "%"),
    ]


def _engine(running: Servers, *, quick: bool) -> list[Figure]:
    config = filled(running, 50, name="bench_engine", tickets=2, entries=2, invoices=1, states=0, days=1)
    create_app(config)
    with running.cluster.admin("bench_engine") as admin:
        history = known(admin).history
        engine.connect_all(history)
        engine.one_round(history, admin)
        round_ = engine.one_round(history, admin)
        for _ in range(4):
            if engine.flips_waiting(admin) >= engine.AT_ONCE:
                break
            engine.one_round(history, admin, engine.AT_ONCE)
        flips = engine.flips_waiting(admin)
        admin.execute("ANALYZE")  # Whatever has run for a day has been counted by autovacuum long ago.
        spent, made = engine.hand_over(admin)
        back = engine.outage(history, admin, timedelta(hours=1))
        late = engine.hanging(history, admin, clients=10, interval_s=60, seconds=60 if quick else 150)
    Walls.engine.dispose()
    share = round_.cpu / _strain(round_) / engine.INTERVAL
    told = f"{flips} flips, " + ", ".join(f"{count} {name}" for name, count in made.items())
    told += f"; raw {spent.cpu:.2f} CPU s, {spent.wall:.2f} s on the clock"
    return [
        Figure("share of a core, all checks every 5 minutes", 100 * share, 25, "%",
               f"{round_.count} visits, raw {round_.cpu:.2f} CPU s"),
        Figure("300 faults at once, handed over", spent.cpu / _strain(spent), 2.0, "s", told),
        Figure("an hour's stop: the last check is looked at after", back.last_s, engine.INTERVAL, "s",
               f"{back.plans} connections"),
        Figure("an hour's stop: false alarms", back.alarms, 0, ""),
        Figure("10 of 50 hang: the longest wait of another", late.worst, 60, "s",
               f"interval 60 s, {late.visits} visits beside {late.hung} that hung"),
    ]  # fmt: skip


def _series(running: Servers, times: int, *, quick: bool) -> list[Figure]:
    """The page of a check with a year of roll-ups for 40 checks and a week of raw results for 4,000."""
    week = 400 if quick else 4000
    with desk(running, 50) as (app, found):
        with running.cluster.admin("bench_50") as admin:
            rows = storage.write(admin, found.tenant_id, year_of=40, week_of=week)
        figures = []
        for days in (2, 30, 365):
            page = Page("", "checks.show", values=(("state_id", "check_state_id"), ("days", days)))
            address = page.address(app, found.slug, found.ids)
            seen = cost(Asker(app, address, cookie(app, TOKENS["desk"])).once, times)
            note = f"{seen.sql} statements" + (f", {rows:,} rows written" if rows and days == 2 else "")
            figures.append(Figure(f"page of a check, {days} days", seen.ms / _strain(seen), 10, note=note))
    return figures


def _papers(times: int, *, quick: bool) -> list[Figure]:
    spent, strain = papers.invoice(times // 2)
    figures = [Figure("invoice of 5 lines, warm", spent / strain, 150, note=f"raw {spent:.0f} ms")]
    if not quick:
        pack = papers.pack()
        figures.append(Figure("pack of about 100 pages", pack.seconds / strain, 20, "s", f"{pack.pages} pages"))
    return figures


def _start(running: Servers) -> Figure:
    """From nothing to the first page in a process of its own, with the database warm."""
    environ = {**os.environ, **environment(running.cluster, "bench_50", running.redis_url, PASSWORD, SCOPE_KEY)}
    code = f"""
from werkzeug.test import create_environ, run_wsgi_app
from app import app
assert run_wsgi_app(app, create_environ("/sign-in", base_url="http://{HOST}"))[1] == "200 OK"
"""
    strain, begun = _strain(), time.perf_counter()
    before = os.times()
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environ, check=True)
    after = os.times()
    spent = after.children_user - before.children_user + after.children_system - before.children_system
    note = f"{time.perf_counter() - begun:.1f} s by the clock"
    return Figure("app start to first page", spent / strain, 3, "s", note)
