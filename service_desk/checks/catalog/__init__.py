"""Every check there is. A new one is a file named after its key, in the folder of its layer, and a line here."""

from importlib import import_module

from service_desk.checks.finding import N_, Check

TABLE: dict[str, tuple[str, ...]] = {
    "data": (
        "bak.full.age",
        "bak.diff.age",
        "bak.log.age",
        "bak.none",
        "bak.rpo",
        "bak.rto",
        "bak.chain",
        "bak.nul",
        "bak.samedrive",
        "bak.offsite",
        "bak.size.drop",
        "bak.damaged",
        "bak.duration",
        "drill.age",
        "drill.result",
        "dbcc.age",
        "corrupt.pages",
        "pg.amcheck",
        "arch.stuck",
        "tde.cert",
        "bak.path",
        "log.full_nobackup",
    ),
    "access": (
        "acl.sysadmin",
        "acl.leaver",
        "acl.dormant",
        "acl.orphan",
        "acl.weak",
        "acl.neverexpire",
        "acl.expiring",
        "acl.sa",
        "acl.sod",
        "acl.drift",
        "acl.failedlogin",
        "acl.surface",
        "acl.jobowner",
        "acl.public",
    ),
    "system": (
        "db.up",
        "db.latency",
        "db.state",
        "db.restarted",
        "cpu",
        "cpu.other",
        "mem.os",
        "mem.max",
        "mem.grants",
        "disk.free",
        "disk.days",
        "file.maxsize",
        "log.used",
        "io.read",
        "io.write",
        "waits.poison",
        "waits.top",
        "block.time",
        "tran.sleeping",
        "deadlocks",
        "query.long",
        "conn.pct",
        "job.failed",
        "job.missed",
        "job.long",
        "agent.down",
        "agent.silent",
        "errlog",
        "dumps",
        "tempdb.files",
        "tempdb.used",
        "vlf",
        "autogrow",
        "ix.frag",
        "stats.age",
        "pg.wraparound",
        "pg.bloat",
        "id.exhaust",
        "build",
        "clock",
        "config.changed",
        "host.push",
        "ha.lag",
    ),
    "application": (
        "inv.negative",
        "gl.unposted",
        "gl.unbalanced",
        "period.open",
        "lock.stuck",
        "lic.seats",
        "approval.stuck",
        "intf.failed",
        "intf.silent",
        "lic.expiry",
        "tls.expiry",
        "domain.expiry",
        "report.slow",
        "md.dup",
        "md.gaps",
        "doc.future",
        "doc.old_open",
        "stock.vs.gl",
        "erp.login",
    ),
    "web": (
        "api.up",
        "api.latency",
        "api.token",
        "api.quota",
        "api.schema",
        "hb.job",
        "hb.value",
        "self.stale",
        "self.scheduler",
    ),
}


def _check(folder: str, key: str) -> Check:
    module = import_module(f"service_desk.checks.catalog.{folder}.{key.replace('.', '_')}")
    found: Check = module.CHECK
    if found.key != key:
        raise RuntimeError(f"{module.__name__} declares {found.key}")
    return found


CATALOG: dict[str, Check] = {key: _check(folder, key) for folder, keys in TABLE.items() for key in keys}

# The layers of the mission, in the order in which they are shown.
GROUPS: dict[str, str] = {
    "data": N_("Data guarding"),
    "access": N_("Permissions"),
    "system": N_("System"),
    "application": N_("Application"),
    "heartbeat": N_("Interfaces and heartbeats"),
}


def kinds_needed(keys: list[str]) -> list[str]:
    """The union of the fact kinds these checks need; `reachable` comes first, since all others hang on it."""
    wanted = dict.fromkeys(kind for key in keys for kind in (*CATALOG[key].kinds, *CATALOG[key].also))
    return list(dict.fromkeys(("reachable", *wanted)))
