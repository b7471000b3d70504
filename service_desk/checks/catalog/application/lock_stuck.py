"""A function or task that somebody left open and that holds up others, or a job that should have run.

Some systems do not write down since when a document is locked. Such a lock is as old as the first look that met it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime

from connectors.facts import Task
from service_desk.checks.finding import N_, Check, Finding, Seen, Settings
from service_desk.checks.shapes import listed

KEPT = 500


def judge(seen: Seen, settings: Settings, _now: datetime) -> list[Finding]:
    """One finding for the connection, about what is held longest: that is the call the engineer makes first."""
    tasks = seen.of(Task)
    since = _first_met(tasks, seen)
    memory = {"since": since}
    held = [_aged(task, since) for task in tasks if task.age_s is not None or task.key in since]
    if not held:
        return [Finding(state="ok", value=0, memory=memory)]
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
    wording = _wording(longest, state, met=longest.key in since)
    return [Finding(state=state, value=round(minutes, 1), params=params, wording=wording, memory=memory)]


def _first_met(tasks: Iterable[Task], seen: Seen) -> dict[str, str]:
    """Lock -> when a look first met it, for locks that do not say since when; one that is gone is forgotten.

    What lies in an account set that could not be looked into this time is not gone.
    """
    known = seen.before[""].memory.get("since", {}) if "" in seen.before else {}
    locks = [task for task in tasks if task.what == "lock" and task.age_s is None][:KEPT]
    unseen = {key: at for key, at in known.items() if seen.partial and key.partition("/")[0] not in seen.places}
    return {**unseen, **{task.key: known.get(task.key) or task.seen_at.isoformat() for task in locks}}


def _aged(task: Task, since: Mapping[str, str]) -> Task:
    if task.key not in since:
        return task
    return replace(task, age_s=max(0, int((task.seen_at - datetime.fromisoformat(since[task.key])).total_seconds())))


def _said(task: Task) -> str:
    who = task.user_name or task.user
    parts = (task.name or task.key, who, task.station, f"{(task.age_s or 0) // 60} min")
    return " · ".join(part for part in parts if part)


def _wording(task: Task, state: str, *, met: bool) -> str:
    if state == "ok":
        return "short"
    return "job" if task.what == "job" else "met" if met else ""


CHECK = Check(
    key="lock.stuck",
    group="application",
    kinds=("tasks",),
    unit="min",
    warn=30,
    crit=120,
    interval_s=300,
    recover_n=2,
    priority=26,
    title=N_("Stuck locks and tasks"),
    says={
        "ok": N_("No function of the ERP is held open."),
        "short": N_("The longest open function is %(what)s (%(who)s), for %(held)s."),
        "bad": N_("%(who)s left %(what)s open for %(held)s; others may be locked out."),
        "met": N_("%(what)s has been locked for at least %(held)s (%(who)s); others may be locked out."),
        "job": N_("The job %(what)s should have run %(held)s ago."),
    },
    remedy=N_("Ask the person first; then clear the lock in the ERP's own menu, and write down who did it."),
    reads=N_("Functions and tasks that are open, since when and by whom"),
    right=N_("SELECT on the ERP's task table"),
    judge=judge,
)
