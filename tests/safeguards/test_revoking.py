"""What a review decides to take away: one ticket with a list, and the next snapshot says whether it happened."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import count
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from connectors.facts import Grant, Look, User
from service_desk.jobs import Job
from service_desk.lib.errors import Refused
from service_desk.safeguards import revoking, snapshot
from service_desk.safeguards.finding import Finding
from service_desk.safeguards.models import AccessFinding, AccessReview
from service_desk.safeguards.operations import reviews
from service_desk.scope import session
from service_desk.tickets.models import Ticket, TicketItem, TicketMessage
from service_desk.tickets.operations import revoking as revocations
from tests.counting import statements
from tests.safeguards import given
from tests.tickets.test_operations import desk
from tests.world import World, post

_moments = count(1)


def moment() -> datetime:
    """A moment of its own for each thing a person does, as on a page."""
    return given.NOW + timedelta(seconds=next(_moments))


SEEN: dict[str, Any] = {"account_set": None, "seen_at": given.NOW}
BOSS = User(login="chenhy", name="陈会颖", enabled=True, admin=True, roles=("CW",), **SEEN)
LIU = User(login="liuwm", name="刘伟民", enabled=True, roles=("CK",), **SEEN)
POSTING = Grant(holder="liuwm", holder_name="刘伟民", right="GL0208", right_name="记账", **SEEN)


def told(users: Sequence[User], grants: Sequence[Grant] = (), *, blind: str = "") -> list[Look]:
    """A look at accounts and rights; one kind may not have been seen to its end."""
    kinds: dict[str, Sequence[Any]] = {"users": users, "grants": grants}
    return [
        Look(kind=kind, account_set=None, seen_at=given.NOW, facts=tuple(facts), truncated=kind == blind)
        for kind, facts in kinds.items()
    ]


def reviewed(looks: list[Look]) -> AccessReview:
    return given.kept(looks, reviews.request_review(given.NOW))


def of(review: AccessReview, rule: str) -> AccessFinding:
    return next(one for one in reviews.findings_of(review) if one.rule == rule)


def decided(review: AccessReview, **decisions: str) -> None:
    """Decide these rules so, the rest to be asked, and sign."""
    for one in reviews.findings_of(review):
        reviews.decide(review, one.id, decisions.get(one.rule, "ask"), "已确认", moment())
    reviews.sign_review(review, moment())


def tickets() -> Sequence[Ticket]:
    return session().scalars(select(Ticket)).all()


def said(*, public: bool) -> list[str]:
    mine = select(TicketMessage.body).where(TicketMessage.public == public).order_by(TicketMessage.id)
    return list(session().scalars(mine))


def listed() -> dict[str, bool]:
    """Whom the points of the checklist are about, behind the name of the system, and whether they are ticked off."""
    items = session().scalars(select(TicketItem).order_by(TicketItem.position))
    return {item.text.partition("：")[2][:3]: item.done_at is not None for item in items}


def one(world: World, review: AccessReview) -> AccessReview:
    return session().get_one(AccessReview, (world.a.id, review.id))


def decide(world: World, review: AccessReview, rule: str, decision: str) -> None:
    """A person decides, and a worker follows."""
    with desk(world):
        reviews.decide(one(world, review), of(review, rule).id, decision, "月结要用", moment())
    given.work(world, "revocations")


def test_decided_once_or_twice_it_is_one_ticket_with_a_list(app: Flask, world: World) -> None:
    with desk(world):
        review = reviewed(told([BOSS, LIU], [POSTING]))
    for _ in range(2):
        decide(world, review, "mighty", "revoke")
    with desk(world):
        (ticket,) = tickets()
        assert (ticket.category, ticket.priority, one(world, review).ticket_id) == ("access", "P3", ticket.id)
        assert ticket.author_name == "Ada"
        assert list(listed().values()) == [False]
    decide(world, review, "direct", "revoke")
    with desk(world):
        assert list(listed()) == ["陈会颖", "刘伟民"]
    decide(world, review, "direct", "keep")
    with desk(world):
        assert list(listed()) == ["陈会颖"], "decided otherwise, it goes off the list"
        assert "刘伟民" in said(public=False)[-1]
    decide(world, review, "direct", "revoke")
    with desk(world):
        reviews.sign_review(one(world, review), moment())
        with pytest.raises(Refused):
            reviews.sign_review(one(world, review), moment())
    given.work(world, "revocations")
    with desk(world):
        revocations.follow(review.id, given.NOW)
        assert [ticket.id for ticket in tickets()] == [one(world, review).ticket_id], "followed again, it stays one"
        _opening, whole = said(public=True)
        assert "陈会颖" in whole
        assert "刘伟民" in whole
        number = tickets()[0].number
    ada, slug = world.sign_in(app, world.ada), world.a.slug
    ticket_url, review_url = f"/t/{slug}/tickets/{number}", f"/t/{slug}/safeguards/reviews/{review.id}"
    assert f'href="{review_url}"' in ada.get(ticket_url).text
    with statements() as heard:
        assert f'href="{ticket_url}"' in ada.get(review_url).text
    assert len(heard) <= 10, heard


def test_what_is_kept_or_asked_opens_no_ticket(world: World) -> None:
    with desk(world):
        decided(reviewed(told([BOSS, LIU])), mighty="keep")
        assert session().scalars(select(Job).where(Job.kind == "revocations")).all() == []
    given.work(world, "revocations")
    with desk(world):
        assert tickets() == []


def test_a_closed_ticket_is_opened_again_by_one_more_decision(world: World) -> None:
    with desk(world):
        review = reviewed(told([BOSS, LIU], [POSTING]))
    decide(world, review, "mighty", "revoke")
    with desk(world):
        tickets()[0].status = "closed"
    decide(world, review, "direct", "revoke")
    with desk(world):
        assert [ticket.status for ticket in tickets()] == ["open"]
        reviews.call_off_review(one(world, review), moment())
    given.work(world, "revocations")
    with desk(world):
        assert "取消" in said(public=False)[-1]
        assert len(listed()) == 2


def test_the_next_snapshot_says_what_is_gone_and_what_is_still_there(app: Flask, world: World) -> None:
    with desk(world):
        first = reviewed(told([BOSS, LIU], [POSTING]))
        decided(first, mighty="revoke", direct="revoke")
    given.work(world, "revocations")
    with desk(world):
        again = reviewed(told([BOSS, LIU]))
        assert {row.rule: row.outcome for row in reviews.findings_of(first)} == {"mighty": "still", "direct": "gone"}
    given.work(world, "revocations")
    with desk(world):
        assert listed() == {"陈会颖": False, "刘伟民": True}
        assert "陈会颖" in said(public=False)[-1]
        assert "刘伟民" not in said(public=False)[-1]
        decided(one(world, again), mighty="revoke")
    given.work(world, "revocations")
    with desk(world):
        assert len(tickets()) == 2, "each review has its own"
        third = reviewed(told([replace(BOSS, admin=False), LIU]))
        assert of(again, "mighty").outcome == "gone"
    page = world.sign_in(app, world.ada).get(f"/t/{world.a.slug}/safeguards/reviews/{third.id}").text
    assert "上次审计收回的内容" in page
    assert "已收回" in page
    stranger = world.sign_in(app, world.cai)
    assert post(stranger, f"/t/{world.a.slug}/safeguards/reviews/{third.id}/sign").status_code == 404


def test_what_could_not_be_seen_is_not_gone(world: World) -> None:
    with desk(world):
        first = reviewed(told([BOSS, LIU]))
        decided(first, mighty="revoke")
    given.work(world, "revocations")
    with desk(world):
        reviewed(told([LIU], blind="users"))
        assert of(first, "mighty").outcome == "unseen"
    given.work(world, "revocations")
    with desk(world):
        assert not any(listed().values())


def part(*looks: Look) -> dict[str, Any]:
    return snapshot.whole({1: snapshot.part("U8", "yonyou_u8", looks)})


def outcome(one: Finding, then: list[Look], now: list[Look], before: list[Look] | None = None, *found: Finding) -> str:
    seen = revoking.Seen(part(*before) if before is not None else None, part(*then), part(*now), found)
    return revoking.outcome(one, seen)


def finding(rule: str, subject: str, **params: Any) -> Finding:
    return Finding(rule=rule, grave="warn", connection="1", system="U8", subject=subject, params=params)


@pytest.mark.parametrize(
    ("now", "wanted"),
    [
        ([LIU], "gone"),
        ([LIU, replace(BOSS, enabled=False)], "gone"),
        ([LIU, BOSS], "still"),
    ],
)
@pytest.mark.parametrize("rule", ["account_added", "dormant", "check:acl.leaver"])
def test_an_account_is_gone_when_it_is_shut_or_away(rule: str, now: list[User], wanted: str) -> None:
    """A leaver who was taken off the list, or an account that was used once, is still there."""
    one = finding(rule, BOSS.subject, login="chenhy")
    assert outcome(one, told([BOSS, LIU]), told(now)) == wanted


def test_rights_that_were_given_are_gone_when_all_of_them_are() -> None:
    more = replace(POSTING, right="GL0201", right_name="填制凭证")
    one = finding("rights_added", "liuwm", login="liuwm")
    before, then = told([LIU]), told([LIU], [POSTING, more])
    assert outcome(one, then, told([LIU], [more]), before) == "still"
    assert outcome(one, then, told([LIU]), before) == "gone"
    assert outcome(one, then, told([LIU], blind="grants"), before) == "unseen"


def test_a_change_is_taken_back_when_no_field_is_as_it_became() -> None:
    boss = replace(LIU, admin=True, roles=("CK", "CW"))
    fields = {"admin": [False, True], "roles": [["CK"], ["CK", "CW"]]}
    one = finding("account_changed", LIU.subject, login="liuwm", fields=fields)
    assert outcome(one, told([boss]), told([replace(LIU, roles=("CK", "CW"))])) == "still"
    assert outcome(one, told([boss]), told([LIU])) == "gone"


def test_a_rule_that_finds_it_again_says_it_is_still_there_in_other_words_too() -> None:
    one = finding("check:acl.sod", "/liuwm", rights="a, b")
    again = finding("check:acl.sod", "/liuwm", rights="a")
    assert outcome(one, told([LIU]), told([LIU]), None, again) == "still"
    assert outcome(one, told([LIU]), told([LIU]), None, replace(again, connection="2")) == "gone"


def test_a_system_that_is_not_asked_any_more_tells_nothing() -> None:
    one = finding("mighty", BOSS.subject)
    seen = revoking.Seen(None, part(*told([BOSS])), {"v": 1, "connections": {}}, ())
    assert revoking.outcome(one, seen) == "unseen"
    assert revoking.outcome(replace(one, system="K3"), seen) == "unseen"
