"""The words for what a connection is, what a probe walks through, and what is read and why."""

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from connectors import connector_class
from connectors.base import Field
from connectors.questions import Question
from connectors.reasons import REASONS
from connectors.roles import Role

STEP_LABELS: dict[str, Any] = {
    "name": _l("Name resolution"),
    "tcp": _l("TCP connection"),
    "tls": _l("Encryption"),
    "login": _l("Signing in"),
    "database": _l("Database"),
    "rights": _l("Rights to read"),
    "read_only": _l("Read-only"),
    "version": _l("Version"),
    "account_sets": _l("Account sets"),
}
STATE_LABELS: dict[str, Any] = {
    "ok": _l("ok"),
    "failed": _l("failed"),
    "unknown": _l("unknown"),
    "coming": _l("to come"),
}
ENVIRONMENTS: dict[str, Any] = {"production": _l("Production"), "test": _l("Test")}

# Fact kind -> what it is, and what it is read for.
FACT_WORDS: dict[str, tuple[Any, Any]] = {
    "reachable": (_l("Reachability"), _l("to know that it answers, and how fast")),
    "server": (_l("The server"), _l("to know its version, since when it runs, and whether its clock is right")),
    "cpu": (_l("Processors"), _l("to see what keeps the machine busy")),
    "memory": (_l("Memory"), _l("to see whether it runs short")),
    "waits": (_l("Waits"), _l("to see what slows everybody down")),
    "counters": (_l("Counters"), _l("to see deadlocks and the like become more")),
    "blocks": (_l("Blocking sessions"), _l("to find who holds up whom")),
    "open_transactions": (_l("Open transactions"), _l("to find work that was left half done and keeps others out")),
    "long_queries": (_l("Long questions"), _l("to find what runs for minutes; its text is never read")),
    "connections": (_l("Number of connections"), _l("to know before none is left")),
    "services": (_l("Services"), _l("to know that what must run does run")),
    "dumps": (_l("Crash dumps"), _l("to know that the server crashed")),
    "settings": (_l("Server settings"), _l("to notice what was changed, and what is risky")),
    "jobs": (_l("Scheduled jobs"), _l("to know which failed, which did not run, which take too long")),
    "errors": (_l("Errors in the log"), _l("to know what goes wrong behind the screens")),
    "backups": (_l("Backups"), _l("to know how old the last good backup is")),
    "backup_history": (_l("History of backups"), _l("to see gaps, broken chains, and how long a restore would take")),
    "databases": (_l("Databases"), _l("to know that each is online, and that its log does not fill up")),
    "integrity": (_l("Integrity checks"), _l("to know when data was last checked for damage")),
    "volumes": (_l("Volumes"), _l("to know how many days are left until they are full")),
    "files": (_l("Database files"), _l("to know how far they may still grow")),
    "io": (_l("Reads and writes"), _l("to see whether the disks keep up")),
    "archiving": (_l("Log archiving"), _l("to know that change logs get away in time")),
    "backup_keys": (_l("Keys of backups"), _l("to know that encrypted backups can be opened")),
    "replicas": (_l("Standby copies"), _l("to know how far they lag behind")),
    "temp_space": (_l("Temporary space"), _l("to know before it is full")),
    "log_pieces": (_l("Pieces of the log"), _l("to know whether a start would take long")),
    "indexes": (_l("Indexes"), _l("to find what makes reading slow")),
    "statistics": (_l("Table statistics"), _l("to find what makes plans wrong")),
    "transaction_age": (_l("Age of transactions"), _l("to know long before numbers run out")),
    "dead_rows": (_l("Dead rows"), _l("to know which tables swell")),
    "number_ranges": (_l("Number ranges"), _l("to know before numbers run out")),
    "users": (_l("Users of the ERP"), _l("to find people who have left and can still log in")),
    "principals": (_l("Logins of the server"), _l("to know who has full power over the database")),
    "orphans": (_l("Users without a login"), _l("to clear up what belongs to nobody")),
    "grants": (_l("Rights and roles"), _l("to see who may do what, and what changed")),
    "weak_passwords": (_l("Weak passwords"), _l("to know that some exist; the words are never kept")),
    "failed_logins": (_l("Refused logins"), _l("to notice that somebody tries passwords")),
    "open_doors": (_l("Rights of everybody"), _l("to find what anybody may read")),
    "stock": (_l("Stock quantities"), _l("to find stock below zero before the month's cost is calculated")),
    "vouchers": (_l("Voucher states"), _l("to find vouchers that were never posted 记账")),
    "tasks": (_l("Locks and tasks"), _l("to find a lock or task that hangs and keeps others out")),
    "periods": (_l("Accounting periods"), _l("to know which month is closed 结账")),
    "unbalanced": (_l("Balances of vouchers"), _l("to find a voucher whose debits and credits differ")),
    "seats": (_l("Licence seats"), _l("to know before nobody can log in any more")),
    "approvals": (_l("Approvals that wait"), _l("to find documents that lie with somebody for days")),
    "interfaces": (_l("Interfaces"), _l("to find what did not get through")),
    "duplicates": (_l("Records that stand twice"), _l("to find customers, vendors and items entered twice")),
    "master_gaps": (_l("Gaps in master data"), _l("to find records that lack what is needed")),
    "odd_dates": (_l("Dates of documents"), _l("to find documents dated where no date should be")),
    "open_documents": (_l("Old open documents"), _l("to find orders and invoices that nobody closes")),
    "ledger_gaps": (_l("Stock against ledger"), _l("to see whether the two books agree")),
    "timings": (_l("Times of reports"), _l("to notice that a report becomes slow")),
    "endpoints": (_l("Addresses"), _l("to know that people can open it")),
    "tls": (_l("TLS certificate"), _l("to know before it ends")),
    "domains": (_l("Domain"), _l("to know before it ends")),
    "api_keys": (_l("Keys of interfaces"), _l("to know before they end")),
    "quotas": (_l("Calls that are left"), _l("to know before calls are refused")),
    "shapes": (_l("Fields of answers"), _l("to notice that the vendor changed them")),
}


class _Blanks(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return "?"


def reason_sentence(reason: str, params: Mapping[str, Any]) -> str:
    """The sentence of a connector's reason in the language of the page."""
    entry = REASONS.get(reason)
    return str(_(entry.sentence) % _Blanks(params)) if entry else reason


def step_label(name: str) -> Any:
    """The word for a step of a probe."""
    return STEP_LABELS.get(name, name)


def step_state(state: str) -> Any:
    """The word for how a step ended."""
    return STATE_LABELS.get(state, _l("not reached"))


def _field(kind: str, name: str) -> Field | None:
    return next((field for field in connector_class(kind).fields if field.name == name), None)


def field_label(kind: str, name: str) -> str:
    """The label of a connector's field, as its form shows it."""
    found = _field(kind, name)
    return str(_(found.label)) if found else name


def field_anchor(kind: str, name: str) -> str:
    """Where on the form this field stands."""
    found = _field(kind, name)
    return f"{'secret' if found is not None and found.secret else 'set'}_{name}"


def connector_words(kind: str) -> tuple[str, str]:
    """What a connector reads and leaves alone, and what it was verified against."""
    found = connector_class(kind)
    return str(_(found.about)), str(_(found.verified))


def connector_role(kind: str) -> Role | None:
    """What an administrator clicks to set up a login that may read exactly this; None where SQL does it."""
    return connector_class(kind).role


def connector_asks(kind: str) -> tuple[Question, ...]:
    """Every question that is asked over HTTP, for the page that shows it to the client."""
    return connector_class(kind).asks()


def field_value(field: Field, value: Any) -> str:
    """A setting as a page shows it: the label of a choice; yes or no for a flag, and for a long text that is there."""
    if field.type == "flag" or field.long:
        return str(_("yes") if value else _("no"))
    return str(_(field.choices[value]) if value in field.choices else value)
