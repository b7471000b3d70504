"""A function or task that somebody left open and that holds up others, or a job that should have run."""

from datetime import datetime

from connectors.facts import Task
from service_desk.checks.finding import N_, Check, Finding, Seen, Settings
from service_desk.checks.shapes import listed


def judge(seen: Seen, settings: Settings, _now: datetime) -> list[Finding]:
    """One finding for the connection, about what is held longest: that is the call the engineer makes first."""
    held = [task for task in seen.of(Task) if task.age_s is not None]
    if not held:
        return [Finding(state="ok", value=0)]
    longest = max(held, key=lambda task: task.age_s or 0)
    minutes = (longest.age_s or 0) / 60
    state = settings.level(minutes)
    params: dict[str, str | int | float | None] = {
        "who": longest.user_name or longest.user or "?",
        "what": longest.name or longest.key,
        "station": longest.station,
        "held_s": longest.age_s,
        **listed([_said(task) for task in sorted(held, key=lambda task: -(task.age_s or 0))]),
        "others": sum(settings.level((task.age_s or 0) / 60) != "ok" for task in held if task is not longest),
    }
    return [Finding(state=state, value=round(minutes, 1), params=params, wording=_wording(longest, state))]


def _said(task: Task) -> str:
    who = task.user_name or task.user
    parts = (task.name or task.key, who, task.station, f"{(task.age_s or 0) // 60} min")
    return " · ".join(part for part in parts if part)


def _wording(task: Task, state: str) -> str:
    if state == "ok":
        return "short"
    return "job" if task.what == "job" else ""


CHECK = Check(
    key="lock.stuck",
    group="application",
    kinds=("tasks",),
    unit="min",
    warn=30,
    crit=120,
    interval_s=300,
    priority=26,
    title=N_("Stuck locks and tasks"),
    says={
        "ok": N_("No function of the ERP is held open."),
        "short": N_("The longest open function is %(what)s (%(who)s), for %(held)s."),
        "bad": N_("%(who)s left %(what)s open for %(held)s; others may be locked out."),
        "job": N_("The job %(what)s should have run %(held)s ago."),
    },
    remedy=N_("Ask the person first; then clear the lock in the ERP's own menu, and write down who did it."),
    reads=N_("Functions and tasks that are open, since when and by whom"),
    right=N_("SELECT on the ERP's task table"),
    judge=judge,
)
