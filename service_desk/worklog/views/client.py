"""A client's work log: the month, one entry, the timer's start, the question for the client's confirmation."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

from flask import flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale
from flask_babel import gettext as _

from service_desk.accounts.roles import allows
from service_desk.knowledge.operations import article_from_entry
from service_desk.lib.clock import hours_minutes, language, local, local_day, show_day, show_hour
from service_desk.lib.errors import Invalid, NotThere, Refused
from service_desk.scope import load, session
from service_desk.tenants.blueprint import TenantBlueprint
from service_desk.tickets.operations import by_number
from service_desk.worklog import operations, reading
from service_desk.worklog.forms import ACTIVITY, CorrectionForm, EntryForm, now
from service_desk.worklog.models import Entry, RunningTimer

worklog = TenantBlueprint("worklog", __name__, template_folder="../templates")


def month_asked() -> date:
    """The month in the address, else the present one of the client's calendar."""
    try:
        return date.fromisoformat(f"{request.args.get('month', '')}-01")
    except ValueError:
        return local_day(datetime.now(UTC), g.tenant.time_zone).replace(day=1)


def lines(rows: reading.Rows) -> list[dict[str, Any]]:
    """A month's entries in words, the latest first."""
    zone, lang = g.tenant.time_zone, language(str(get_locale() or "zh"))
    words = dict(ACTIVITY)
    return [
        {
            "day": show_day(local_day(entry.started_at, zone), lang),
            "time": f"{show_hour(entry.started_at, zone)}–{show_hour(entry.ended_at, zone)}",
            "entry": entry,
            "number": number,
            "worked": hours_minutes(entry.worked_seconds),
            "billable": hours_minutes(entry.billable_minutes * 60),
            "activity": words[entry.activity],
        }
        for entry, _tenant, number, _title in reversed(rows)
    ]


def sums(rows: reading.Rows) -> tuple[str, str, str]:
    """Worked, billable and not yet billed, as h:mm."""
    entries = [entry for entry, *_rest in rows]
    waiting = sum(one.billable_minutes for one in entries if one.billable and one.invoice_line_id is None)
    return (
        hours_minutes(sum(one.worked_seconds for one in entries)),
        hours_minutes(60 * sum(one.billable_minutes for one in entries)),
        hours_minutes(60 * waiting),
    )


def steps(first: date, endpoint: str) -> dict[str, str | None]:
    """The months before and after; none after the present one."""
    here = local_day(datetime.now(UTC), g.tenant.time_zone).replace(day=1)
    before = date(first.year - (first.month == 1), (first.month - 2) % 12 + 1, 1)
    after = date(first.year + (first.month == 12), first.month % 12 + 1, 1)
    return {
        "previous_url": url_for(endpoint, slug=g.tenant.slug, month=f"{before:%Y-%m}"),
        "next_url": url_for(endpoint, slug=g.tenant.slug, month=f"{after:%Y-%m}") if after <= here else None,
    }


@worklog.page("/time", needs="client.read")
def client() -> ResponseReturnValue:
    """The client's month."""
    first = month_asked()
    rows = reading.month(first, g.tenant.time_zone)
    return render_template(
        "worklog/month.html",
        month=f"{first:%Y-%m}",
        lines=lines(rows),
        sums=sums(rows),
        sign=reading.sign_of(first),
        over=first < local_day(datetime.now(UTC), g.tenant.time_zone).replace(day=1),
        **steps(first, "worklog.client"),
    )


@worklog.page("/time/start", needs="client.write", methods=("POST",))
def start() -> ResponseReturnValue:
    """Start the timer here; when it runs elsewhere, ask: stop or keep."""
    number = request.args.get("ticket", "")
    ticket = by_number(int(number)) if number.isdecimal() else None
    here = url_for("worklog.client", slug=g.tenant.slug)
    if ticket is not None:
        here = url_for("tickets.ticket", slug=g.tenant.slug, number=ticket.number)
    try:
        with session().begin_nested():
            operations.start_timer(ticket, request.form.get("title", "")[:200], now=now())
    except operations.TimerRuns as runs:
        return _runs(runs.timer, here)
    return redirect(here, 303)


def _runs(timer: RunningTimer, back: str) -> ResponseReturnValue:
    since = show_hour(timer.started_at, g.tenant.time_zone)
    return render_template("worklog/runs.html", running=timer, since=since, back=back), 409


@worklog.page("/time/new", needs="client.write", methods=("GET", "POST"))
def write() -> ResponseReturnValue:
    """Write work down, by hand or from what the timer measured."""
    form, timer = EntryForm(), _timer_here()
    if not form.is_submitted():
        _prefill(form, timer)
    elif form.validate() and _kept(form, lambda: _write(form, timer)):
        flash(_("Written down."), "success")
        return redirect(_after(form), 303)
    forgotten = timer is not None and operations.measured_by(timer, now()).forgotten
    return render_template(
        "worklog/entry.html",
        form=form,
        entry=None,
        from_timer=timer is not None,
        forgotten=forgotten,
        me=g.actor.person_id,
    ), 422 if form.errors or form.form_errors else 200


def _timer_here() -> RunningTimer | None:
    """The person's timer, when this form is to take its time."""
    timer = operations.running() if request.args.get("timer") else None
    return timer if timer is not None and timer.tenant_id == g.tenant.id else None


def _prefill(form: EntryForm, timer: RunningTimer | None) -> None:
    zone = g.tenant.time_zone
    number = request.args.get("ticket", "")
    form.ticket.data = int(number) if number.isdecimal() else None
    begin = end = local(now(), zone)
    if timer is not None:
        measured = operations.measured_by(timer, now())
        begin, end = local(measured.begin, zone), local(measured.end, zone)
        form.ticket.data, form.content.data = timer.ticket_number, timer.title
    else:
        last = reading.last_end()
        begin = local(last, zone) if last and local_day(last, zone) == begin.date() else begin
    form.day.data, form.started.data, form.ended.data = begin.date(), begin.time(), end.time()


def _kept(form: EntryForm, act: Callable[[], object]) -> bool:
    """Run a verb; what it refuses stands in the form, and nothing of it is kept."""
    try:
        with session().begin_nested():
            act()
    except Invalid as error:
        form.blame(error)
    except Refused as error:
        form.form_errors.append(f"{error.message} {error.way_out}")
    else:
        return True
    return False


def _write(form: EntryForm, timer: RunningTimer | None) -> Entry:
    begin, end = form.span(g.tenant.time_zone)
    if timer is not None and timer.stopped_at is None:
        operations.stop_timer(now())
    return operations.write_entry(
        begin,
        end,
        form.content.data.strip(),
        form.problem.data or "",
        form.solution.data or "",
        ticket_id=_ticket_id(form),
        billable=form.billable.data,
        internal_note=form.internal_note.data or "",
        environment=form.environment.data,
        activity=form.activity.data,
        from_timer=timer is not None,
        now=now(),
    )


def _ticket_id(form: EntryForm) -> int | None:
    if not form.ticket.data:
        return None
    try:
        return by_number(form.ticket.data).id
    except NotThere as error:
        raise Invalid(_("This client has no ticket of this number."), field="ticket") from error


def _after(form: EntryForm) -> str:
    if form.ticket.data:
        return url_for("tickets.ticket", slug=g.tenant.slug, number=form.ticket.data)
    return url_for("worklog.client", slug=g.tenant.slug, month=f"{form.day.data:%Y-%m}")


@worklog.page("/time/<int:entry_id>", needs="client.write", methods=("GET", "POST"))
def edit(entry_id: int) -> ResponseReturnValue:
    """Change an entry that is not billed; a billed one is shown with the way to a correction."""
    entry, form = load(Entry, entry_id), EntryForm()
    if not form.is_submitted():
        form = EntryForm(obj=entry, data=_times(entry))
    elif _mine(entry) and form.validate() and _kept(form, lambda: _change(entry, form)):
        flash(_("Saved."), "success")
        return redirect(url_for("worklog.client", slug=g.tenant.slug, month=f"{form.day.data:%Y-%m}"), 303)
    return render_template(
        "worklog/entry.html",
        form=form,
        entry=entry,
        from_timer=False,
        forgotten=False,
        correction=CorrectionForm() if _may_correct(entry) else None,
        me=g.actor.person_id,
    ), 422 if form.errors or form.form_errors else 200


def _mine(entry: Entry) -> bool:
    """True; raises NotThere for the entry of somebody else: whoever did the work writes its entry."""
    if entry.person_id != g.actor.person_id:
        raise NotThere()
    return True


def _may_correct(entry: Entry) -> bool:
    """A correction changes the next invoice: it is for whoever did the work, and for whoever writes invoices."""
    return entry.person_id == g.actor.person_id or allows(g.actor.role, "money.write")


def _times(entry: Entry) -> dict[str, Any]:
    begin, end = local(entry.started_at, g.tenant.time_zone), local(entry.ended_at, g.tenant.time_zone)
    return {"day": begin.date(), "started": begin.time(), "ended": end.time()}


def _change(entry: Entry, form: EntryForm) -> None:
    begin, end = form.span(g.tenant.time_zone)
    values = {name: "" if form[name].data is None else form[name].data for name in operations.EDITABLE}
    operations.change_entry(entry, values, started_at=begin, ended_at=end, now=now())


@worklog.page("/time/<int:entry_id>/delete", needs="client.write", methods=("POST",))
def delete(entry_id: int) -> ResponseReturnValue:
    """Delete an entry that is not billed."""
    entry = load(Entry, entry_id)
    if _mine(entry):
        operations.delete_entry(entry)
    flash(_("Deleted."), "success")
    return redirect(url_for("worklog.client", slug=g.tenant.slug), 303)


@worklog.page("/time/<int:entry_id>/correct", needs="client.write", methods=("POST",))
def correct(entry_id: int) -> ResponseReturnValue:
    """Take minutes back from a billed entry."""
    entry, form = load(Entry, entry_id), CorrectionForm()
    if not _may_correct(entry):
        raise NotThere()
    if not form.validate():
        raise Invalid(_("Say how many minutes, and why."))
    operations.correct_entry(entry, form.minutes.data, form.reason.data, now=now())
    flash(_("The correction will be on the next invoice."), "success")
    return redirect(url_for("worklog.client", slug=g.tenant.slug), 303)


@worklog.page("/time/<int:entry_id>/article", needs="client.write", methods=("GET", "POST"))
def article(entry_id: int) -> ResponseReturnValue:
    """Turn an entry into an article of the client, once; then the article opens for editing."""
    entry = load(Entry, entry_id, lock=request.method == "POST")
    if entry.article_id is not None:
        return redirect(url_for("knowledge.edit", slug=g.tenant.slug, article_id=entry.article_id), 303)
    if request.method == "GET":
        return render_template("worklog/article.html", entry=entry)
    written = article_from_entry(entry, now=now())
    entry.article_id = written.id
    return redirect(url_for("knowledge.edit", slug=g.tenant.slug, article_id=written.id), 303)


@worklog.page("/time/sign", needs="client.write", methods=("POST",))
def ask() -> ResponseReturnValue:
    """Ask the client to confirm a month."""
    first = _month_posted()
    operations.ask_sign(first, now=now())
    flash(_("The client finds the question in the portal."), "success")
    return redirect(url_for("worklog.client", slug=g.tenant.slug, month=f"{first:%Y-%m}"), 303)


def _month_posted() -> date:
    try:
        return date.fromisoformat(f"{request.form.get('month', '')}-01")
    except ValueError as error:
        raise Invalid(_("There is no such month.")) from error
