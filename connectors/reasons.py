"""Why something could not be done or seen: every reason code, its sentence, and what it means for the caller.

The product translates the sentences; here they are plain English with named parameters. A reason is a code and
parameters, never a driver's own text: drivers like to echo connection strings.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Reason:
    """One entry of `REASONS`.

    `permanent`: asking again changes nothing until a person acts, so the caller must not retry (a wrong password
    repeated locks the client's account). `down`: the far side does not serve anybody as seen from here, which is an
    observation about it; every other reason is about us and means only that we could not look.
    `field`: the form field that mends it.
    """

    sentence: str
    permanent: bool = False
    down: bool = False
    field: str | None = None


REASONS: dict[str, Reason] = {
    # The way there.
    "bad_settings": Reason("The setting %(field)s is missing or cannot be used.", permanent=True),
    "unknown_kind": Reason("There is no connector called %(kind)s.", permanent=True),
    "forbidden_address": Reason(
        "The address %(host)s is not allowed: it points at this machine, its own network link or a cloud's metadata.",
        permanent=True,
        field="host",
    ),
    "unknown_name": Reason("The name %(host)s cannot be found.", field="host"),
    "closed_port": Reason("%(host)s refuses connections on port %(port)s.", down=True, field="port"),
    "no_route": Reason("There is no way to %(host)s from here.", down=True, field="host"),
    "no_answer": Reason("%(host)s did not answer on port %(port)s within %(seconds)s s.", down=True, field="host"),
    "silent_server": Reason(
        "%(host)s accepted the connection on port %(port)s and then said nothing for %(seconds)s s.", down=True
    ),
    "wrong_protocol": Reason("What answers on %(host)s port %(port)s is not the expected server.", field="port"),
    "tls_refused": Reason(
        "Encryption failed: the certificate is not trusted, or the server offers no encryption in common.",
        permanent=True,
        field="encryption",
    ),
    "out_of_service": Reason("The server is not in service: what stands before it answers HTTP %(status)s.", down=True),
    "connection_lost": Reason("The server ended the connection.", down=True),
    # The way in.
    "wrong_password": Reason("The server refused this user name and password.", permanent=True, field="password"),
    "login_blocked": Reason("The login is locked, disabled or its password has run out.", permanent=True, field="user"),
    "bad_status": Reason("The address answers HTTP %(status)s."),
    "keyword_missing": Reason("The page opens, but the text “%(keyword)s” is not on it."),
    "rate_limited": Reason("The server asks us to come back later.", field=None),
    "unknown_database": Reason(
        "The database %(database)s does not exist, or this login may not enter it.", permanent=True, field="database"
    ),
    "database_offline": Reason("The database %(database)s exists but is not online.", down=True),
    "too_many_connections": Reason("The server takes no more connections.", down=True),
    # Looking.
    "missing_table": Reason("The table %(table)s is not there.", permanent=True),
    "missing_column": Reason("The column %(column)s is not there.", permanent=True),
    "missing_right": Reason("This login may not read %(table)s.", permanent=True),
    "login_can_write": Reason("This login can change data (%(how)s); a read-only login is enough.", permanent=True),
    "no_account_sets": Reason("No account set was found behind this connection.", permanent=True),
    "unknown_account_set": Reason("There is no account set %(account_set)s.", permanent=True),
    "statement_timeout": Reason("The answer took longer than %(seconds)s s; we stopped waiting."),
    "lock_timeout": Reason("The data was locked by others; we gave way."),
    "deadlock": Reason("The server chose our question to resolve a deadlock."),
    "budget_spent": Reason("The time for this round was used up before this was asked."),
    "hang": Reason("The driver did not come back within %(seconds)s s and was ended.", down=True),
    "unsupported": Reason("This system cannot tell: %(missing)s.", permanent=True),
    "bad_answer": Reason("The server's answer was not understood (%(what)s)."),
    # Our side.
    "agent_secrets": Reason(
        "The agent has no secrets for where %(name)s leads now; they are typed on its machine: agent.pyz secrets.",
        permanent=True,
    ),
    "agent_only": Reason("Only an agent on the machine itself can tell this.", permanent=True),
    "driver_missing": Reason("The database driver %(driver)s is not installed here.", permanent=True, field="driver"),
    "driver_error": Reason("The driver reported an error (%(sqlstate)s, %(native)s)."),
    "child_died": Reason("The reading process ended without an answer (%(status)s)."),
    "reader_failed": Reason("The reading itself failed (%(what)s); this is a fault of ours."),
    "fixture": Reason("These are fixture databases in a folder; nothing on a network is asked."),
    "no_encryption": Reason("The connection is not encrypted."),
}
