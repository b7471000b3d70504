"""Services of the machine that should run by themselves and do not."""

from datetime import datetime

from connectors.facts import Service
from service_desk.checks.catalog import rights
from service_desk.checks.finding import N_, Check, Finding, Seen, Settings
from service_desk.checks.shapes import accepted, counted, plain

# Services of Windows that start, do their work and stop again, though they are set to start by themselves.
FLEETING = frozenset({
    "sppsvc", "mapsbroker", "gupdate", "edgeupdate", "remoteregistry", "trustedinstaller", "wuauserv", "bits",
    "cdpsvc", "dbupdate", "tiledatamodelsvc", "wbiosrvc", "shellhwdetection", "clr_optimization_v4.0.30319_64",
    "clr_optimization_v4.0.30319_32",
})  # fmt: skip


def judge(seen: Seen, settings: Settings, _now: datetime) -> list[Finding]:
    """One finding for each machine; with `watched` in the plan, only those services count."""
    allowed, watched = accepted(settings) | FLEETING, accepted(settings, "watched")
    by_host: dict[str, list[str]] = {}
    for fact in seen.of(Service):
        stopped = by_host.setdefault(fact.host, [])
        name = plain(fact.name)
        wanted = name in watched if watched else fact.automatic and name not in allowed
        if wanted and not fact.running:
            stopped.append(fact.name)
    return [
        counted(names, settings, subject=host, wording="one" if len(names) == 1 else "")
        for host, names in by_host.items()
    ]


CHECK = Check(
    key="host.push",
    group="system",
    kinds=("services",),
    unit="",
    warn=1,
    crit=None,
    interval_s=300,
    confirm_n=2,
    recover_n=2,
    priority=73,
    title=N_("Services of the machine"),
    says={
        "ok": N_("Every service that should run is running."),
        "bad": N_("%(count)s services stopped: %(names)s."),
        "one": N_("Service %(names)s stopped."),
    },
    remedy=N_("Start the service, and read in the event log why it stopped."),
    reads=N_("The services of the machine"),
    right=rights.PUSHED,
    judge=judge,
)
