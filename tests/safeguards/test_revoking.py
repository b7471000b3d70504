"""What a review decides to take away: one ticket with a list, and the next snapshot says whether it happened."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from connectors.facts import Grant, Look, User
from service_desk.lib.errors import Refused
from service_desk.safeguards import revoking, snapshot
from service_desk.safeguards.finding import Finding
from service_desk.safeguards.models import AccessFinding, AccessReview
from service_desk.safeguards.operations import reviews
from service_desk.scope import session
from service_desk.tickets.models import Ticket, TicketItem, TicketMessage
from tests.safeguards import given
from tests.tickets.counting import statements
from tests.tickets.test_operations import desk
from tests.world import World, post

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
        reviews.decide(review, one.id, decisions.get(one.rule, "ask"), "已确认", given.NOW)
    reviews.sign_review(review, given.NOW)


def tickets() -> Sequence[Ticket]:
    return session().scalars(select(Ticket)).all()


def listed() -> dict[str, bool]:
    """The points of the checklist, and whether they are ticked off."""
    items = session().scalars(select(TicketItem).order_by(TicketItem.position))
    return {item.text: item.done_at is not None for item in items}


def who(text: str) -> str:
    """Whom a point of the checklist is about, behind the name of the system."""
    return text.partition("：")[2][:3]


def test_decided_once_or_twice_it_is_one_ticket_with_a_list(app: Flask, world: World) -> None:
    with desk(world):
        review = reviewed(told([BOSS, LIU], [POSTING]))
        for _ in range(2):
            reviews.decide(review, of(review, "mighty").id, "revoke", "", given.NOW)
        (ticket,) = tickets()
        assert (ticket.category, ticket.priority, review.ticket_id) == ("access", "P3", ticket.id)
        assert list(listed().values()) == [False]
        reviews.decide(review, of(review, "direct").id, "revoke", "", given.NOW)
        assert [who(text) for text in listed()] == ["陈会颖", "刘伟民"]
        reviews.decide(review, of(review, "direct").id, "keep", "月结要用", given.NOW)
        assert [who(text) for text in listed()] == ["陈会颖"], "decided otherwise, it goes off the list"
        reviews.decide(review, of(review, "direct").id, "revoke", "", given.NOW)
        reviews.sign_review(review, given.NOW)
        with pytest.raises(Refused):
            reviews.sign_review(review, given.NOW)
        assert len(tickets()) == 1
        said = session().scalars(select(TicketMessage).where(TicketMessage.public).order_by(TicketMessage.id)).all()
        assert len(said) == 2, "the opening, and once the whole list"
        assert "陈会颖" in said[1].body
        assert "刘伟民" in said[1].body
        number = ticket.number
    ada = world.sign_in(app, world.ada)
    pages = {
        "ticket": f"/t/{world.a.slug}/tickets/{number}",
        "review": f"/t/{world.a.slug}/safeguards/reviews/{review.id}",
    }
    assert f'href="{pages["review"]}"' in ada.get(pages["ticket"]).text
    with statements() as heard:
        assert f'href="{pages["ticket"]}"' in ada.get(pages["review"]).text
    assert len(heard) <= 10, heard


def test_what_is_kept_or_asked_opens_no_ticket(world: World) -> None:
    with desk(world):
        decided(reviewed(told([BOSS, LIU])), mighty="keep")
        assert tickets() == []


def test_a_closed_ticket_is_opened_again_by_one_more_decision(app: Flask, world: World) -> None:
    with desk(world):
        review = reviewed(told([BOSS, LIU], [POSTING]))
        reviews.decide(review, of(review, "mighty").id, "revoke", "", given.NOW)
        (ticket,) = tickets()
        ticket.status = "closed"
        session().flush()
        reviews.decide(review, of(review, "direct").id, "revoke", "", given.NOW)
        assert [one.status for one in tickets()] == ["open"]
        reviews.call_off_review(review, given.NOW)
        last = session().scalars(select(TicketMessage).order_by(TicketMessage.id.desc())).first()
        assert last is not None
        assert (last.public, "撤销" in last.body or "作废" in last.body or "取消" in last.body) == (False, True)


def test_the_next_snapshot_says_what_is_gone_and_what_is_still_there(app: Flask, world: World) -> None:
    with desk(world):
        first = reviewed(told([BOSS, LIU], [POSTING]))
        decided(first, mighty="revoke", direct="revoke")
        again = reviewed(told([BOSS, LIU]))
        outcomes = {one.rule: one.outcome for one in reviews.findings_of(first)}
        assert outcomes == {"mighty": "still", "direct": "gone"}
        assert {who(text): done for text, done in listed().items()} == {"陈会颖": False, "刘伟民": True}
        last = session().scalars(select(TicketMessage).order_by(TicketMessage.id.desc())).first()
        assert last is not None
        assert "陈会颖" in last.body
        assert "刘伟民" not in last.body
        decided(again, mighty="revoke")
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
        reviewed(told([LIU], blind="users"))
        assert of(first, "mighty").outcome == "unseen"
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
