"""How long an address takes to answer, and which part of the way is slow."""

from datetime import datetime

from connectors.facts import Endpoint
from service_desk.checks.catalog import rights
from service_desk.checks.finding import N_, Check, Finding, Seen, Settings
from service_desk.checks.shapes import measured

PARTS = {"resolve_ms": "resolve", "connect_ms": "connect", "tls_ms": "tls", "first_byte_ms": "answer"}


def judge(seen: Seen, settings: Settings, _now: datetime) -> list[Finding]:
    """One finding for each address that is up: the whole time until the first byte."""
    return [_finding(fact, settings) for fact in seen.of(Endpoint) if fact.up and fact.first_byte_ms is not None]


def _finding(fact: Endpoint, settings: Settings) -> Finding:
    parts = {word: getattr(fact, name) or 0.0 for name, word in PARTS.items()}
    total = sum(parts.values())
    slowest = max(parts, key=lambda word: parts[word])
    wording = "" if settings.level(total) == "ok" else slowest
    rows = [f"{word}: {ms:.0f} ms" for word, ms in parts.items()]
    return measured(
        total, settings, subject=fact.subject, wording=wording, rows=rows, url=fact.url, ms=round(total),
        part=round(parts[slowest]),
    )  # fmt: skip


CHECK = Check(
    key="api.latency",
    group="heartbeat",
    kinds=("endpoints",),
    unit="ms",
    warn=1000,
    crit=5000,
    interval_s=60,
    confirm_n=3,
    recover_n=2,
    priority=98,
    title=N_("Speed of the cloud interface"),
    says={
        "ok": N_("%(url)s answers in %(ms)s ms."),
        "bad": N_("%(url)s is slow (%(ms)s ms)."),
        "resolve": N_("%(url)s is slow (%(ms)s ms): finding its name takes %(part)s ms."),
        "connect": N_("%(url)s is slow (%(ms)s ms): the way there takes %(part)s ms."),
        "tls": N_("%(url)s is slow (%(ms)s ms): encryption takes %(part)s ms."),
        "answer": N_("%(url)s is slow (%(ms)s ms): its own answer takes %(part)s ms."),
    },
    remedy=N_("Compare the parts, and report the slow one to the vendor or to whoever owns the network."),
    reads=N_("Our own timing of name, connection, encryption and first byte"),
    right=rights.OUTSIDE,
    judge=judge,
)
