"""Keys without which encrypted backups cannot be opened: were they ever saved elsewhere?"""

from datetime import datetime

from connectors.facts import BackupKey
from service_desk.checks.catalog import rights
from service_desk.checks.finding import N_, Check, Finding, Seen, Settings
from service_desk.checks.shapes import measured


def judge(seen: Seen, settings: Settings, _now: datetime) -> list[Finding]:
    """One finding for each key; never exported is critical."""
    return [_finding(fact, settings) for fact in seen.of(BackupKey)]


def _finding(fact: BackupKey, settings: Settings) -> Finding:
    if fact.exported_age_s is None:
        return Finding(subject=fact.name, state="crit", wording="never", params={"name": fact.name})
    days = fact.exported_age_s / 86400
    return measured(days, settings, subject=fact.name, name=fact.name, days=int(days))


SAID = N_("The key %(name)s was last saved elsewhere %(days)s days ago.")

CHECK = Check(
    key="tde.cert",
    group="data",
    kinds=("backup_keys",),
    unit="d",
    warn=30,
    crit=365,
    interval_s=86400,
    priority=57,
    title=N_("Keys of encrypted backups"),
    says={
        "ok": SAID,
        "bad": N_(
            "The key %(name)s was last saved elsewhere %(days)s days ago; check that the copy can still be read."
        ),
        "never": N_("The key %(name)s was never saved elsewhere: without it the backups cannot be opened."),
    },
    remedy=N_("Export the certificate with its private key, and keep it away from the server."),
    reads=N_("When certificates and keys were last exported"),
    right=rights.DEFINITION,
    judge=judge,
)
