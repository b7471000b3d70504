"""The page of one ticket: the conversation, its clocks, the work logged in it, and the answer with its work record.

It stands here because it is composed of tickets, work log, checks and alerts.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from flask import flash, g, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import BigInteger, DateTime, TextClause, func, null, select

from service_desk.accounts.models import PracticeMember
from service_desk.accounts.operations.drafts import drop_draft
from service_desk.alerts.models import Incident
from service_desk.checks.reading import sentence, title
from service_desk.lib.clock import Language, at_wall, hours_minutes, local_day, show_hour, show_time
from service_desk.lib.errors import Invalid, Refused
from service_desk.lib.text import markdown
from service_desk.safeguards.models import AccessReview
from service_desk.scope import session
from service_desk.sla.words import PRIORITY
from service_desk.spelled import given, spelled_out
from service_desk.tickets import operations, reading
from service_desk.tickets.clocks import readings
from service_desk.tickets.forms import ReplyForm, uploads
from service_desk.tickets.models import Ticket, TicketMessage
from service_desk.tickets.timing import story
from service_desk.tickets.views.client import tickets
from service_desk.tickets.views.rows import lang_here
from service_desk.tickets.words import CATEGORY, MOVE, MOVES, PRIORITY_KIND, SOURCE, STATUS, STATUS_KIND, clock_line
from service_desk.web.drawing import address as url_for
from service_desk.web.frame import glance
from service_desk.worklog import operations as worklog
from service_desk.worklog.models import Entry

KINDS = {"desk": "ours", "machine": "machine", "client": ""}
THEN = {"wait": "waiting_client", "solve": "solved"}


@tickets.page("/tickets/<int:number>", needs="client.read", endpoint="ticket")
def show(number: int) -> ResponseReturnValue:
    """One ticket."""
    return _page(operations.by_number(number), ReplyForm())


@tickets.page("/tickets/<int:number>", needs="client.write", methods=("POST",), endpoint="reply")
def reply(number: int) -> ResponseReturnValue:
    """Answer, and log the work in the same step; what is refused leaves nothing behind and comes back filled."""
    ticket, form = operations.by_number(number), ReplyForm()
    if form.validate():
        try:
            with session().begin_nested():
                _answer(ticket, form, datetime.now(UTC))
        except Invalid as error:
            form.blame(error)
        except Refused as error:
            form.form_errors.append(f"{error.message} {error.way_out}")
        else:
            drop_draft(_place(number))
            flash(_("Sent."), "success")
            return redirect(url_for("tickets.ticket", slug=g.tenant.slug, number=number), 303)
    return _page(ticket, form, 422)


def _answer(ticket: Ticket, form: ReplyForm, now: datetime) -> None:
    body, logs = (form.body.data or "").strip(), bool(form.minutes.data or (form.content.data or "").strip())
    files = uploads(form.files)
    if not body and not logs and not files:
        raise Invalid(_("Write a message, or log the work."), field="body")
    said, public = body or (_("See the file.") if files else ""), form.visibility.data == "public"
    if said and operations.was_just_said(ticket, said, public, now=now, files=files):
        return  # The form came twice; all of it stands since the first time.
    if logs:
        _log(ticket, form, now)
    if said:
        operations.reply(ticket, said, public, now=now, files=files)
    worklog.seen_working(now)
    then = request.form.get("then", "")
    if then == "close":
        operations.close(ticket, now=now)
    elif then in THEN:
        operations.set_status(ticket, THEN[then], now=now)


def _log(ticket: Ticket, form: ReplyForm, now: datetime) -> None:
    """The work record of this answer: what the timer measured when it runs here, else the minutes up to now."""
    if not (form.content.data or "").strip():
        raise Invalid(_("Say in one line what was done."), field="content")
    timer = worklog.running()
    here = timer is not None and timer.ticket_id == ticket.id
    minutes = form.minutes.data
    if timer is not None and here:
        measured = worklog.measured_by(timer, now)
        begin = measured.begin
        end = begin + timedelta(minutes=minutes) if minutes else measured.end
    elif minutes:
        begin, end = now - timedelta(minutes=minutes), now
    else:
        raise Invalid(_("How many minutes did it take?"), field="minutes")
    worklog.write_entry(
        begin,
        end,
        form.content.data.strip(),
        form.problem.data or "",
        form.solution.data or "",
        ticket_id=ticket.id,
        from_timer=here,
        now=now,
    )


def _page(ticket: Ticket, form: ReplyForm, status: int = 200) -> ResponseReturnValue:
    now, zone, lang = datetime.now(UTC), g.tenant.time_zone, lang_here()
    said, beside = reading.messages(ticket), reading.around(ticket)
    clocks = readings(story(ticket, said, beside.stood, beside.changed, now), now)  # type: ignore[arg-type]
    work = session().scalars(select(Entry).where(Entry.ticket_id == ticket.id).order_by(Entry.started_at)).all()
    incident, seconds, people, review = _beside(ticket, now)
    return render_template(
        "tickets/ticket.html",
        ticket=_head(ticket, zone, lang),
        thread=_thread(ticket, said, beside, zone, lang),
        form=form,
        entries=[_entry(one, zone, lang) for one in work],
        sla=[clock_line(one, zone, lang) for one in clocks],
        linked=_linked(beside, incident, lang),
        review_url=url_for("safeguards.review", slug=g.tenant.slug, review_id=review) if review else None,
        facts_list=_facts(ticket, beside, seconds, zone, lang),
        items=beside.items,
        similar=[(f"#{number} {text}", _here("ticket", number)) for number, text in beside.similar],
        moves=[(MOVE[status], status) for status in MOVES[ticket.status]],
        sends=[("wait", _("Send and wait for the client")), ("solve", _("Send and solve"))],
        timer_here=_timer_minutes(ticket, now),
        previous_url=_here("ticket", beside.previous) if beside.previous else None,
        next_url=_here("ticket", beside.following) if beside.following else None,
        priorities=PRIORITY,
        people=people,
        assignee=ticket.assignee_person_id or 0,
        draft_url=url_for("accounts.keep_draft", place=_place(ticket.number)),
        start_timer_url=url_for("worklog.start", slug=g.tenant.slug, ticket=ticket.number),
        **_addresses(ticket.number),
    ), status


def _place(number: int) -> str:
    """Under which name the draft of an answer is kept."""
    return f"ticket/{g.tenant.slug}/{number}"


def _here(page: str, number: int, **values: Any) -> str:
    return url_for(f"tickets.{page}", slug=g.tenant.slug, number=number, **values)


def _addresses(number: int) -> dict[str, str]:
    pages = {
        "reply_url": "reply",
        "status_url": "set_status",
        "close_url": "close",
        "priority_url": "set_priority",
        "assign_url": "assign",
        "toggle_url": "tick",
        "item_url": "add_item",
    }
    return {name: _here(page, number) for name, page in pages.items()}


def _head(ticket: Ticket, zone: str, lang: Language) -> dict[str, Any]:
    opened = show_time(ticket.created_at, zone, lang)
    return {
        "number": ticket.number,
        "title": ticket.title,
        "key": ticket.status,
        "status": STATUS[ticket.status],
        "status_kind": STATUS_KIND.get(ticket.status, ""),
        "priority": (PRIORITY[ticket.priority], PRIORITY_KIND[ticket.priority]),
        "priority_key": ticket.priority,
        "line": f"{ticket.author_name} · {SOURCE[ticket.source]} · {opened}",
    }


def _thread(
    ticket: Ticket, said: Sequence[TicketMessage], beside: reading.Around, zone: str, lang: Language
) -> list[dict[str, Any]]:
    """Messages and quiet lines between them, in the order they happened."""
    items = [(one.created_at, 0, _message(ticket, one, beside, zone, lang)) for one in said]
    items += [(one.started_at, 1, _stood(one, zone, lang)) for one in beside.stood[1:]]
    items += [(one.at, 1, _changed(one, zone, lang)) for one in beside.changed]
    return [item for _at, _rank, item in sorted(items, key=lambda item: item[:2])]


def _message(ticket: Ticket, one: TicketMessage, beside: reading.Around, zone: str, lang: Language) -> dict[str, Any]:
    return {
        "kind": KINDS[one.side] if one.public else "note" if one.side == "desk" else "machine",
        "author": one.author_name,
        "when": show_time(one.created_at, zone, lang),
        "via": "" if one.via == "desk" else SOURCE.get(one.via, one.via),
        "body": markdown(one.body),
        "files": [
            (name, _here("download", ticket.number, file_id=file_id))
            for file_id, name, _size in beside.files.get(one.id, ())
        ],
    }


def _stood(one: reading.Stood, zone: str, lang: Language) -> dict[str, Any]:
    text = _("%(name)s: %(status)s", name=one.actor_name, status=STATUS[one.status])
    text = f"{text} ({one.reason})" if one.reason else text
    return {"kind": "event", "when": show_time(one.started_at, zone, lang), "text": text}


def _changed(one: reading.Changed, zone: str, lang: Language) -> dict[str, Any]:
    words: dict[str, Any] = PRIORITY if one.field == "priority" else {}
    what = _("Priority") if one.field == "priority" else _("Assigned to")
    before, after = (words.get(value, value) or _("nobody") for value in (one.before, one.after))
    text = _("%(name)s: %(what)s %(before)s → %(after)s", name=one.actor_name, what=what, before=before, after=after)
    text = f"{text} ({one.reason})" if one.reason else text
    return {"kind": "event", "when": show_time(one.at, zone, lang), "text": text}


def _entry(one: Entry, zone: str, lang: Language) -> dict[str, Any]:
    slug = g.tenant.slug
    span = f"{show_time(one.started_at, zone, lang)} – {show_hour(one.ended_at, zone)}"
    article = url_for("worklog.article", slug=slug, entry_id=one.id) if one.article_id is None else None
    return {
        "time": f"{span} · {hours_minutes(one.worked_seconds)} · {one.person_name}",
        "content": one.content,
        "problem": one.problem,
        "solution": one.solution,
        "url": url_for("worklog.edit", slug=slug, entry_id=one.id),
        "article_url": article,
    }


def _linked(beside: reading.Around, incident: int | None, lang: Language) -> tuple[str, str, str | None] | None:
    if beside.linked is None:
        return None
    where = url_for("incidents.show", slug=g.tenant.slug, incident_id=incident) if incident is not None else None
    return beside.linked.state, sentence(beside.linked, lang), where


def _facts(
    ticket: Ticket, beside: reading.Around, seconds: int, zone: str, lang: Language
) -> list[tuple[Any, Any, Any]]:
    rows: list[tuple[Any, Any, Any]] = [
        (_("Kind"), CATEGORY[ticket.category], None),
        (_("Assigned to"), ticket.assignee_name or _("nobody"), None),
        (_("Hours this month"), hours_minutes(seconds), _("worked for this client")),
    ]
    if ticket.check:
        rows.append((_("Check"), title(ticket.check, lang), ticket.subject or None))
    if beside.connection:
        rows.append((_("System"), beside.connection, None))
    if ticket.scheduled_for:
        rows.append((_("Agreed for"), show_time(ticket.scheduled_for, zone, lang), None))
    return rows


def _beside(ticket: Ticket, now: datetime) -> tuple[int | None, int, list[tuple[int, str]], int | None]:
    """The incident behind the ticket, the seconds worked for the client this month, the practice's people, the review.

    The permission review is the one that decided what the ticket is to take away, if it is such a ticket.
    """
    month = local_day(now, g.tenant.time_zone).replace(day=1)
    since = at_wall(month, 0, g.tenant.time_zone)
    asked = _beside_statement(ticket.category == "access")
    row = session().execute(asked, {"ticket": ticket.id, "since": since}).one()
    return row[0], int(row[1]), [(person, name) for person, name in row[2] or ()], row[3]


@cache
def _beside_statement(about_access: bool) -> TextClause:
    """A review is looked for where there may be one: only a ticket about an account or a right comes from one."""
    incident = select(func.max(Incident.id)).where(Incident.ticket_id == given("ticket", BigInteger()))
    worked = select(func.coalesce(func.sum(Entry.worked_seconds), 0)).where(
        Entry.started_at >= given("since", DateTime(timezone=True))
    )
    review = select(AccessReview.id).where(AccessReview.ticket_id == given("ticket", BigInteger()))
    people = func.jsonb_agg(func.jsonb_build_array(PracticeMember.person_id, PracticeMember.name))
    row = select(
        incident.scalar_subquery(),
        worked.scalar_subquery(),
        select(people).where(PracticeMember.ended_at.is_(None)).scalar_subquery(),
        review.scalar_subquery() if about_access else null(),
    )
    return spelled_out(row)


def _timer_minutes(ticket: Ticket, now: datetime) -> int | None:
    """The minutes my timer ran on this ticket, None when it does not run here; the frame has asked already."""
    timer = glance().timer
    if not timer or timer["ticket_id"] != ticket.id:
        return None
    stopped = datetime.fromisoformat(timer["stopped_at"]) if timer.get("stopped_at") else now
    return max(1, int((stopped - datetime.fromisoformat(timer["started_at"])).total_seconds() // 60))


__all__ = ("tickets",)
