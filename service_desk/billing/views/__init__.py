"""Pages of money: over all clients, of one client, and in the client's portal."""

from flask import Blueprint

from service_desk.billing.pages import billing, money
from service_desk.billing.portal_views import billing_portal
from service_desk.billing.views import clients, drafts, issued, practice

BLUEPRINTS: tuple[Blueprint, ...] = (billing, money, billing_portal)

__all__ = ["BLUEPRINTS", "clients", "drafts", "issued", "practice"]
