"""The newest copy of the backups on every medium, as the register of safeguards knows it."""

from datetime import datetime

from service_desk.checks.catalog import rights
from service_desk.checks.finding import N_, Check, CopyRecord, Finding, Seen, Settings
from service_desk.checks.shapes import measured


def judge(seen: Seen, settings: Settings, now: datetime) -> list[Finding]:
    """One finding for each medium away from the server; a medium without any copy is critical."""
    return [_finding(one, settings, now) for one in seen.of(CopyRecord) if one.medium != "local"]


def _finding(copy: CopyRecord, settings: Settings, now: datetime) -> Finding:
    subject, name = copy.name or copy.medium, copy.name or copy.medium
    if copy.newest_at is None:
        return Finding(subject=subject, state="crit", wording="never", params={"name": name})
    age = max(0.0, (now - copy.newest_at).total_seconds())
    return measured(age / 3600, settings, subject=subject, name=name, age_s=round(age))


CHECK = Check(
    key="bak.offsite",
    group="data",
    kinds=(),
    own=(CopyRecord,),
    unit="h",
    warn=48,
    crit=168,
    interval_s=21600,
    priority=29,
    title=N_("Off-site copy"),
    says={
        "ok": N_("The copy at %(name)s is %(age)s old."),
        "bad": N_("The off-site copy at %(name)s is %(age)s old."),
        "never": N_("No copy has ever arrived at %(name)s."),
    },
    remedy=N_("Repair the job that copies the backups away, and check its account and its space."),
    reads=N_("The newest copy on each medium, as reported"),
    right=rights.OURS,
    judge=judge,
)
