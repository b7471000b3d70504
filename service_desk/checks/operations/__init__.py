"""The verbs of checks: the only writers. All run inside a client's scope."""

from service_desk.checks.operations.agents import due_for, heard, judge_agents, taken
from service_desk.checks.operations.blind import judge_blind
from service_desk.checks.operations.heartbeats import (
    change_heartbeat,
    create_heartbeat,
    judge_unjudged,
    pause_heartbeat,
    remove_heartbeat,
    resume_heartbeat,
    rotate_key,
)
from service_desk.checks.operations.inputs import hand_down
from service_desk.checks.operations.plans import (
    accept_plans,
    change_limits,
    pause_plan,
    propose_plans,
    resume_plan,
    run_now,
    switch_off,
    switch_on,
)
from service_desk.checks.operations.pushing import push_looks
from service_desk.checks.operations.record import Visit, record, wait_for_parent
from service_desk.checks.operations.visits import begin_visit, end_unasked
from service_desk.checks.operations.windows import cancel_window, live_windows, plan_window

__all__ = [
    "Visit", "accept_plans", "begin_visit", "cancel_window", "change_heartbeat", "change_limits",
    "create_heartbeat", "due_for", "end_unasked", "hand_down", "heard", "judge_agents", "judge_blind",
    "judge_unjudged", "live_windows", "pause_heartbeat", "pause_plan", "plan_window", "propose_plans", "push_looks",
    "record", "remove_heartbeat", "resume_heartbeat", "resume_plan", "rotate_key", "run_now", "switch_off",
    "switch_on", "taken",
    "wait_for_parent",
]  # fmt: skip
