"""Invitations, roles, the last owner."""

import os
import re
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from service_desk.accounts.models import Invitation, PracticeMember
from service_desk.accounts.operations import people
from service_desk.accounts.operations.practices import create_practice
from service_desk.accounts.roles import may_grant
from service_desk.lib.errors import Invalid, NotThere, Refused
from service_desk.mail import Mail
from service_desk.scope import practice_scope, session, tenant_scope
from service_desk.tenants.models import TenantMember
from service_desk.tenants.operations.people import accept, offer
from tests.accounts.people import PASSWORD, fresh_browser, give_password, somebody
from tests.world import World, post

MARK = f"people-{os.getpid()}"
NOW = datetime.now(UTC)


def _link(world: World, tenant_id: int | None, email: str) -> str:
    scope = (
        practice_scope(world.practice_id, world.ada_actor, writing=True)
        if tenant_id is None
        else tenant_scope(tenant_id, world.ada_actor)
    )
    with scope:
        newest = select(Mail.body).where(Mail.to_address == email).order_by(Mail.id.desc()).limit(1)
        body = session().scalars(newest).one()
    found = re.search(r"http://desk\.test(/invitation/\S+)", body)
    assert found is not None
    return found[1]


def _invite(app: Flask, world: World, email: str, role: str = "finance") -> str:
    data = {"email": email, "name": "Fay", "role": role, "language": "en"}
    assert post(world.sign_in(app, world.ada), f"/t/{world.a.slug}/people/invite", data).status_code == 303
    return _link(world, world.a.id, email)


def test_it_invites_somebody_new_into_a_client(app: Flask, world: World) -> None:
    email, browser = f"fay-{MARK}-{world.a.id}@example.test", fresh_browser(app)
    link = _invite(app, world, email)
    assert world.a.name in browser.get(link).text
    assert post(browser, link, {"name": "Fay", "password": "too short"}).status_code == 422
    assert post(browser, link, {"name": "Fay", "password": PASSWORD}).status_code == 303
    assert browser.get("/home").headers["Location"] == f"/portal/{world.a.slug}/"
    assert browser.get(link).status_code == 404
    with tenant_scope(world.a.id, world.ada_actor, read_only=True):
        member = session().scalars(select(TenantMember).where(TenantMember.email == email)).one()
    assert member.role == "finance"


def test_it_lets_somebody_known_join_after_signing_in_alone(app: Flask, world: World) -> None:
    pat, browser = somebody(MARK), fresh_browser(app)
    link = _invite(app, world, pat.email, "boss")
    assert "next=" in browser.get(link).text
    assert post(browser, link, {"name": "Thief", "password": PASSWORD}).status_code == 200
    other = world.sign_in(app, world.cai)
    assert post(other, link).status_code == 200
    give_password(browser, pat.email)
    assert post(browser, link).status_code == 303
    with tenant_scope(world.a.id, world.ada_actor, read_only=True):
        joined = session().scalars(select(TenantMember.person_id)).all()
    assert pat.id in joined
    assert world.cai.id not in joined


def test_it_takes_an_invitation_once_of_twenty_at_a_time(app: Flask, world: World) -> None:
    pat = somebody(MARK)
    token = _invite(app, world, pat.email).rpartition("/")[2]
    taken = offer(token, NOW)

    def join(_: int) -> bool:
        try:
            accept(taken, pat.id, "Pat", datetime.now(UTC))
        except NotThere:
            return False
        return True

    with ThreadPoolExecutor(8) as many:
        assert sum(many.map(join, range(20))) == 1


def test_it_ends_an_invitation_that_is_old_withdrawn_or_replaced(app: Flask, world: World) -> None:
    email = f"old-{MARK}-{world.a.id}@example.test"
    first = _invite(app, world, email).rpartition("/")[2]
    with pytest.raises(NotThere):
        offer(first, datetime.now(UTC) + timedelta(days=8))
    second = _invite(app, world, email).rpartition("/")[2]
    with pytest.raises(NotThere):
        offer(first, datetime.now(UTC))
    ada = world.sign_in(app, world.ada)
    number = re.search(r"/people/invitations/(\d+)/withdraw", ada.get(f"/t/{world.a.slug}/people").text)
    assert number is not None
    withdraw = f"/people/invitations/{number[1]}/withdraw"
    assert post(world.sign_in(app, world.cai), f"/portal/{world.b.slug}{withdraw}").status_code == 404
    assert post(ada, f"/t/{world.a.slug}{withdraw}").status_code == 303
    with pytest.raises(NotThere):
        offer(second, datetime.now(UTC))


def test_it_invites_into_the_practice(app: Flask, world: World) -> None:
    email = f"eng-{MARK}-{world.practice_id}@example.test"
    data = {"email": email, "name": "Eve", "role": "engineer", "language": "zh_Hans_CN"}
    assert post(world.sign_in(app, world.ada), "/settings/people", data).status_code == 303
    browser = fresh_browser(app)
    link = _link(world, None, email)
    assert post(browser, link, {"name": "Eve", "password": PASSWORD}).status_code == 303
    assert browser.get("/settings").headers["Location"] == "/me/second-factor"
    assert email in world.sign_in(app, world.ada).get("/settings/people").text


def test_nobody_rises_by_inviting() -> None:
    assert may_grant("boss", "finance", client=True)
    assert may_grant("it_contact", "user", client=True)
    for giver, role in (("it_contact", "boss"), ("it_contact", "finance"), ("boss", "successor"), ("user", "user"),
                        ("assistant", "user"), ("boss", "owner"), ("finance", "finance")):  # fmt: skip
        assert not may_grant(giver, role, client=True)
    assert not may_grant("engineer", "assistant", client=False)
    assert not may_grant("owner", "boss", client=False)


def test_an_it_contact_does_not_make_or_end_a_boss(app: Flask, world: World) -> None:
    browser, url = world.sign_in(app, world.somebody("it_contact")), f"/portal/{world.a.slug}/people"
    data = {"email": "x@example.test", "name": "X", "role": "boss", "language": "en"}
    assert post(browser, f"{url}/invite", data).status_code == 422
    with tenant_scope(world.a.id, world.ada_actor, read_only=True):
        ben = session().scalars(select(TenantMember).where(TenantMember.person_id == world.ben.id)).one()
    assert post(browser, f"{url}/{ben.id}/end").status_code == 409
    assert post(browser, f"{url}/{ben.id}/role", {"role": "user"}).status_code == 409
    assert world.sign_in(app, world.ben).get(url).status_code == 200


def test_ending_access_ends_sessions_and_invitations_at_once(app: Flask, world: World) -> None:
    it_contact = world.somebody("it_contact")
    browser, ada = world.sign_in(app, it_contact), world.sign_in(app, world.ada)
    with tenant_scope(world.a.id, world.ada_actor, read_only=True):
        row = session().scalars(select(TenantMember).where(TenantMember.person_id == it_contact.id)).one()
    token = _invite(app, world, it_contact.email, "user").rpartition("/")[2]
    assert browser.get(f"/portal/{world.a.slug}/people").status_code == 200
    assert post(ada, f"/t/{world.a.slug}/people/{row.id}/end").status_code == 303
    assert browser.get(f"/portal/{world.a.slug}/people").headers["Location"].startswith("/sign-in")
    with pytest.raises(NotThere):
        offer(token, datetime.now(UTC))


def test_the_last_owner_stays(app: Flask, world: World) -> None:
    with practice_scope(world.practice_id, world.ada_actor):
        member = session().scalars(select(PracticeMember)).one()
    ada = world.sign_in(app, world.ada)
    assert post(ada, f"/settings/people/{member.id}/end").status_code == 409
    assert post(ada, f"/settings/people/{member.id}/role", {"role": "engineer"}).status_code == 409
    assert ada.get("/settings/people").status_code == 200


def test_the_last_owner_stays_whatever_an_invitation_says(app: Flask, world: World) -> None:
    ada = world.sign_in(app, world.ada)
    data = {"email": world.ada.email, "name": "Ada", "role": "assistant", "language": "en"}
    assert post(ada, "/settings/people", data).status_code == 303
    link = _link(world, None, world.ada.email)
    assert post(ada, link).status_code == 409
    with practice_scope(world.practice_id, world.ada_actor):
        assert session().scalars(select(PracticeMember.role)).all() == ["owner"]
    assert ada.get(link).status_code == 200


def test_an_it_contact_does_not_call_back_or_replace_the_invitation_of_a_boss(app: Flask, world: World) -> None:
    browser, url = world.sign_in(app, world.somebody("it_contact")), f"/portal/{world.a.slug}/people"
    email = f"gus-{MARK}-{world.a.id}@example.test"
    link = _invite(app, world, email, "boss")
    with tenant_scope(world.a.id, world.ada_actor, read_only=True):
        number = session().scalars(select(Invitation.id).where(Invitation.email == email)).one()
    assert post(browser, f"{url}/invitations/{number}/withdraw").status_code == 409
    data = {"email": email, "name": "Gus", "role": "user", "language": "en"}
    assert post(browser, f"{url}/invite", data).status_code == 409
    assert fresh_browser(app).get(link).status_code == 200


def test_somebody_who_belongs_nowhere_any_more_starts_at_their_own_page(app: Flask, world: World) -> None:
    successor = world.somebody("successor")
    browser = world.sign_in(app, successor)
    assert browser.get("/home").headers["Location"] == f"/t/{world.a.slug}/"
    with tenant_scope(world.a.id, world.ada_actor):
        row = session().scalars(select(TenantMember).where(TenantMember.person_id == successor.id)).one()
        row.ends_at = NOW - timedelta(days=1)
    assert browser.get(f"/t/{world.a.slug}/").status_code == 404
    assert browser.get("/home").headers["Location"] == "/me"
    assert browser.get("/me").status_code == 200


def test_two_owners_cannot_remove_each_other_at_the_same_time(world: World) -> None:
    other = world.somebody("assistant")
    with practice_scope(world.practice_id, world.ada_actor, writing=True):
        ids = {row.person_id: row.id for row in session().scalars(select(PracticeMember))}
        people.change_role(ids[other.id], "owner")
    both = threading.Barrier(2)

    def leave(member_id: int) -> bool:
        both.wait()
        try:
            with practice_scope(world.practice_id, world.ada_actor, writing=True):
                people.end_member(member_id, datetime.now(UTC))
        except Refused:
            return False
        return True

    with ThreadPoolExecutor(2) as two:
        assert sorted(two.map(leave, ids.values())) == [False, True]


def test_it_sets_up_a_practice_whose_owner_comes_by_invitation(app: Flask) -> None:
    with app.app_context():
        made = create_practice(f"first-{MARK}@example.test", "Ada", "Practice", datetime.now(UTC))
    assert made.invitation_path is not None
    browser = fresh_browser(app)
    assert post(browser, made.invitation_path, {"name": "Ada", "password": PASSWORD}).status_code == 303
    assert browser.get("/settings").headers["Location"] == "/me/second-factor"


def test_it_refuses_a_second_person_with_the_same_address(app: Flask) -> None:
    pat = somebody(MARK)
    with pytest.raises(Invalid):
        people.create_person(pat.email.upper(), "Thief", PASSWORD, "en", datetime.now(UTC))


def test_assignments_decide_what_an_engineer_sees(app: Flask, world: World) -> None:
    engineer = world.somebody("engineer")
    browser, ada = world.sign_in(app, engineer), world.sign_in(app, world.ada)
    assert browser.get(f"/t/{world.b.slug}/people").status_code == 404
    with practice_scope(world.practice_id, world.ada_actor):
        row = session().scalars(select(PracticeMember).where(PracticeMember.person_id == engineer.id)).one()
    answer = post(ada, f"/settings/people/{row.id}/clients", {"client": [world.b.id]})
    assert answer.status_code == 303
    assert browser.get(f"/t/{world.b.slug}/people").status_code == 200
    assert browser.get(f"/t/{world.a.slug}/people").status_code == 404


def test_it_does_not_take_in_somebody_whose_sign_in_was_closed(app: Flask, world: World) -> None:
    gone = somebody(MARK)
    link = _invite(app, world, gone.email, "user")
    people.disable_person(gone.email, NOW)
    assert post(fresh_browser(app), link, {"name": "Gone", "password": PASSWORD}).status_code == 422
    with tenant_scope(world.a.id, world.ada_actor, read_only=True):
        assert session().scalars(select(TenantMember).where(TenantMember.email == gone.email)).all() == []


def test_nobody_sends_mail_without_end_by_inviting(app: Flask, world: World) -> None:
    browser, url = world.sign_in(app, world.ben), f"/portal/{world.a.slug}/people/invite"
    data = {"email": "x@example.test", "name": "X", "role": "user", "language": "en"}
    answers = [post(browser, url, data).status_code for _ in range(32)]
    assert answers == [303] * 30 + [429] * 2
    assert post(world.sign_in(app, world.ada), f"/t/{world.a.slug}/people/invite", data).status_code == 303
