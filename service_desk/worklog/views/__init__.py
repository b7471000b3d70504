"""Pages of the work log: the person's week, a client's month, the timer, the client's sign-off."""

from flask import Blueprint

from service_desk.worklog.views.client import worklog
from service_desk.worklog.views.portal import hours
from service_desk.worklog.views.week import time, timer

BLUEPRINTS: tuple[Blueprint, ...] = (time, timer, worklog, hours)
