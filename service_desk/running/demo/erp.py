"""The ERPs of the demo: fixtures under `<folder>/demo`, their connections, and what the checks saw until yesterday."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from secrets import token_urlsafe
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import select

from connectors.ask import Request, ask
from connectors.facts import Look
from service_desk.checks import judging
from service_desk.checks.catalog import CATALOG, kinds_needed
from service_desk.checks.finding import HeartbeatRecord, LeaverRecord, Own, Seen, Settings
from service_desk.checks.life import Rule
from service_desk.checks.models import CheckPlan, CheckState, Heartbeat, HeartbeatPing
from service_desk.checks.operations import accept_plans, change_limits, create_heartbeat, propose_plans, states
from service_desk.checks.operations.heartbeats import expected_after
from service_desk.running.demo import b1_fixture, galaxy_fixture, k3_fixture, u8_fixture
from service_desk.running.demo.content import Sheet
from service_desk.running.demo.server_fixture import Troubles
from service_desk.scope import session
from service_desk.tenants.jobs import told
from service_desk.tenants.models import ErpConnection, Leaver
from service_desk.tenants.operations import add_connection, change_connection, request_probe
from service_desk.tenants.operations.connections import keep_probe

YESTERDAY = timedelta(hours=25)
PINGS = 30  # nights that a heartbeat remembers
GRACE_S = 6 * 3600


@dataclass(frozen=True)
class Road:
    """What a fixture's connection says, and what was seen of it while it was healthy."""

    settings: dict[str, Any]
    secrets: dict[str, str]
    probe: dict[str, Any]
    looks: tuple[Look, ...]


def fixture_folder(folder: Path, sheet: Sheet) -> Path:
    """Where the databases of a client's fixture lie."""
    return (folder / "demo" / sheet.key).absolute()


def build_fixture(folder: Path, sheet: Sheet, now: datetime, *, healthy: bool = False) -> None:
    """Write the client's ERP, with its faults or before they came; ages count back from `now`."""
    system, told = fixture_of(sheet)
    given = {} if healthy else dict(told["faults"])
    given["leavers"] = tuple((login, name) for login, name in given.get("leavers", ()))
    given["conflicts"] = tuple(given.get("conflicts", ()))
    given["server"] = Troubles(**given.get("server", {}))
    FIXTURES[system][1](fixture_folder(folder, sheet), told, given, now)


def _u8(folder: Path, told: Mapping[str, Any], faults: Mapping[str, Any], now: datetime) -> None:
    company = u8_fixture.Company(code=told["code"], name=told["company"])
    u8_fixture.build(folder, u8_fixture.Faults(**faults), now, companies=(company,))


def _k3(folder: Path, told: Mapping[str, Any], faults: Mapping[str, Any], now: datetime) -> None:
    company = k3_fixture.Company(code=told["code"], name=told["company"])
    k3_fixture.build(folder, k3_fixture.Faults(**faults), now, companies=(company,))


def _galaxy(folder: Path, told: Mapping[str, Any], faults: Mapping[str, Any], now: datetime) -> None:
    people = tuple(name for _, name in faults["leavers"])
    given = {name: value for name, value in faults.items() if name != "conflicts"}
    galaxy_fixture.build(folder, galaxy_fixture.Faults(**{**given, "leavers": people}), now)


def _b1(folder: Path, told: Mapping[str, Any], faults: Mapping[str, Any], now: datetime) -> None:
    company = b1_fixture.Company(database=told["code"], name=told["company"])
    given = {name: value for name, value in faults.items() if name != "conflicts"}
    b1_fixture.build(folder, b1_fixture.Faults(**given), now, companies=(company,))


# What a client's sheet calls its ERP -> the connector, and how its fixture is written.
FIXTURES: dict[str, tuple[str, Callable[[Path, Mapping[str, Any], Mapping[str, Any], datetime], None]]] = {
    "u8": ("yonyou_u8", _u8),
    "k3": ("kingdee_k3", _k3),
    "galaxy": ("kingdee_galaxy_db", _galaxy),
    "b1": ("sap_b1_sql", _b1),
}


def fixture_of(sheet: Sheet) -> tuple[str, dict[str, Any]]:
    """What the client's sheet calls its ERP, and what it says of it. Raises StopIteration where it has no fixture."""
    return next((name, dict(sheet.raw[name])) for name in FIXTURES if name in sheet.raw)


def has_fixture(sheet: Sheet) -> bool:
    """Whether the client's ERP is a fixture."""
    return any(name in sheet.raw for name in FIXTURES)


def survey(folder: Path, sheet: Sheet, now: datetime) -> Road:
    """Build the fixture as it was before its faults, walk the road once, look at everything, and leave it faulty."""
    build_fixture(folder, sheet, now, healthy=True)
    system, told_of = fixture_of(sheet)
    settings = {
        "host": "127.0.0.1", "port": 1433, "user": "desk_reader", "encryption": "required", "driver": "fixture",
        "folder": str(fixture_folder(folder, sheet)), **told_of.get("settings", {}),
    }  # fmt: skip
    secrets = {"password": token_urlsafe(12)}
    kind = FIXTURES[system][0]
    reach: dict[str, Any] = {"kind": kind, "settings": settings, "secrets": secrets, "allow_loopback": True}
    looks = ask(Request(op="collect", kinds=kinds_needed(list(CATALOG)), **reach)).looks
    probe = told(ask(Request(op="probe", **reach)))
    build_fixture(folder, sheet, now)
    return Road(settings, secrets, probe, looks)


def connect_fixture(sheet: Sheet, road: Road, now: datetime) -> ErpConnection:
    """Keep the connection of the client in scope, with its plans accepted and the states of yesterday."""
    since = now - timedelta(days=300)
    system, told = fixture_of(sheet)
    kind = FIXTURES[system][0]
    row = add_connection(kind, told["name"], "production", road.settings, road.secrets, now=since)
    keep_probe(row.id, road.probe, since)
    session().flush()
    _switch_on(row, sheet, _healthy(road.looks, now - YESTERDAY))
    _saw(row, road.looks, now - YESTERDAY)
    return row


def _healthy(looks: Sequence[Look], at: datetime) -> list[str]:
    """The checks that find the healthy fixture healthy: what the others tell was dealt with, or is not watched."""
    found = []
    for check in CATALOG.values():
        settings = Settings(warn=check.warn, crit=check.crit, bad=check.bad)
        told = judging.verdict(check, looks, [], settings, at).about([])
        if told and not check.quiet and all(one.state == "ok" for one in told):
            found.append(check.key)
    return found


def _switch_on(row: ErpConnection, sheet: Sheet, checks: Sequence[str] | None = None) -> None:
    limits = fixture_of(sheet)[1].get("limits", {}) if has_fixture(sheet) else {}
    propose_plans(row)
    accept_plans(row, checks)
    for plan in session().scalars(select(CheckPlan).where(CheckPlan.connection_id == row.id)):
        if plan.check in limits:
            change_limits(plan, *limits[plan.check])


def _saw(row: ErpConnection, looks: Sequence[Look], at: datetime) -> None:
    """Judge what was seen of the healthy fixture as of yesterday, as a worker would have."""
    names = {str(found["code"]): str(found["name"]) for found in row.account_sets}
    own: list[Own] = [LeaverRecord(name=one.name, login=one.login) for one in session().scalars(select(Leaver))]
    accepted = select(CheckPlan).where(CheckPlan.connection_id == row.id, CheckPlan.enabled, ~CheckPlan.proposed)
    for plan in session().scalars(accepted).all():
        settings = Settings(warn=plan.warn, crit=plan.crit, bad=CATALOG[plan.check].bad, names=names)
        found = judging.verdict(CATALOG[plan.check], looks, own, settings, at)
        changes = states.judged(row.id, plan.check, found.findings, {}, Rule(), found.seen_at)
        states.write(changes, at, f"demo-{plan.check}")


def connect_tryton(sheet: Sheet, folder: Path, url: str, now: datetime) -> ErpConnection:
    """Keep the connection to the Tryton that runs at `url`, or point the one that is there to its new port."""
    where = urlsplit(url)
    live = folder / "tryton-live" / str(where.port) / "passwords.json"
    settings = {
        "host": where.hostname, "port": where.port, "database": "demo", "user": "reader", "encryption": "off",
    }  # fmt: skip
    secrets = {"password": _password(live)}
    name = str(sheet.raw["tryton"])
    row = session().scalars(select(ErpConnection).where(ErpConnection.name == name)).first()
    if row is None:
        row = add_connection("tryton", name, "production", settings, secrets, now=now)
        _switch_on(row, sheet)
    elif row.settings != settings:
        row = change_connection(row.id, settings, secrets, now=now)
    if row.probed_at is None:
        request_probe(row, now)  # Its account sets have names only from then on.
    return row


def _password(file: Path) -> str:
    return str(json.loads(file.read_text(encoding="utf-8"))["reader"])


def add_heartbeats(sheet: Sheet, now: datetime) -> dict[str, str]:
    """Make the client's heartbeats, with a month of nights behind them; returns their keys by name."""
    keys = {}
    for place, one in enumerate(sheet.raw["heartbeat"]):
        period = int(one["period_hours"]) * 3600
        row, keys[one["name"]] = create_heartbeat(
            one["name"], period_s=period, grace_s=GRACE_S, now=now - timedelta(days=300)
        )
        _nights(row, now - timedelta(hours=3, minutes=17 * place), period)
        session().flush()
        record = HeartbeatRecord(key=str(row.id), name=row.name, status="up", last_ping_at=row.last_ping_at)
        found = CATALOG["hb.job"].judge(Seen(own=(record,)), Settings(), now)
        at = now - YESTERDAY
        states.write(states.judged(None, "hb.job", found, {}, Rule(), at), at, f"demo-{row.id}")
    return keys


def _nights(row: Heartbeat, last: datetime, period: int) -> None:
    row.status, row.healthy, row.pings = "up", True, PINGS
    row.last_ping_at, row.last_duration_s = last, 212.0
    row.alert_after = expected_after(row, last)
    for night in range(PINGS):
        at = last - timedelta(seconds=period * (PINGS - 1 - night), minutes=-(night * 7 % 5))
        duration = 180.0 + night * 37 % 90
        session().add(
            HeartbeatPing(
                heartbeat_id=row.id, n=night + 1, at=min(at, last), kind="success", duration_s=duration, method="GET"
            )
        )


def all_states() -> list[CheckState]:
    """The states of the client in scope."""
    return list(session().scalars(select(CheckState).order_by(CheckState.id)))
