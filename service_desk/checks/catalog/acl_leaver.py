"""People who left and can still log in: the client's own list of leavers against the ERP's users."""

import unicodedata
from datetime import datetime

from connectors.facts import User
from service_desk.checks.finding import N_, Check, Finding, LeaverRecord, Seen, Settings


def judge(seen: Seen, _settings: Settings, _now: datetime) -> list[Finding]:
    """One finding for each leaver; an empty list is said to be empty. A leaver matches by login, else by name."""
    leavers = seen.of(LeaverRecord)
    if not leavers:
        return [Finding(state="ok", value=0, wording="no_list")]
    users = [user for user in seen.of(User) if user.enabled]
    return [_finding(leaver, _accounts(leaver, users)) for leaver in _distinct(leavers)]


def _finding(leaver: LeaverRecord, found: list[User]) -> Finding:
    subject = leaver.login or leaver.name
    params = {"name": leaver.name or leaver.login, "login": "、".join(user.login for user in found)}
    if not found:
        return Finding(subject=subject, state="ok", value=0, params=params)
    wording = "admin" if any(user.admin or user.supervisor_of for user in found) else ""
    return Finding(subject=subject, state="crit", value=len(found), params=params, wording=wording)


def _accounts(leaver: LeaverRecord, users: list[User]) -> list[User]:
    if leaver.login:
        return [user for user in users if _plain(user.login) == _plain(leaver.login)]
    return [user for user in users if _plain(leaver.name) in (_plain(user.name or ""), _plain(user.login))]


def _distinct(leavers: list[LeaverRecord]) -> list[LeaverRecord]:
    return list({leaver.login or leaver.name: leaver for leaver in leavers}.values())


def _plain(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())


CHECK = Check(
    key="acl.leaver",
    group="access",
    kinds=("users",),
    own=(LeaverRecord,),
    unit="",
    warn=None,
    crit=1,
    interval_s=86400,
    priority=20,
    title=N_("Leavers who can still log in"),
    says={
        "ok": N_("%(name)s left and can no longer log in."),
        "bad": N_("%(name)s left but can still log in (%(login)s)."),
        "admin": N_("%(name)s left but can still log in with administrator rights (%(login)s)."),
        "no_list": N_("Nobody stands on this client's list of leavers."),
    },
    remedy=N_("Disable the account in the ERP now, and write down who did it."),
    reads=N_("Users of the ERP, and the client's own list of leavers"),
    right=N_("SELECT on the ERP's user table"),
    judge=judge,
)
