"""Every check there is. A new one is a file and a line here."""

from service_desk.checks.catalog import (
    acl_leaver,
    bak_full_age,
    db_latency,
    db_up,
    gl_unposted,
    hb_job,
    inv_negative,
    lock_stuck,
)
from service_desk.checks.finding import N_, Check

MODULES = (db_up, bak_full_age, hb_job, acl_leaver, lock_stuck, inv_negative, gl_unposted, db_latency)
CATALOG: dict[str, Check] = {module.CHECK.key: module.CHECK for module in MODULES}

# The layers of the mission, in the order in which they are shown.
GROUPS: dict[str, str] = {
    "data": N_("Data guarding"),
    "access": N_("Permissions"),
    "system": N_("System"),
    "application": N_("Application"),
    "heartbeat": N_("Heartbeats"),
}


def kinds_needed(keys: list[str]) -> list[str]:
    """The union of the fact kinds these checks need; `reachable` comes first, since all others hang on it."""
    wanted = dict.fromkeys(kind for key in keys for kind in (*CATALOG[key].kinds, *CATALOG[key].also))
    return list(dict.fromkeys(("reachable", *wanted)))
