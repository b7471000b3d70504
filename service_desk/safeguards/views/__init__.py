"""Pages of safeguards: plans, drills, reviews and rounds on the desk, and what the client sees and signs."""

from flask import Blueprint

from service_desk.safeguards.views import drills, plans, portal, reviews, rounds
from service_desk.safeguards.views.pages import safeguards, safeguards_portal

BLUEPRINTS: tuple[Blueprint, ...] = (safeguards, safeguards_portal)

__all__ = ["BLUEPRINTS", "drills", "plans", "portal", "reviews", "rounds"]
