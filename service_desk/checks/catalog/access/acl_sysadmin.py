"""Who holds full control of the database server, and who has come to it since the last look."""

from datetime import datetime

from connectors.facts import Principal
from service_desk.checks.catalog import rights
from service_desk.checks.finding import N_, Check, Finding, Seen, Settings
from service_desk.checks.shapes import accepted, changed, counted, plain, spoken


def judge(seen: Seen, settings: Settings, _now: datetime) -> list[Finding]:
    """One finding: how many logins beyond the accepted ones; one that was not there before is critical."""
    allowed = accepted(settings)
    mighty = sorted(fact.login for fact in seen.of(Principal) if fact.enabled and fact.powers and not fact.built_in)
    counting = [login for login in mighty if plain(login) not in allowed]
    news = changed(seen.before.get(""), mighty)
    fresh = [login for login in (news[0] if news else []) if plain(login) not in allowed]
    memory = {"items": mighty}
    if fresh:
        params = counted(counting, settings).params
        return [
            Finding(state="crit", value=len(counting), params={**params, "fresh": spoken(fresh)}, wording="fresh",
                    memory=memory)
        ]  # fmt: skip
    return [counted(counting, settings, memory=memory)]


CHECK = Check(
    key="acl.sysadmin",
    group="access",
    kinds=("principals",),
    unit="",
    warn=1,
    crit=3,
    interval_s=21600,
    priority=77,
    title=N_("Full control of the database"),
    says={
        "ok": N_("Nobody holds full control beyond the accepted accounts."),
        "bad": N_("%(count)s accounts hold full control: %(names)s."),
        "fresh": N_("%(fresh)s newly holds full control; now %(count)s accounts do."),
    },
    remedy=N_("Take the right back, or write down why the account needs it and accept it."),
    reads=N_("Logins of the server and their server-wide rights"),
    right=rights.DEFINITION,
    judge=judge,
)
