"""Pages of alerts: all that is open, one incident, when nobody is told, and where it is told."""

from flask import Blueprint

from service_desk.alerts.delivery.views import BLUEPRINTS as DELIVERY
from service_desk.alerts.views import incident, listing, windows
from service_desk.alerts.views.pages import alerts, incidents, maintenance

__all__ = ["BLUEPRINTS", "incident", "listing", "windows"]

BLUEPRINTS: tuple[Blueprint, ...] = (alerts, incidents, maintenance, *DELIVERY)
