"""Who is in the demo: the engineer, the people of the clients, and the passwords of those who may sign in."""

import json
import os
import secrets
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path

from service_desk.accounts.models import Person
from service_desk.accounts.operations.people import create_person
from service_desk.running.demo import Login, kept, passwords_of
from service_desk.running.demo.content import ENGINEER, Sheet
from service_desk.scope import gate, person_scope, session
from service_desk.tenants.models import TenantMember

ADDRESS = "engineer@demo.example"
NAMES = {
    "zh": {"boss": "老板", "finance": "财务", "it_contact": "IT 联系人", "user": "仓管"},
    "en": {"boss": "Owner", "finance": "Finance", "it_contact": "IT contact", "user": "Warehouse"},
}


def logins(folder: Path, sheets: Sequence[Sheet]) -> tuple[Login, ...]:
    """Who may sign in. The passwords are made once and kept where only the owner of the installation can read."""
    if not (file := passwords_of(folder)).exists():
        _keep(file, [asdict(login) for login in _fresh(sheets)])
    return kept(folder)


def _fresh(sheets: Sequence[Sheet]) -> list[Login]:
    engineer = Login(ADDRESS, _password(), ENGINEER["zh"], "owner")
    return [engineer, *(_login(sheet, role) for sheet in sheets for role in sheet.raw.get("sign_in", ()))]


def _login(sheet: Sheet, role: str) -> Login:
    return Login(_address(sheet, role), _password(), _name(sheet, role), role, str(sheet.raw["short_name"]))


def _password() -> str:
    return f"demo-{secrets.token_hex(5)}"


def _keep(file: Path, entries: object) -> None:
    """Written so that it is never half there and never readable by anybody else."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    fresh = file.with_name(f".{file.name}.{os.getpid()}")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as out:
        json.dump(entries, out, ensure_ascii=False, indent=1)
    fresh.replace(file)


def keep_keys(file: Path, keys: dict[str, dict[str, str]]) -> None:
    """Keep the keys of the heartbeats: client -> name of the heartbeat -> key."""
    _keep(file, keys)


def members(sheet: Sheet, accounts: Sequence[Login], now: datetime) -> dict[str, tuple[int, str, str]]:
    """The people of a client, each as (person, name, address); outside any scope. Only some of them may sign in."""
    passwords = {login.email: login.password for login in accounts}
    found = {}
    for role in NAMES["zh"]:
        email, name = _address(sheet, role), _name(sheet, role)
        if email in passwords:
            person_id = create_person(email, name, passwords[email], str(sheet.raw["language"]), now)
        else:
            person_id = _without_password(email, name, str(sheet.raw["language"]), now)
        found[role] = (person_id, name, email)
    return found


def _without_password(email: str, name: str, language: str, now: datetime) -> int:
    person_id = int(gate("gate_new_ids", p_kind="person")[0].id)
    with person_scope(person_id):
        session().add(Person(id=person_id, email=email, name=name, language=language, created_at=now))
    return person_id


def add_members(people: dict[str, tuple[int, str, str]], now: datetime) -> None:
    """Give each their place at the client in scope."""
    for role, (person_id, name, email) in people.items():
        session().add(TenantMember(person_id=person_id, role=role, name=name, email=email, created_at=now))


def _address(sheet: Sheet, role: str) -> str:
    return f"{role.replace('_contact', '')}@{sheet.key}.example"


def _name(sheet: Sheet, role: str) -> str:
    return NAMES["en" if sheet.raw["language"] == "en" else "zh"][role]
