"""Pages of checks and heartbeats, and the address at which heartbeats report."""

from service_desk.checks.views import checks, heartbeats, ping
from service_desk.checks.views.pages import checks as _checks
from service_desk.checks.views.pages import pings as _pings

BLUEPRINTS = (_checks, _pings)

__all__ = ("BLUEPRINTS", "checks", "heartbeats", "ping")
