"""The demo practice, written in the order in which it would have happened."""

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select

from service_desk.accounts.operations.practices import change_letterhead, create_practice
from service_desk.checks.operations.heartbeats import key_hash
from service_desk.config import Config
from service_desk.estate.models import EstateItem
from service_desk.knowledge.models import Article, SharedArticle, SharedArticleGram
from service_desk.lib.clock import local_day
from service_desk.lib.text import grams
from service_desk.running.demo import Login, Logins, erp, guards, money, people, plan, series, writing
from service_desk.running.demo.bulk import pour
from service_desk.running.demo.content import ENGINEER, Content, Sheet, read
from service_desk.running.demo.year import ZONE, Year
from service_desk.scope import SYSTEM, Actor, gate, practice_scope, session, tenant_scope
from service_desk.sla.operations import agree_hours, promise
from service_desk.tenants.models import Contact, ErpConnection, Leaver
from service_desk.tenants.operations import create_tenant
from service_desk.worklog.models import Entry

# Minutes of service time: first answer, solution.
PROMISES = {"P1": (30, 240), "P2": (60, 540), "P3": (240, 1620), "P4": (540, 4320)}


@dataclass(frozen=True)
class House:
    """What stands before the first client: the practice, its owner, where files lie, and the moment of writing."""

    practice_id: int
    owner: Actor
    folder: Path
    now: datetime
    accounts: tuple[Login, ...]


def load_practice(config: Config, folder: Path, *, seed: int, now: datetime, tryton_url: str | None) -> Logins:
    """Write the demo, or wake the one that is there. Raises RuntimeError when an earlier start was cut off."""
    content = read()
    accounts = people.logins(folder, content.sheets)
    mark = folder / "demo.loading"
    if gate("gate_person_by_email", p_email=people.ADDRESS):
        if mark.exists():
            raise RuntimeError("the demo was cut off while it was written: `make clean` and start again")
        _wake(content, folder, now, tryton_url)
        return Logins(accounts, made=False)
    assert config.allow_loopback_targets, "the demo's ERPs are fixtures on this machine"
    mark.touch()
    _write(content, folder, seed, now, tryton_url, accounts)
    mark.unlink()
    return Logins(accounts, made=True)


def _write(
    content: Content, folder: Path, seed: int, now: datetime, tryton_url: str | None, accounts: tuple[Login, ...]
) -> None:
    with ThreadPoolExecutor(2) as pool:
        # Looking at a fixture takes a process of its own; the rows of others are written meanwhile.
        roads = {
            sheet.key: pool.submit(erp.survey, folder, sheet, now) for sheet in content.sheets if erp.has_fixture(sheet)
        }
        house = _house(content, folder, now, accounts)
        years = plan.plan(content, now, seed)
        keys, clients = {}, []
        for sheet in sorted(content.sheets, key=lambda one: one.key in roads):
            road = roads[sheet.key].result() if sheet.key in roads else None
            tenant_id, keys[sheet.raw["slug"]] = _client(house, sheet, years[sheet.key], road, tryton_url)
            clients.append((tenant_id, sheet))
    money.bill_all(clients, house.practice_id, house.owner, now)
    people.keep_keys(folder / "secrets" / "demo-heartbeats.json", keys)
    (folder / "demo").mkdir(exist_ok=True)
    (folder / "demo" / "clients.json").write_text(json.dumps({sheet.key: one for one, sheet in clients}))


def _house(content: Content, folder: Path, now: datetime, accounts: tuple[Login, ...]) -> House:
    since = now - timedelta(days=plan.DAYS + 60)
    name = str(content.practice["name"])
    made = create_practice(people.ADDRESS, ENGINEER["zh"], name, since, password=accounts[0].password, is_demo=True)
    owner = Actor("person", ENGINEER["zh"], "owner", made.owner_id, made.practice_id)
    with practice_scope(made.practice_id, owner, writing=True):
        change_letterhead({**content.practice, "email": people.ADDRESS})
        _library(content, now)
    return House(made.practice_id, owner, folder, now, accounts)


def _library(content: Content, now: datetime) -> None:
    """The articles of the practice, with the pairs of characters they are found by."""
    for place, one in enumerate(content.articles):
        written = now - timedelta(days=300 - 23 * place)
        row = SharedArticle(
            title=one.title,
            body=one.body,
            tags=list(one.tags),
            review_on=local_day(now, ZONE) + timedelta(days=30 + 31 * place),
            author_name=ENGINEER["zh"],
            created_at=written,
            updated_at=written + timedelta(days=12),
        )
        session().add(row)
        session().flush()  # Its pairs point to it.
        found = sorted(grams(f"{one.title}\n{one.body}"))
        pour(SharedArticleGram, [{"gram": gram, "article_id": row.id} for gram in found])


# One client.


def _client(
    house: House, sheet: Sheet, year: Year, road: erp.Road | None, tryton_url: str | None
) -> tuple[int, dict[str, str]]:
    """Everything of one client but its invoices; returns its id and the keys of its heartbeats."""
    since = house.now - timedelta(days=plan.DAYS + 30)
    tenant = create_tenant(house.practice_id, house.owner, now=since, **_facts(sheet))
    staff = people.members(sheet, house.accounts, since)
    with tenant_scope(tenant.id, house.owner, practice_id=house.practice_id):
        people.add_members(staff, since)
        _promises(sheet, since)
        money.agree(sheet, house.now)
        _paper_facts(sheet, house.now)
        row = erp.connect_fixture(sheet, road, house.now) if road else None
        if row is None and "tryton" in sheet.raw and tryton_url:
            row = erp.connect_tryton(sheet, house.folder, tryton_url, house.now)
        _estate(sheet, row, house.now)
        keys = erp.add_heartbeats(sheet, house.now)
        ids = writing.write_year(sheet, year, staff, row.id if road and row else None, house.now)
        _own_article(sheet, house.now)
        guards.write_guards(sheet, row if road else None, road.looks if road else (), house.now)
        series.write_series(sheet, erp.all_states(), year.tickets, ids, house.now)
    return tenant.id, keys


def _facts(sheet: Sheet) -> dict[str, Any]:
    names = ("name", "short_name", "slug", "colour", "time_zone", "language", "initial", "pinned_note")
    block = ("legal_name", "tax_number", "address", "phone", "bank_name", "bank_account")
    return {name: sheet.raw[name] for name in (*names, *block)} | {"engineer_name": sheet.engineer}


def _promises(sheet: Sheet, since: datetime) -> None:
    agree_hours(zone=sheet.zone, now=since)
    for priority, (answer, solution) in PROMISES.items():
        promise(
            priority,
            first_response=answer,
            resolution=solution,
            round_the_clock=priority in sheet.raw.get("round_the_clock", ()),
            now=since,
        )


def _paper_facts(sheet: Sheet, now: datetime) -> None:
    """Contacts and leavers, as whoever takes over needs them."""
    for place, one in enumerate(sheet.raw["contact"], start=1):
        given = {name: one[name] for name in one if name != "vendor"}
        session().add(Contact(**given, is_vendor=bool(one.get("vendor")), position=place))
    for one in sheet.raw.get("leaver", ()):
        left = now - timedelta(days=int(one["days_ago"]))
        session().add(Leaver(name=one["name"], login=one["login"], left_on=left, created_at=left))
    session().flush()


def _estate(sheet: Sheet, connection: ErpConnection | None, now: datetime) -> None:
    for one in sheet.raw["estate"]:
        given = {name: one[name] for name in one if name != "expires_in_days"}
        days = one.get("expires_in_days")
        expires: date | None = local_day(now, sheet.zone) + timedelta(days=days) if days is not None else None
        linked = (
            connection.id
            if connection and one["kind"] in ("environment", "database") and "environment" not in one
            else None
        )
        since = now - timedelta(days=200)
        session().add(EstateItem(**given, expires_on=expires, connection_id=linked, created_at=since, updated_at=since))


def _own_article(sheet: Sheet, now: datetime) -> None:
    """One article of the client's own, made from a work record as a click would have made it."""
    entry = session().scalars(
        select(Entry).where(Entry.solution != "", Entry.problem != "").order_by(Entry.worked_seconds.desc()).limit(1)
    ).one()  # fmt: skip
    article = Article(
        title=entry.content,
        body=f"## 问题\n\n{entry.problem}\n\n## 解决方案\n\n{entry.solution}\n",
        tags=[str(sheet.raw["short_name"])],
        author_name=sheet.engineer,
        source=f"entry:{entry.id}",
        created_at=entry.ended_at,
        updated_at=entry.ended_at,
    )
    session().add(article)
    session().flush()  # The entry points to it.
    entry.article_id = article.id


# A demo that is there already.


def _wake(content: Content, folder: Path, now: datetime, tryton_url: str | None) -> None:
    """Build the fixtures anew so that their ages count from now, and let the clients' jobs report in."""
    for sheet in content.sheets:
        if erp.has_fixture(sheet):
            erp.build_fixture(folder, sheet, now)
    signs_of_life(folder, now)
    if tryton_url:
        _point_tryton(content, folder, tryton_url, now)


def _point_tryton(content: Content, folder: Path, url: str, now: datetime) -> None:
    """The Tryton of this start answers at another port than the last one's."""
    known = json.loads((folder / "demo" / "clients.json").read_text(encoding="utf-8"))
    for sheet in content.sheets:
        if "tryton" in sheet.raw:
            with tenant_scope(known[sheet.key], SYSTEM):
                erp.connect_tryton(sheet, folder, url, now)


def signs_of_life(folder: Path, now: datetime) -> None:
    """Let every heartbeat of the demo report success, as the jobs at the clients would."""
    file = folder / "secrets" / "demo-heartbeats.json"
    kept = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    for key in (key for keys in kept.values() for key in keys.values()):
        gate(
            "gate_heartbeat", p_key=key_hash(key), p_kind="success", p_exit=None, p_mark=None, p_body="", p_cut=False,
            p_method="GET", p_now=now,
        )  # fmt: skip
