"""Pages of tickets.

`tickets` is registered by `web`, which adds the page of one ticket: that one is composed with the work log.
"""

from flask import Blueprint

from service_desk.tickets.views.portal import portal
from service_desk.tickets.views.queue import queue

BLUEPRINTS: tuple[Blueprint, ...] = (queue, portal)
