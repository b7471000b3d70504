"""People who left and can still log in.

Two sources say who left: the client's own list, and the ERP's record of employees where it holds the day they left.
"""

import unicodedata
from collections.abc import Iterable
from datetime import date, datetime

from connectors.facts import User
from service_desk.checks.finding import N_, Check, Finding, LeaverRecord, Seen, Settings


def judge(seen: Seen, settings: Settings, now: datetime) -> list[Finding]:
    """One finding for each leaver of the list, and one for each enabled login whose employee the ERP says has left.

    A leaver of the list matches by login, else by name, and is told once. The day of leaving itself still counts as
    worked. An empty list is said to be empty.
    """
    leavers = _distinct(seen.of(LeaverRecord))
    users = [user for user in seen.of(User) if user.enabled]
    accounts = [_accounts(leaver, users) for leaver in leavers]
    listed = [_finding(leaver, found) for leaver, found in zip(leavers, accounts, strict=True)]
    told = {user for found in accounts for user in found}
    gone = _by_login(user for user in users if user not in told and _left(user, settings.today or now.date()))
    recorded = [_recorded(found) for found in gone]
    return listed + recorded or [Finding(state="ok", value=0, wording="no_list")]


def _left(user: User, today: date) -> bool:
    return user.left_on is not None and user.left_on < today


def _by_login(users: Iterable[User]) -> list[list[User]]:
    """The users of each login: several account sets may each have the same one."""
    found: dict[str, list[User]] = {}
    for user in users:
        found.setdefault(_plain(user.login), []).append(user)
    return list(found.values())


def _recorded(found: list[User]) -> Finding:
    user = found[0]
    left = min(one.left_on for one in found if one.left_on is not None)
    params = {"name": user.name or user.login, "login": user.login, "left": left.isoformat()}
    wording = "recorded_admin" if _powerful(found) else "recorded"
    return Finding(subject=user.login, state="crit", value=len(found), params=params, wording=wording)


def _powerful(found: list[User]) -> bool:
    return any(user.admin or user.supervisor_of for user in found)


def _finding(leaver: LeaverRecord, found: list[User]) -> Finding:
    subject = leaver.login or leaver.name
    params = {"name": leaver.name or leaver.login, "login": "、".join(user.login for user in found)}
    if not found:
        return Finding(subject=subject, state="ok", value=0, params=params)
    wording = "admin" if _powerful(found) else ""
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
    priority=21,
    title=N_("Leavers who can still log in"),
    says={
        "ok": N_("%(name)s left and can no longer log in."),
        "bad": N_("%(name)s left but can still log in (%(login)s)."),
        "admin": N_("%(name)s left but can still log in with administrator rights (%(login)s)."),
        "recorded": N_("%(name)s left on %(left)s by the ERP's record of employees but can still log in (%(login)s)."),
        "recorded_admin": N_(
            "%(name)s left on %(left)s by the ERP's record of employees but can still log in with administrator rights "
            "(%(login)s)."
        ),
        "no_list": N_("Nobody stands on this client's list of leavers."),
    },
    remedy=N_("Disable the account in the ERP now, and write down who did it."),
    reads=N_("Users of the ERP, the days on which employees left, and the client's own list of leavers"),
    right=N_("SELECT on the ERP's user table"),
    judge=judge,
)
