"""The person's own time over all clients, and the running timer."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale
from flask_babel import gettext as _

from service_desk.accounts.blueprints import PersonBlueprint, PracticeBlueprint
from service_desk.accounts.models import Practice
from service_desk.lib.clock import hours_minutes, in_words, language, local_day, show_day, show_hour
from service_desk.scope import current, session
from service_desk.worklog import operations, reading
from service_desk.worklog.forms import now
from service_desk.worklog.gaps import gaps
from service_desk.worklog.models import RunningTimer

time = PracticeBlueprint("time", __name__, template_folder="../templates")
timer = PersonBlueprint("timer", __name__)


def _lang() -> Any:
    return language(str(get_locale() or "zh"))


@time.page("/time", needs="practice.read")
def week() -> ResponseReturnValue:
    """My week: hours by client and day, what was done, what is missing today."""
    zone, lang = session().get_one(Practice, current().practice_id).time_zone, _lang()
    today = local_day(datetime.now(UTC), zone)
    monday = reading.monday_of(_day_asked() or today)
    rows = reading.week(monday, zone)
    return render_template(
        "worklog/week.html",
        grid=reading.grid(rows, monday, zone),
        days=[show_day(monday + timedelta(days=place), lang) for place in range(7)],
        today=(today - monday).days,
        listed=_by_day(rows, zone),
        gaps=_gaps(rows, today, zone),
        running=_timer(zone),
        clients=_clients(rows),
        previous_url=url_for("time.week", day=monday - timedelta(days=7)),
        next_url=url_for("time.week", day=monday + timedelta(days=7)) if monday + timedelta(days=7) <= today else None,
    )


def _day_asked() -> date | None:
    try:
        return date.fromisoformat(request.args.get("day", ""))
    except ValueError:
        return None


def _clients(rows: reading.Rows) -> list[tuple[str, str]]:
    return sorted({(tenant.slug, tenant.short_name) for _entry, tenant, _number, _title in rows})


def _by_day(rows: reading.Rows, zone: str) -> list[tuple[str, str, list[dict[str, Any]]]]:
    """The latest day first: its name, its sum, its entries."""
    days: dict[date, list[dict[str, Any]]] = {}
    sums: dict[date, int] = {}
    for entry, tenant, number, _title in rows:
        day = local_day(entry.started_at, zone)
        days.setdefault(day, []).append(
            {
                "time": f"{show_hour(entry.started_at, zone)}–{show_hour(entry.ended_at, zone)}",
                "worked": hours_minutes(entry.worked_seconds),
                "tenant": tenant,
                "content": entry.content,
                "number": number,
                "billable": entry.billable,
                "url": url_for("worklog.edit", slug=tenant.slug, entry_id=entry.id),
            }
        )
        sums[day] = sums.get(day, 0) + entry.worked_seconds
    return [(show_day(day, _lang()), hours_minutes(sums[day]), days[day]) for day in sorted(days, reverse=True)]


def _gaps(rows: reading.Rows, today: date, zone: str) -> list[tuple[str, str]]:
    spans = [
        (entry.started_at, entry.ended_at)
        for entry, *_rest in rows
        if local_day(entry.started_at, zone) == today and entry.worked_seconds > 0
    ]
    return [
        (f"{show_hour(begin, zone)}–{show_hour(end, zone)}", in_words(end - begin, _lang()))
        for begin, end in gaps(spans)
    ]


def _timer(zone: str) -> dict[str, Any] | None:
    found = operations.running()
    if found is None:
        return None
    measured = operations.measured_by(found, datetime.now(UTC))
    return {
        "tenant_name": found.tenant_name,
        "title": found.title,
        "since": show_hour(found.started_at, zone),
        "worked": hours_minutes(int((measured.end - measured.begin).total_seconds())),
        "stopped": found.stopped_at is not None,
        "forgotten": measured.forgotten,
        "write_url": url_for("worklog.write", slug=found.tenant_slug, timer=1),
    }


@timer.page("/time/stop", methods=("POST",))
def stop() -> ResponseReturnValue:
    """Stop the timer; its time goes into the form with the four fields."""
    stopped = operations.stop_timer(now())
    return redirect(_after(stopped), 303)


def _after(stopped: RunningTimer | None) -> str:
    if stopped is None:
        return url_for("time.week")
    return url_for("worklog.write", slug=stopped.tenant_slug, timer=1)


@timer.page("/time/discard", methods=("POST",))
def discard() -> ResponseReturnValue:
    """Throw away what the timer measured."""
    operations.discard_timer()
    flash(_("The timer's time was thrown away."), "success")
    return redirect(url_for("time.week"), 303)
