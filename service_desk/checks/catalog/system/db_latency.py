"""How fast the database answers; the way there and the answer are two subjects: a slow VPN is no slow database."""

from datetime import datetime

from connectors.facts import Reachable
from service_desk.checks.finding import N_, Check, Finding, Seen, Settings


def judge(seen: Seen, settings: Settings, _now: datetime) -> list[Finding]:
    """One finding for being let in, one for one smallest question."""
    found = []
    for fact in [fact for fact in seen.of(Reachable) if fact.up][-1:]:
        for subject, value in (("connect", fact.connect_ms), ("answer", fact.answer_ms)):
            if value is not None:
                state = settings.level(value)
                wording = subject if state == "ok" else f"{subject}_slow"
                found.append(
                    Finding(subject=subject, state=state, value=value, wording=wording, params={"ms": round(value)})
                )
    return found


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
        "answer_slow": N_("The database needs %(ms)s ms for the smallest question."),
        "connect": N_("Logging in takes %(ms)s ms."),
        "connect_slow": N_("Logging in takes %(ms)s ms: the line or the login is slow."),
    },
    remedy=N_("Look at waits and blocking on the server; if only logging in is slow, look at the line or the VPN."),
    reads=N_("Our own timing of the login and of the smallest question there is"),
    right=N_("Right to connect"),
    judge=judge,
)
