"""The verbs of incidents: noticed, told, acknowledged, told again. Only these write incidents."""

from service_desk.alerts.operations.noticing import Noticed, take_notice
from service_desk.alerts.operations.people import acknowledge, send_again
from service_desk.alerts.operations.telling import tell

__all__ = ["Noticed", "acknowledge", "send_again", "take_notice", "tell"]
