"""One check closely: sentence, value, series with both limits, changes, what was read, and what to do."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

from markupsafe import Markup
from sqlalchemy import BigInteger, TextClause, select

from service_desk.checks import board, series
from service_desk.checks.catalog import CATALOG
from service_desk.checks.finding import N_, Check
from service_desk.checks.models import CheckPlan, CheckState
from service_desk.checks.months import Month, months
from service_desk.checks.preview import Alarm, alarms
from service_desk.checks.reading import (
    reason_of,
    remedy,
    sentence,
    shown,
    state_word,
    subject_words,
    title,
    unit_word,
    value_words,
)
from service_desk.lib.charts import series as chart
from service_desk.lib.charts.facts import Limits
from service_desk.lib.clock import Language, ago, in_words, show_time
from service_desk.lib.i18n import say
from service_desk.scope import session
from service_desk.spelled import given, spelled_out
from service_desk.tenants.models import ErpConnection, Tenant

SPANS = (2, 7, 30, 365)
PREVIEW = timedelta(days=30)
LATELY, YEAR = 7, 365  # days whose months are told
FLIPS = 50  # of the changes, the latest are listed


@dataclass(frozen=True)
class Page:
    """Everything checks/check.html shows."""

    title: str
    subject: str
    sentence: str
    state: str
    value: str
    since: str
    seen: str
    seen_ago: str
    received_late: str
    pending: str
    chart: Markup
    days: int
    spans: tuple[int, ...]
    unit: str
    flips: list[tuple[str, str, str, str]]
    months: list[Month]
    facts: list[tuple[str, str, str]]
    grant: str
    remedy: str
    alarms: Sequence[Alarm] | None
    alarm_lines: list[tuple[str, str]]
    has_limits: bool
    own_limits: tuple[str, ...] | None
    gone: str
    rows: list[str]
    manual: bool
    may_switch_off: bool


def read(
    tenant: Tenant,
    state: CheckState,
    plan: CheckPlan | None,
    days: int,
    trial: tuple[float | None, float | None] | None,
    now: datetime,
    lang: Language,
    back: int = LATELY,
) -> Page:
    """Compose the page. `trial`: limits to try out instead of the plan's own. `back`: days of whose months it tells."""
    check = CATALOG[state.check]
    days = days if days in SPANS else 7
    own = _own_limits(state)
    warn, crit = trial or own or ((plan.warn, plan.crit) if plan is not None else (None, None))
    limits = Limits(warn, crit, check.bad)
    found = _alarms(state, plan, limits, now) if trial is not None and plan is not None else None
    zone, flips = tenant.time_zone, series.flips(state.id)
    return Page(
        title=title(state.check, lang),
        subject=subject_words(state, lang),
        sentence=sentence(state, lang),
        state=shown(state),
        value=value_words(state.check, state.value, lang),
        since=show_time(state.since, zone, lang),
        seen=show_time(state.seen_at, zone, lang),
        seen_ago=ago(state.seen_at, now, lang),
        received_late=_late(state, lang),
        pending=_pending(state, plan, lang),
        chart=_chart(state, check, limits, days, now, zone, lang),
        days=days,
        spans=SPANS,
        unit=unit_word(check.unit, lang),
        flips=[_flip(flip, state, zone, lang) for flip in flips[:FLIPS]],
        months=months(state, plan, flips[::-1], zone, back, now, lang),
        facts=_facts(state, check, plan, now, zone, lang),
        grant=state.grant_statement,
        remedy=remedy(state.check, lang),
        alarms=found,
        alarm_lines=[(alarm.state, _alarm_line(alarm, zone, lang)) for alarm in (found or ())[-8:]],
        has_limits=check.warn is not None or check.crit is not None,
        own_limits=tuple(value_words(state.check, limit, lang) for limit in own) if own else None,
        gone=show_time(state.gone_at, zone, lang) if state.gone_at else "",
        rows=str(state.sentence_params.get("rows") or "").splitlines(),
        manual=check.manual,
        may_switch_off=plan is not None and not check.alone,
    )


def _own_limits(state: CheckState) -> tuple[float, float] | None:
    """The limits by which this subject was judged, where it has its own."""
    found = state.sentence_params.get("limits")
    return (float(found[0]), float(found[1])) if isinstance(found, list) and len(found) == 2 else None


def _alarms(state: CheckState, plan: CheckPlan, limits: Limits, now: datetime) -> list[Alarm]:
    check = CATALOG[plan.check]
    points = series.points(state.id, now - PREVIEW, now, highest=check.bad == "above")
    rule = board.rule_of(plan)
    clear = check.clear(limits.warn if limits.warn is not None else limits.crit)
    return alarms(points, limits, type(rule)(clear_warn=clear, bad=check.bad))


def _chart(
    state: CheckState, check: Check, limits: Limits, days: int, now: datetime, zone: str, lang: Language
) -> Markup:
    points = series.points(state.id, now - timedelta(days=days), now, highest=check.bad == "above")
    return chart(
        points, label=title(state.check, lang), lang=lang, zone=zone, unit=unit_word(check.unit, lang), limits=limits,
        size=(900, 240),
    )  # fmt: skip


def _flip(flip: series.Flip, state: CheckState, zone: str, lang: Language) -> tuple[str, str, str, str]:
    words = f"{state_word(flip.from_state, lang)} → {state_word(flip.to_state, lang)}"
    detail = reason_of(flip.reason, {}, lang) if flip.reason else value_words(state.check, flip.value, lang)
    return (show_time(flip.at, zone, lang), flip.to_state, words, detail)


def _facts(
    state: CheckState, check: Check, plan: CheckPlan | None, now: datetime, zone: str, lang: Language
) -> list[tuple[str, str, str]]:
    rows = [(say(lang, N_("What is read")), say(lang, check.reads), ""),
            (say(lang, N_("With which right")), say(lang, check.right), state.right_needed)]  # fmt: skip
    if state.connection_id is not None:
        named = session().execute(_connection_name(), {"connection": state.connection_id}).scalars().all()
        rows.append((say(lang, N_("Connection")), "".join(named), ""))
    if plan is not None:
        every = in_words(timedelta(seconds=plan.interval_s), lang) if not plan.cron else plan.cron
        due = show_time(plan.next_run_at, zone, lang) if plan.next_run_at > now else say(lang, N_("now"))
        rows.append((say(lang, N_("Looked at every")), every, say(lang, N_("next: %(at)s"), at=due)))
        told = _told(plan, lang)
        rows.append((say(lang, N_("People are told")), told, ""))
    return rows


@cache
def _connection_name() -> TextClause:
    return spelled_out(select(ErpConnection.name).where(ErpConnection.id == given("connection", BigInteger())))


def _told(plan: CheckPlan, lang: Language) -> str:
    if plan.confirm_of:
        return say(lang, N_("after %(n)s of %(of)s results"), n=plan.confirm_n, of=plan.confirm_of)
    return say(lang, N_("after %(n)s results in a row"), n=plan.confirm_n)


def _pending(state: CheckState, plan: CheckPlan | None, lang: Language) -> str:
    if state.pending_state is None or plan is None:
        return ""
    word, needed = state_word(state.pending_state, lang), max(plan.confirm_n, plan.recover_n)
    return say(
        lang, N_("Seen as “%(state)s” %(n)s times of %(needed)s; a further look decides."), state=word,
        n=state.pending_count, needed=needed,
    )  # fmt: skip


def _late(state: CheckState, lang: Language) -> str:
    gap = state.received_at - state.seen_at
    return in_words(gap, lang) if gap > timedelta(minutes=5) and state.reason != "waiting" else ""


def _alarm_line(alarm: Alarm, zone: str, lang: Language) -> str:
    length = in_words(alarm.until - alarm.since + timedelta(hours=1), lang)
    return f"{show_time(alarm.since, zone, lang)} · {length}"
