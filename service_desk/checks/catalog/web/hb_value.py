"""Figures that a job reports with its sign of life (bytes, rows, seconds), beside those of its last runs."""

from datetime import datetime

from service_desk.checks.finding import N_, Check, Finding, HeartbeatRecord, Seen, Settings
from service_desk.checks.promised import told_under, under
from service_desk.checks.shapes import measured, recent, usual

KEEP = 7
ENOUGH = 3
MOST = 1000.0  # percent; beyond that nothing more is said
VOLUMES = frozenset({"bytes", "size"})  # a copy without any is none, however many of them there were
SHRINKING = VOLUMES | {"rows", "files", "count"}  # of these, less is suspicious
LENGTHS = frozenset({"seconds", "duration"})  # of these, more is: twice and four times as long
FAULTS = frozenset({"errors", "failed"})
SLOWER = (-100.0, -300.0)
SHORT_S = 300  # below this, being several times slower is no matter


def judge(seen: Seen, settings: Settings, _now: datetime) -> list[Finding]:
    """One finding for each figure whose name is known: the change against the median of seven runs, in percent.

    Whatever is worse is below zero: less of what should be there, more of what should not.
    """
    return [
        _finding(record, name, value, seen, settings)
        for record in seen.of(HeartbeatRecord)
        if record.status == "up"
        for name, value in sorted(record.metrics.items())
        if name in SHRINKING | LENGTHS | FAULTS
    ]


def _finding(record: HeartbeatRecord, name: str, value: float, seen: Seen, settings: Settings) -> Finding:
    subject = f"{record.key}/{name}"
    past, memory = recent(seen.before.get(subject), value, KEEP)
    base = usual(past) if len(past) >= ENOUGH else None
    own = SLOWER if name in LENGTHS else None
    worse, wording = _worse(name, value, base, settings)
    words: dict[str, str | int | float | None] = {"figure_b": value} if name in VOLUMES else {}
    found = measured(
        max(-MOST, min(worse, 0.0)),
        under(settings, own),
        subject=subject,
        wording=wording,
        memory=memory,
        name=record.name,
        metric=name,
        percent=round(abs((value - base) / base * 100)) if base else 0,
        **({"figure": f"{value:,.10g}"} | words),  # type: ignore[arg-type]
    )
    return told_under(found, own)


def _worse(name: str, value: float, base: float | None, settings: Settings) -> tuple[float, str]:
    """By how many percent a figure is worse than usual (below zero), and the sentence that says so."""
    if name in VOLUMES and value <= 0 and base != 0:
        return -100.0, "nothing"
    if base is None:
        return 0.0, "first"
    if name in FAULTS and not base:
        # There is no percentage of nothing: any fault is worth a warning where there usually are none.
        return (settings.warn or 0.0, "unusual") if value > 0 else (0.0, "")
    change = (value - base) / base * 100 if base else 0.0
    if name in SHRINKING:
        return change, ""
    quick = name in LENGTHS and value <= SHORT_S
    return (0.0, "") if quick or change <= 0 else (-change, "more")


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
        "nothing": N_("%(name)s reported %(figure)s (%(metric)s): nothing was written."),
        "unusual": N_("%(name)s reported %(figure)s (%(metric)s); usually there are none."),
        "more": N_("%(name)s reported %(figure)s (%(metric)s), %(percent)s%% more than usual."),
    },
    remedy=N_("Look at what the job wrote: is the backup complete?"),
    reads=N_("The figures that the job itself reports"),
    right=N_("The job's own address"),
    judge=judge,
)
