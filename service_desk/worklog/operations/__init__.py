"""The verbs of the work log. Only these write time; each runs in one transaction."""

from service_desk.worklog.operations.entries import (
    EDITABLE,
    agree_terms,
    change_entry,
    correct_entry,
    delete_entry,
    unbilled,
    write_entry,
)
from service_desk.worklog.operations.months import answer_sign, ask_sign, month_span, month_totals
from service_desk.worklog.operations.timer import (
    TimerRuns,
    discard_timer,
    measured_by,
    running,
    seen_working,
    start_timer,
    stop_timer,
)

__all__ = [
    "EDITABLE",
    "TimerRuns",
    "agree_terms",
    "answer_sign",
    "ask_sign",
    "change_entry",
    "correct_entry",
    "delete_entry",
    "discard_timer",
    "measured_by",
    "month_span",
    "month_totals",
    "running",
    "seen_working",
    "start_timer",
    "stop_timer",
    "unbilled",
    "write_entry",
]
