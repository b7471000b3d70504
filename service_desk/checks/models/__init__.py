"""The tables of checks."""

from service_desk.checks.models.heartbeats import EnginePulse, Heartbeat, HeartbeatPing
from service_desk.checks.models.inputs import CheckInput, PushKey, PushSeen
from service_desk.checks.models.plans import CheckBreaker, CheckPlan, CheckRun, MaintenanceWindow
from service_desk.checks.models.series import CheckClientDay, CheckDay, CheckHour, CheckResult
from service_desk.checks.models.states import CheckFlip, CheckState

__all__ = [
    "CheckBreaker", "CheckClientDay", "CheckDay", "CheckFlip", "CheckHour", "CheckInput", "CheckPlan",
    "CheckResult", "CheckRun", "CheckState", "EnginePulse", "Heartbeat", "HeartbeatPing", "MaintenanceWindow",
    "PushKey", "PushSeen",
]  # fmt: skip
