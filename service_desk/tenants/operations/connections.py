"""How a client's ERP is reached: add, change, probe, accept, remove."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import load_only

from connectors import connector_class
from connectors.base import ConnectorError, Field, checked_settings
from service_desk.audit.operations import record
from service_desk.jobs import Job, enqueue
from service_desk.lib.errors import Invalid, Refused
from service_desk.scope import load, session
from service_desk.tenants import agent_probe
from service_desk.tenants.models import ErpConnection, SealedSecret, SiteAgent
from service_desk.tenants.operations.dependence import leave_orphans
from service_desk.tenants.probe_page import Walk, ways_to_write
from service_desk.tenants.secrets import seal

OPEN_STATES = ("queued", "running")
AGENT_ONLY = frozenset({"machine"})  # kinds that nobody reads from outside


def connections() -> Sequence[ErpConnection]:
    """The connections of the client in scope, by name."""
    return session().scalars(select(ErpConnection).order_by(ErpConnection.name)).all()


def secret_dates(connection_id: int) -> dict[str, datetime]:
    """Field -> when its secret was last changed. The secrets themselves stay closed."""
    rows = session().scalars(
        select(SealedSecret)
        .where(SealedSecret.connection_id == connection_id)
        .options(load_only(SealedSecret.field, SealedSecret.changed_at))
    )
    return {row.field: row.changed_at for row in rows}


def add_connection(
    kind: str,
    name: str,
    environment: str,
    settings: Mapping[str, Any],
    secrets: Mapping[str, str],
    *,
    now: datetime,
    agent: SiteAgent | None = None,
) -> ErpConnection:
    """Keep a new connection, its secrets sealed. Raises Invalid for a field the connector cannot use.

    With `agent` it is read by that one, which keeps the secrets: none are taken. A kind that is read from nowhere else
    waits without one for what scripts push.
    """
    road = "agent" if agent else "push" if kind in AGENT_ONLY else "server"
    checked = _checked(kind, settings, secrets if road == "server" else _kept_elsewhere(kind))
    row = ErpConnection(kind=kind, name=name, environment=environment, settings=checked, created_at=now, road=road)
    row.agent_id = agent.id if agent else None
    _need_free_name(row.name)
    session().add(row)
    session().flush()  # Secrets and record name its number.
    _keep(row, secrets, now)
    enqueue("propose", row.id, slot=f"propose-{row.id}-{now.isoformat(timespec='milliseconds')}")
    record("connection.added", subject=f"connection:{row.id}", kind=kind, name=name, environment=environment)
    return row


def change_connection(
    connection_id: int,
    settings: Mapping[str, Any],
    secrets: Mapping[str, str],
    *,
    now: datetime,
    name: str | None = None,
    environment: str | None = None,
) -> ErpConnection:
    """Change a connection; `secrets` holds those that were typed again, the others stay as they are.

    Whatever could send a stored secret somewhere else (a field that repoints) wants every stored secret typed again:
    raises Invalid for the first that was not. A changed road or secret ends what the last probe said.
    """
    row = load(ErpConnection, connection_id, lock=True)
    fields = connector_class(row.kind).fields
    stored = secret_dates(connection_id)
    elsewhere = {} if row.road == "server" else _kept_elsewhere(row.kind)
    new = _checked(row.kind, settings, {**elsewhere, **dict.fromkeys(stored, "kept"), **secrets})
    moved = [
        field.name for field in fields if field.repoints and _before(row, fields).get(field.name) != new[field.name]
    ]
    if moved and (untyped := sorted(set(stored) - set(secrets))):
        raise Invalid("repoints", field=untyped[0])
    changed = sorted(key for key, value in new.items() if row.settings.get(key) != value)
    if name is not None and name != row.name:
        _need_free_name(name)
        row.name = name
    row.environment = environment or row.environment
    row.settings = new
    _keep(row, secrets, now)
    if moved or secrets:
        row.probe, row.probed_at, row.version, row.writable_accepted = None, None, "", None
    record("connection.changed", subject=f"connection:{row.id}", fields=changed, repointed=moved)
    return row


def _kept_elsewhere(kind: str) -> dict[str, str]:
    """Every secret of a kind, as kept by somebody else: only that there is one is said."""
    return {field.name: "kept" for field in connector_class(kind).fields if field.secret}


def _before(row: ErpConnection, fields: Sequence[Field]) -> dict[str, Any]:
    """The stored settings with today's defaults: a field that the connector got later was at its default."""
    return {field.name: row.settings.get(field.name, field.default) for field in fields if not field.secret}


def _checked(kind: str, settings: Mapping[str, Any], secrets: Mapping[str, str]) -> dict[str, Any]:
    try:
        return checked_settings(connector_class(kind).fields, settings, secrets)
    except ConnectorError as error:
        raise Invalid("unusable", field=error.field or "") from None


def _need_free_name(name: str) -> None:
    if session().scalar(select(ErpConnection.id).where(ErpConnection.name == name)) is not None:
        raise Invalid("name_taken", field="name")


def _keep(row: ErpConnection, secrets: Mapping[str, str], now: datetime) -> None:
    for field, secret in sorted(secrets.items()):
        kept = (
            session()
            .scalars(select(SealedSecret).where(SealedSecret.connection_id == row.id, SealedSecret.field == field))
            .one_or_none()
        )
        if kept is None:
            kept = SealedSecret(tenant_id=row.tenant_id, connection_id=row.id, field=field)
            session().add(kept)
        with session().no_autoflush:  # The row is whole only once it is sealed.
            seal(kept, secret)
        kept.changed_at = now
        record("secret.changed", subject=f"connection:{row.id}", field=field)


def remove_connection(connection_id: int, reason: str) -> None:
    """Forget a connection with its secrets. Raises NotThere."""
    row = load(ErpConnection, connection_id, lock=True)
    leave_orphans(row.id)
    session().delete(row)
    record("connection.removed", subject=f"connection:{row.id}", name=row.name, reason=reason)


def request_probe(connection: ErpConnection, now: datetime) -> None:
    """Have a worker or the agent probe this connection; while one is under way, nothing is added."""
    if connection.road == "agent":
        connection.probe = agent_probe.asked(connection.probe, now)
    elif probe_job(connection.id, OPEN_STATES) is not None:
        return
    else:
        enqueue("probe", connection.id, slot=f"probe-{connection.id}-{now.isoformat(timespec='milliseconds')}")
    record("connection.probe_requested", subject=f"connection:{connection.id}")


def probe_job(connection_id: int, states: Sequence[str] = ()) -> Job | None:
    """The last probe of this connection in the ledger, or the last that is in one of these states."""
    jobs = select(Job).where(Job.kind == "probe", Job.subject_id == connection_id, Job.tenant_id.is_not(None))
    if states:
        jobs = jobs.where(Job.state.in_(states))
    return session().scalars(jobs.order_by(Job.id.desc()).limit(1)).first()


def keep_walk(connection_id: int, walk: Walk) -> None:
    """Keep the steps of a probe under way beside what the last one found; an attempt that was overtaken adds nothing.

    It is no news about the connection yet, and so no line of the audit either.
    """
    row = load(ErpConnection, connection_id, lock=True)
    before = Walk.kept_in(row.probe)
    if before is None or (before.job, before.attempt) <= (walk.job, walk.attempt):
        row.probe = {**(row.probe or {}), Walk.KEY: asdict(walk)}


def keep_probe(connection_id: int, probe: dict[str, Any], now: datetime) -> None:
    """Keep what a probe found out: its steps, the account sets, the version."""
    row = load(ErpConnection, connection_id, lock=True)
    if row.writable_accepted and ways_to_write(probe["steps"]) - ways_to_write((row.probe or {}).get("steps", [])):
        # What was accepted was another login: this one can do more.
        row.writable_accepted = None
        record("connection.writable_again", subject=f"connection:{row.id}")
    row.probe, row.probed_at = probe, now
    row.version = str(probe.get("version") or row.version)
    if probe.get("account_sets"):
        row.account_sets = probe["account_sets"]
    # A newer catalogue may have checks that were not there when the connection was made.
    enqueue("propose", row.id, slot=f"propose-{row.id}-{now.isoformat(timespec='milliseconds')}")
    states = {step["name"]: step["state"] for step in probe["steps"]}
    record("connection.probed", subject=f"connection:{row.id}", steps=states)


def accept_writable(connection_id: int, reason: str) -> ErpConnection:
    """Live with a login that can change data, saying why; it is shown with the connection from then on."""
    row = load(ErpConnection, connection_id, lock=True)
    if not can_write(row):
        raise Refused("this login was not found to be writable")
    row.writable_accepted = reason
    record("connection.writable_accepted", subject=f"connection:{row.id}", reason=reason)
    return row


def can_write(row: ErpConnection) -> bool:
    """True when the last probe found that the login can change data."""
    return bool(ways_to_write((row.probe or {}).get("steps", [])))


def set_enabled(connection_id: int, enabled: bool) -> ErpConnection:
    """Read this connection on schedule, or leave it alone for now."""
    row = load(ErpConnection, connection_id, lock=True)
    row.enabled = enabled
    record("connection.changed", subject=f"connection:{row.id}", enabled=enabled)
    return row
