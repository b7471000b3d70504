"""Figures that a job reports with its sign of life (bytes, rows, seconds), beside those of its last runs."""

from datetime import datetime

from service_desk.checks.finding import N_, Check, Finding, HeartbeatRecord, Seen, Settings
from service_desk.checks.shapes import measured, recent, usual

KEEP = 7
ENOUGH = 3
SHRINKING = frozenset({"bytes", "rows", "size", "files", "count"})  # of these, less is suspicious
GROWING = frozenset({"seconds", "duration", "errors", "failed"})  # of these, more is


def judge(seen: Seen, settings: Settings, _now: datetime) -> list[Finding]:
    """One finding for each figure whose name is known: the change against the median of seven runs, in percent."""
    return [
        _finding(record, name, value, seen, settings)
        for record in seen.of(HeartbeatRecord)
        if record.status == "up"
        for name, value in sorted(record.metrics.items())
        if name in SHRINKING | GROWING
    ]


def _finding(record: HeartbeatRecord, name: str, value: float, seen: Seen, settings: Settings) -> Finding:
    subject = f"{record.key}/{name}"
    past, memory = recent(seen.before.get(subject), value, KEEP)
    base = usual(past) if len(past) >= ENOUGH else None
    change = (value - base) / base * 100 if base else 0.0
    worse = change if name in SHRINKING else -change
    words: dict[str, str | int | float | None] = {"figure_b": value} if name in ("bytes", "size") else {}
    return measured(
        max(-1000.0, min(worse, 0.0)),
        settings,
        subject=subject,
        wording="first" if base is None else "more" if worse < 0 and name in GROWING else "",
        memory=memory,
        name=record.name,
        metric=name,
        percent=round(abs(change)),
        **({"figure": f"{value:,.10g}"} | words),  # type: ignore[arg-type]
    )


CHECK = Check(
    key="hb.value",
    group="heartbeat",
    kinds=(),
    own=(HeartbeatRecord,),
    unit="%",
    warn=-30,
    crit=-60,
    bad="below",
    interval_s=86400,
    priority=38,
    planned=False,
    title=N_("Figures of a heartbeat"),
    says={
        "first": N_("%(name)s reported %(figure)s (%(metric)s); what is usual is still being learned."),
        "ok": N_("%(name)s reported %(figure)s (%(metric)s), as usual."),
        "bad": N_("%(name)s reported only %(figure)s (%(metric)s), %(percent)s%% less than usual."),
        "more": N_("%(name)s reported %(figure)s (%(metric)s), %(percent)s%% more than usual."),
    },
    remedy=N_("Look at what the job wrote: is the backup complete?"),
    reads=N_("The figures that the job itself reports"),
    right=N_("The job's own address"),
    judge=judge,
)
