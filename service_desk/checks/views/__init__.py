"""Pages of checks and heartbeats, and the address at which heartbeats report."""

from service_desk.checks.views import agents, checks, heartbeats, ping, scripts
from service_desk.checks.views.pages import checks as _checks
from service_desk.checks.views.pages import pings as _pings
from service_desk.checks.views.pages import reports as _reports

BLUEPRINTS = (_checks, _pings, _reports)

__all__ = ("BLUEPRINTS", "agents", "checks", "heartbeats", "ping", "scripts")
