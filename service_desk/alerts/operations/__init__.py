"""The verbs of incidents: noticed, told, acknowledged, silenced, told again. Only these write incidents."""

from service_desk.alerts.operations.noticing import Noticed, take_notice
from service_desk.alerts.operations.people import acknowledge, send_again, take_back
from service_desk.alerts.operations.quieting import end_silence, silence
from service_desk.alerts.operations.telling import tell

__all__ = ["Noticed", "acknowledge", "end_silence", "send_again", "silence", "take_back", "take_notice", "tell"]
