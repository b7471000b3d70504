"""Our own watch: does the clock go round, and is work waiting that nobody takes? It is judged for whoever runs us."""

from datetime import datetime

from service_desk.checks.catalog import rights
from service_desk.checks.finding import N_, Check, Finding, PulseRecord, Seen, Settings
from service_desk.checks.shapes import measured


def judge(seen: Seen, settings: Settings, now: datetime) -> list[Finding]:
    """One finding for the installation. A clock that never went round is critical: nothing is watched at all."""
    pulses = seen.of(PulseRecord)
    if not pulses:
        return [Finding(state="crit", wording="never")]
    beat = min((now - pulse.beat_at).total_seconds() for pulse in pulses)
    waits = [(now - pulse.waiting_since).total_seconds() for pulse in pulses if pulse.waiting_since is not None]
    waiting = max(waits, default=0.0)
    stopped = beat >= waiting
    wording = "stopped" if stopped and settings.level(beat) != "ok" else ""
    return [measured(max(beat, waiting), settings, wording=wording, beat_s=round(beat), waiting_s=round(waiting))]


CHECK = Check(
    key="self.scheduler",
    group="heartbeat",
    kinds=(),
    own=(PulseRecord,),
    unit="s",
    warn=60,
    crit=300,
    interval_s=30,
    priority=107,
    planned=False,  # a monitor outside asks for it: a watch that stopped cannot tell so itself
    title=N_("Our own watch"),
    says={
        "ok": N_("The watch goes round: last %(beat)s ago, work waits for %(waiting)s."),
        "bad": N_("Work has been waiting for %(waiting)s and nobody takes it."),
        "stopped": N_("Our own watch stopped %(beat)s ago."),
        "never": N_("Our own watch has never run."),
    },
    remedy=N_("Restart the clock and the workers; whoever runs the installation must know at once."),
    reads=N_("When the clock last went round, and since when the oldest work waits"),
    right=rights.OURS,
    judge=judge,
)
