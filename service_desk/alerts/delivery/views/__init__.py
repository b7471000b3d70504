"""Pages of delivery."""

from flask import Blueprint

from service_desk.alerts.delivery.views import own
from service_desk.alerts.delivery.views.bell import bell
from service_desk.alerts.delivery.views.client import told
from service_desk.alerts.delivery.views.kept import channels, notifications

BLUEPRINTS: tuple[Blueprint, ...] = (channels, notifications, bell, told)

__all__ = ("BLUEPRINTS", "own")
