"""The words of plans, drills, reviews and rounds. Msgids; said in a language by the page or by `say`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from service_desk.checks import reading
from service_desk.lib.clock import Language, in_words
from service_desk.lib.i18n import N_, say

TYPES: dict[str, str] = {"full": N_("Full"), "diff": N_("Differential"), "log": N_("Log")}
SCOPES: dict[str, str] = {
    "database": N_("Database"),
    "account_set": N_("Account set"),
    "server": N_("Whole server"),
    "files": N_("Outside the database"),
}
MEDIA: dict[str, str] = {"local": N_("Local"), "offsite": N_("Off-site"), "cloud": N_("Cloud")}
DEVICES: dict[str, str] = {
    "disk": N_("Disk"), "nas": N_("NAS"), "tape": N_("Tape"), "usb": N_("USB disk"), "object": N_("Object storage"),
}  # fmt: skip
STANDINGS: dict[str, str] = {
    "ok": N_("On time"),
    "late": N_("Behind"),
    "overdue": N_("Overdue"),
    "never": N_("Never backed up"),
    "unseen": N_("Cannot see"),
    "unwatched": N_("Not watched"),
}
HOW: dict[str, str] = {
    "hand": N_("confirmed by hand"), "heartbeat": N_("told by a heartbeat"), "inventory": N_("told by an inventory"),
}  # fmt: skip
PROOFS: dict[str, str] = {"never": N_("Never proven"), "fresh": N_("Proven"), "stale": N_("Proof is old")}
DRILL_STATES: dict[str, str] = {
    "planned": N_("Planned"), "running": N_("Running"), "done": N_("Held"), "called_off": N_("Called off"),
}  # fmt: skip
RESULTS: dict[str, tuple[str, str]] = {
    "good": (N_("Restored and checked"), "ok"), "failed": (N_("Not restored"), "crit"), "": (N_("Not held yet"), ""),
}  # fmt: skip
STEP_STATES: dict[str, str] = {
    "open": N_("To do"), "done": N_("Done"), "failed": N_("Went wrong"), "skipped": N_("Left out"),
}  # fmt: skip
STEP_NAMES: dict[str, str] = {
    "file": N_("fetching the backup"),
    "restore": N_("restoring"),
    "checkdb": N_("checking for damage"),
    "counts": N_("comparing row counts"),
    "login": N_("signing in to the ERP"),
    "clean": N_("clearing up"),
}
REVIEW_STATES: dict[str, tuple[str, str]] = {
    "looking": (N_("Looking"), "accent"),
    "open": (N_("To decide"), "warn"),
    "done": (N_("Signed"), "ok"),
    "failed": (N_("Could not look"), "crit"),
    "called_off": (N_("Called off"), ""),
}
DECISIONS: dict[str, tuple[str, str]] = {
    "": (N_("Not decided"), "warn"),
    "keep": (N_("Keep it"), "ok"),
    "revoke": (N_("Take away"), "crit"),
    "ask": (N_("Ask the client"), "accent"),
}
OUTCOMES: dict[str, tuple[str, str]] = {
    "gone": (N_("Taken away"), "ok"),
    "still": (N_("Still there"), "crit"),
    "unseen": (N_("Could not be seen"), "unknown"),
}
RULES: dict[str, str] = {
    "dormant": N_("Nobody has signed in as %(name)s (%(login)s) since %(last)s."),
    "mighty": N_("%(name)s (%(login)s) may do everything (%(powers)s)."),
    "mighty_login": N_("The database login %(login)s has full control (%(powers)s)."),
    "direct": N_("%(name)s (%(login)s) has %(n)s rights past the role: %(rights)s."),
    "account_added": N_("The account %(name)s (%(login)s) is new."),
    "account_removed": N_("The account %(name)s (%(login)s) is gone."),
    "account_changed": N_("The account %(name)s (%(login)s) was changed: %(changed)s."),
    "rights_added": N_("%(name)s (%(login)s) got %(n)s rights: %(rights)s."),
    "rights_removed": N_("%(name)s (%(login)s) lost %(n)s rights: %(rights)s."),
}
GROUPS: dict[str, str] = {
    "check:acl.leaver": N_("People who left"),
    "check:acl.sod": N_("Duties that must not meet"),
    "mighty": N_("Full control"),
    "mighty_login": N_("Full control"),
    "dormant": N_("Sleeping accounts"),
    "direct": N_("Rights past the role"),
    "account_added": N_("Changed since the last review"),
    "account_removed": N_("Changed since the last review"),
    "account_changed": N_("Changed since the last review"),
    "rights_added": N_("Changed since the last review"),
    "rights_removed": N_("Changed since the last review"),
}
FIELDS: dict[str, str] = {
    "enabled": N_("may sign in"),
    "admin": N_("administrator"),
    "roles": N_("roles"),
    "supervisor_of": N_("supervisor of"),
    "left_on": N_("left on"),
    "powers": N_("powers"),
    "name": N_("name"),
    "what": N_("kind"),
    "built_in": N_("built in"),
}
ROUND_STATES: dict[str, str] = {
    "ok": N_("Fine"),
    "warn": N_("Attention"),
    "crit": N_("Critical"),
    "unknown": N_("Cannot see"),
    "": N_("Not inspected"),
    "missed": N_("Not inspected"),
}
RHYTHMS: dict[str, str] = {"daily": N_("Daily"), "weekly": N_("Weekly"), "monthly": N_("Monthly")}
UNWATCHED = N_("No check looks at this.")
ALL_FINE = N_("Fine: %(n)s of the checks.")
YES, NO, NONE = N_("yes"), N_("no"), N_("none")


def finding_sentence(rule: str, params: Mapping[str, Any], lang: Language) -> str:
    """What a finding of a review says. Rules of the catalogue are said by the catalogue."""
    if rule.startswith("check:"):
        return reading.sentence_of(rule.removeprefix("check:"), str(params.get("state", "crit")), params, "", lang)
    values = {"name": "—", "login": "—", "last": "—", "powers": "—", "n": 0, "rights": "", **params}
    values["changed"] = "; ".join(
        f"{say(lang, FIELDS.get(name, str(name)))} {_value(was, lang)} → {_value(now, lang)}"
        for name, (was, now) in dict(params.get("fields") or {}).items()
    )
    return say(lang, RULES.get(rule, "%(name)s (%(login)s)"), **values)


def _value(value: Any, lang: Language) -> str:
    if isinstance(value, bool):
        return say(lang, YES if value else NO)
    if isinstance(value, list | tuple):
        return "、".join(map(str, value)) or say(lang, NONE)
    return str(value) if value not in (None, "") else say(lang, NONE)


def seen_sentence(seen: Mapping[str, Any], lang: Language) -> str:
    """What an automatic item of a round saw."""
    if "fine" in seen:
        return say(lang, ALL_FINE, n=seen["fine"])
    if "check" not in seen:
        return say(lang, UNWATCHED)
    return reading.sentence_of(seen["check"], seen["state"], seen["params"], seen.get("reason", ""), lang)


def seen_title(seen: Mapping[str, Any], lang: Language) -> str:
    """The name of the check behind an automatic item, or of the layer that is fine or that nobody watches."""
    if "check" in seen:
        return reading.title(seen["check"], lang)
    return reading.group_word(seen.get("unwatched") or seen["group"], lang)


def every_words(every_s: int | None, cron: str | None, lang: Language) -> str:
    """A schedule in words: an interval, or its cron line."""
    if cron:
        return cron
    text = {86400: N_("every day"), 7 * 86400: N_("every week"), 3600: N_("every hour")}.get(every_s or 0)
    return (
        say(lang, text)
        if text
        else say(lang, N_("every %(time)s"), time=in_words(timedelta(seconds=every_s or 0), lang))
    )


def lost_words(seconds: int, lang: Language) -> str:
    """What a crash now would cost, as the owner reads it."""
    text = N_("If it crashed now, about %(time)s of entries would be lost.")
    return say(lang, text, time=in_words(timedelta(seconds=seconds), lang))
