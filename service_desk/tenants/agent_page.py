"""What pages show of an agent: a row and a moment go in, words in the reader's language come out."""

from dataclasses import dataclass
from datetime import datetime

from flask_babel import gettext as _

from service_desk.tenants.models import SiteAgent

DRIFTS_S, OFF_S = 60, 300  # seconds by which its clock is wrong before it is said, and before it is a warning


@dataclass(frozen=True)
class Line:
    """One agent: `state` as pages know it (ok, warning, critical, unknown), `notes` are what else is to be said."""

    agent: SiteAgent
    state: str
    word: str
    notes: list[str]
    outdated: bool


def line(row: SiteAgent, version: str, now: datetime) -> Line:
    """How an agent stands now."""
    state, word = _standing(row, now)
    notes = []
    if row.clock_ahead_s is not None and abs(row.clock_ahead_s) >= DRIFTS_S:
        minutes = round(abs(row.clock_ahead_s) / 60)
        if row.clock_ahead_s > 0:
            notes.append(_("Its clock is %(minutes)s min ahead.", minutes=minutes))
        else:
            notes.append(_("Its clock is %(minutes)s min behind.", minutes=minutes))
    if row.waiting:
        notes.append(_("%(count)s looks wait to be handed over.", count=row.waiting))
    if row.dropped:
        notes.append(_("It had to throw away %(count)s looks while it could not reach us.", count=row.dropped))
    outdated = row.revoked_at is None and row.version != version
    return Line(row, state, word, notes, outdated)


def _standing(row: SiteAgent, now: datetime) -> tuple[str, str]:
    if row.revoked_at is not None:
        return "unknown", _("Revoked")
    if row.silent or row.alert_after is None or row.alert_after <= now:
        return "critical", _("Silent")
    if row.clock_ahead_s is not None and abs(row.clock_ahead_s) >= OFF_S:
        return "warning", _("Clock is off")
    return "ok", _("Reports")
