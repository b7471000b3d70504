"""What was done in the last ninety days, in the four fields 时间 内容 问题 解决方案, and where the time went."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from markupsafe import Markup
from sqlalchemy import func, select

from service_desk.billing.operations.drafts import ACTIVITIES
from service_desk.lib.charts import Bar, bars
from service_desk.lib.clock import hours_minutes
from service_desk.lib.i18n import N_, say
from service_desk.papers.section import Asked, Section
from service_desk.scope import session
from service_desk.worklog.models import Entry

DAYS = 90
MOST = 1000


def gather(asked: Asked) -> Mapping[str, Any]:
    """Entries, newest first, and hours by kind of work. The engineer's internal notes stay out."""
    since = asked.now - timedelta(days=DAYS)
    recent = Entry.started_at >= since
    rows = session().scalars(select(Entry).where(recent).order_by(Entry.started_at.desc()).limit(MOST)).all()
    sums = session().execute(
        select(Entry.activity, func.sum(Entry.worked_seconds), func.count()).where(recent).group_by(Entry.activity)
    )
    by_kind = sorted(((row[0], int(row[1])) for row in sums), key=lambda pair: -pair[1])
    return {
        "entries": rows,
        "seconds": sum(seconds for _, seconds in by_kind),
        "days": DAYS,
        "since": since,
        "picture": _picture(by_kind, asked),
        "cut": len(rows) == MOST,
    }


def _picture(by_kind: list[tuple[str, int]], asked: Asked) -> Markup:
    if not by_kind:
        return Markup("")
    rows = [
        Bar(say(asked.lang, ACTIVITIES[kind]), seconds / 3600, hours_minutes(seconds), "ok")
        for kind, seconds in by_kind
    ]
    return bars(rows, label=say(asked.lang, N_("Hours by kind of work")), lang=asked.lang)


SECTION = Section("worklog", N_("Work of the last 90 days"), gather)
