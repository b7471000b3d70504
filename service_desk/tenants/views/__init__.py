"""Pages of this package."""

from flask import Blueprint

from service_desk.tenants.views import agents, clients, connections, contacts, people, probing, staff
from service_desk.tenants.views.invitation import invitations
from service_desk.tenants.views.pages import portal, tenants

BLUEPRINTS: tuple[Blueprint, ...] = (tenants, portal, invitations)

__all__ = ("BLUEPRINTS", "agents", "clients", "connections", "contacts", "people", "probing", "staff")
