"""The person's own time over all clients, and the running timer."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale
from flask_babel import gettext as _
from markupsafe import Markup
from sqlalchemy import select

from service_desk.accounts.blueprints import PersonBlueprint, PracticeBlueprint
from service_desk.accounts.models import Practice
from service_desk.lib.clock import Language, hours_minutes, in_words, language, local_day, show_day, show_hour
from service_desk.scope import current, session
from service_desk.worklog import operations, reading
from service_desk.worklog.forms import now
from service_desk.worklog.gaps import gaps
from service_desk.worklog.models import RunningTimer

time = PracticeBlueprint("time", __name__, template_folder="../templates")
timer = PersonBlueprint("timer", __name__)


def _lang() -> Language:
    return language(str(get_locale() or "zh"))


@time.page("/time", needs="practice.read")
def week() -> ResponseReturnValue:
    """My week: hours by client and day, what was done, what is missing today."""
    zone, lang = (
        session().scalars(select(Practice.time_zone).where(Practice.id == current().practice_id)).one(),
        _lang(),
    )
    today = local_day(datetime.now(UTC), zone)
    monday = reading.monday_of(_day_asked() or today)
    works = reading.week(monday, zone)
    grid = reading.grid(works, monday)
    return render_template(
        "worklog/week.html",
        rows=[(one, _cells(sums), hours_minutes(total)) for one, sums, total in grid.rows],
        sums=_cells(grid.days),
        total=hours_minutes(grid.total),
        days=[show_day(monday + timedelta(days=place), lang) for place in range(7)],
        today=(today - monday).days,
        listed=_by_day(works, lang),
        gaps=_gaps(works, today),
        running=_timer(zone),
        clients=[(one.slug, one.short_name) for one, _sums, _total in grid.rows],
        previous_url=url_for("time.week", day=monday - timedelta(days=7)),
        next_url=url_for("time.week", day=monday + timedelta(days=7)) if monday + timedelta(days=7) <= today else None,
    )


def _cells(sums: Sequence[int]) -> Markup:
    """The seven days of a line as cells: h:mm, a faint dot where nobody worked. A week has hundreds of them."""
    texts = (hours_minutes(seconds) if seconds else '<span class="dim">·</span>' for seconds in sums)
    return Markup("".join(f'<td class="r num">{text}</td>' for text in texts))  # noqa: S704 - figures of ours


def _day_asked() -> date | None:
    try:
        return date.fromisoformat(request.args.get("day", ""))
    except ValueError:
        return None


class Line(NamedTuple):
    """A piece of work as the list of a day shows it."""

    work: reading.Work
    time: str
    worked: str


def _by_day(works: Sequence[reading.Work], lang: Language) -> list[tuple[str, str, list[Line]]]:
    """The latest day first: its name, its sum, its entries."""
    days: dict[date, list[Line]] = {}
    sums: dict[date, int] = {}
    for one in works:
        day, seconds = one.day, one.worked_seconds
        days.setdefault(day, []).append(Line(one, _span(one.begin, one.end), hours_minutes(seconds)))
        sums[day] = sums.get(day, 0) + seconds
    return [(show_day(day, lang), hours_minutes(sums[day]), days[day]) for day in sorted(days, reverse=True)]


def _span(begin: datetime, end: datetime) -> str:
    return f"{begin.hour:02}:{begin.minute:02}–{end.hour:02}:{end.minute:02}"


def _gaps(works: Sequence[reading.Work], today: date) -> list[tuple[str, str]]:
    spans = [(one.begin, one.end) for one in works if one.day == today and one.worked_seconds > 0]
    return [(_span(begin, end), in_words(end - begin, _lang())) for begin, end in gaps(spans)]


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
