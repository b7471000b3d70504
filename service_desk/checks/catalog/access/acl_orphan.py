"""Users of databases that belong to no login: left over from restored copies and removed people."""

from datetime import datetime

from connectors.facts import Orphan
from service_desk.checks.catalog import rights
from service_desk.checks.finding import N_, Check, Finding, Seen, Settings
from service_desk.checks.shapes import accepted, counted, plain


def judge(seen: Seen, settings: Settings, _now: datetime) -> list[Finding]:
    """One finding: how many there are, and where."""
    allowed = accepted(settings)
    return [counted([fact.subject for fact in seen.of(Orphan) if plain(fact.subject) not in allowed], settings)]


CHECK = Check(
    key="acl.orphan",
    group="access",
    kinds=("orphans",),
    unit="",
    warn=1,
    crit=5,
    interval_s=86400,
    priority=86,
    title=N_("Orphaned users"),
    says={
        "ok": N_("Every user of a database belongs to a login."),
        "bad": N_("%(count)s leftover users point to nobody: %(names)s."),
    },
    remedy=N_("Map the user to its login again, or drop it."),
    reads=N_("Users of every database and their logins"),
    right=rights.DEFINITION,
    judge=judge,
)
