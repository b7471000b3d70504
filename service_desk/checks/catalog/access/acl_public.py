"""Rights that everybody has: guests that may enter, and grants to all."""

from datetime import datetime

from connectors.facts import OpenDoor
from service_desk.checks.catalog import rights
from service_desk.checks.finding import N_, Check, Finding, Seen, Settings
from service_desk.checks.shapes import accepted, counted, plain


def judge(seen: Seen, settings: Settings, _now: datetime) -> list[Finding]:
    """One finding: how many databases everybody may enter or read, and which."""
    allowed = accepted(settings)
    open_ones = [fact for fact in seen.of(OpenDoor) if plain(fact.subject) not in allowed]
    databases = list(dict.fromkeys(fact.database for fact in open_ones))
    return [counted(databases, settings)]


CHECK = Check(
    key="acl.public",
    group="access",
    kinds=("open_doors",),
    unit="",
    warn=1,
    crit=None,
    interval_s=604800,
    priority=84,
    title=N_("Open to everybody"),
    says={
        "ok": N_("No database is open to everybody."),
        "bad": N_("Everybody can enter or read %(count)s databases: %(names)s."),
    },
    remedy=N_("Revoke the rights of guest and public."),
    reads=N_("Rights given to guest and public"),
    right=rights.DEFINITION,
    judge=judge,
)
