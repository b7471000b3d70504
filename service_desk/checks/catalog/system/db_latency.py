"""How fast the database answers; the way there and the answer are two subjects: a slow VPN is no slow database."""

from datetime import date, datetime, timedelta
from statistics import median

from connectors.facts import Reachable
from service_desk.checks.finding import N_, Check, Finding, Memory, Seen, Settings

USUAL = timedelta(days=14)  # whose median is called usual
ENOUGH = 3  # days that must be known before anything is


def judge(seen: Seen, settings: Settings, now: datetime) -> list[Finding]:
    """One finding for being let in, one for one smallest question; each beside what is usual."""
    today, found = settings.today or now.date(), []
    for fact in [fact for fact in seen.of(Reachable) if fact.up][-1:]:
        for subject, value in (("connect", fact.connect_ms), ("answer", fact.answer_ms)):
            if value is not None:
                found.append(_finding(subject, value, _usual(subject, seen, today), settings))
    return found


def _finding(subject: str, value: float, known: Memory, settings: Settings) -> Finding:
    state, usual = settings.level(value), known["usual"]
    wording = (subject if state == "ok" else f"{subject}_slow") + ("_usual" if usual is not None else "")
    params = {"ms": round(value)} | ({"usual": round(usual)} if usual is not None else {})
    return Finding(subject=subject, state=state, value=value, wording=wording, params=params, memory=known)


def _usual(subject: str, seen: Seen, today: date) -> Memory:
    """The median of the daily means of the last two weeks, today left out; worked out once a day and remembered."""
    before = seen.before.get(subject)
    if before is not None and before.memory.get("day") == today.isoformat() and "usual" in before.memory:
        return before.memory
    days = [value for day, value in seen.history.get(subject, ()) if today - USUAL <= day < today]
    return {"day": today.isoformat(), "usual": median(days) if len(days) >= ENOUGH else None}


CHECK = Check(
    key="db.latency",
    group="system",
    kinds=("reachable",),
    unit="ms",
    warn=500,
    crit=2000,
    interval_s=60,
    confirm_n=5,
    recover_n=2,
    priority=61,
    title=N_("Response time"),
    says={
        "ok": N_("The database answers in %(ms)s ms."),
        "bad": N_("The database answers slowly (%(ms)s ms)."),
        "answer": N_("The database answers in %(ms)s ms."),
        "answer_usual": N_("The database answers in %(ms)s ms, usually %(usual)s ms."),
        "answer_slow": N_("The database needs %(ms)s ms for the smallest question."),
        "answer_slow_usual": N_("The database needs %(ms)s ms for the smallest question, usually %(usual)s ms."),
        "connect": N_("Logging in takes %(ms)s ms."),
        "connect_usual": N_("Logging in takes %(ms)s ms, usually %(usual)s ms."),
        "connect_slow": N_("Logging in takes %(ms)s ms: the line or the login is slow."),
        "connect_slow_usual": N_("Logging in takes %(ms)s ms, usually %(usual)s ms: the line or the login is slow."),
    },
    remedy=N_("Look at waits and blocking on the server; if only logging in is slow, look at the line or the VPN."),
    reads=N_("Our own timing of the login and of the smallest question there is"),
    right=N_("Right to connect"),
    judge=judge,
    history_of="db.latency",
    history_as="mean",
)
