"""What is missing, by fact kind, where a connector declares no reader and says nothing more exact in `cannot`.

The texts complete "This system cannot tell: …".
"""

from collections.abc import Mapping

from connectors.errors import N_

UNTOLD: Mapping[str, str] = {
    "reachable": N_("whether it is there and answers"),
    "server": N_("since when its server runs, and in which version"),
    "cpu": N_("how busy the processors are"),
    "memory": N_("how much memory is left"),
    "waits": N_("what its sessions wait for"),
    "counters": N_("how often it counted deadlocks and the like"),
    "blocks": N_("who holds up whom"),
    "open_transactions": N_("transactions that were left open"),
    "long_queries": N_("questions that run for long"),
    "connections": N_("how many connections are taken"),
    "services": N_("which services of the machine run"),
    "dumps": N_("crash dumps of the server"),
    "settings": N_("settings of the server"),
    "jobs": N_("scheduled jobs and how they went"),
    "errors": N_("errors in its log"),
    "backups": N_("when its databases were backed up"),
    "backup_history": N_("how its backups went lately"),
    "databases": N_("the state of its databases"),
    "integrity": N_("when its data was last checked for damage"),
    "volumes": N_("how full its volumes are"),
    "files": N_("how far its files may grow"),
    "io": N_("how fast its files are read and written"),
    "archiving": N_("how its change logs are archived"),
    "backup_keys": N_("keys without which backups cannot be opened"),
    "replicas": N_("how far standby copies are behind"),
    "temp_space": N_("how full its temporary area is"),
    "log_pieces": N_("into how many pieces its log is cut"),
    "indexes": N_("which indexes are out of order"),
    "statistics": N_("how old its table statistics are"),
    "transaction_age": N_("how many transaction numbers are used up"),
    "dead_rows": N_("tables full of dead rows"),
    "number_ranges": N_("how far its number ranges are used up"),
    "users": N_("who may log in to the ERP"),
    "principals": N_("who may log in to the database server"),
    "orphans": N_("database users that belong to nobody"),
    "grants": N_("who may do what"),
    "weak_passwords": N_("which passwords can be guessed; a script at the client's finds that out"),
    "failed_logins": N_("refused logins; a script at the client's reads the log for them"),
    "open_doors": N_("rights that everybody has"),
    "stock": N_("stock below zero"),
    "vouchers": N_("vouchers that are not posted"),
    "tasks": N_("what somebody has open"),
    "periods": N_("which periods are closed"),
    "unbalanced": N_("vouchers that do not balance"),
    "seats": N_("how many licence seats are taken"),
    "approvals": N_("documents that wait for approval"),
    "interfaces": N_("how its interfaces to other systems are doing"),
    "duplicates": N_("records that stand twice"),
    "master_gaps": N_("records that lack something"),
    "odd_dates": N_("documents with impossible dates"),
    "open_documents": N_("documents that stay open for long"),
    "ledger_gaps": N_("whether stock and ledger agree"),
    "timings": N_("how long its reports take"),
    "endpoints": N_("an address that people open"),
    "tls": N_("the certificate of an address"),
    "domains": N_("when a domain ends"),
    "api_keys": N_("when keys of its interfaces end"),
    "quotas": N_("how many calls are left"),
    "shapes": N_("whether its answers still have the same fields"),
}

# Where books are kept so that the value of the stock cannot be compared.
NOT_FOLLOWED = N_("whether stock and ledger agree; without perpetual inventory 永续盘存 the ledger does not follow")

# What lies behind a system that is reached through an interface of its own: its machine, its database's server.
_BEHIND = N_("its machine and database are not seen through its interface; connect them as connections of their own")
BEHIND: Mapping[str, str] = dict.fromkeys(
    ("cpu", "memory", "waits", "counters", "blocks", "open_transactions", "long_queries", "connections", "services",
     "dumps", "settings", "backups", "backup_history", "databases", "integrity", "volumes", "files", "io", "archiving",
     "backup_keys", "replicas", "temp_space", "log_pieces", "indexes", "statistics", "transaction_age", "dead_rows",
     "principals", "orphans", "open_doors"),
    _BEHIND,
)  # fmt: skip
