"""Pages of this package."""

from flask import Blueprint

web = Blueprint("web", __name__, template_folder="templates")
BLUEPRINTS: tuple[Blueprint, ...] = (web,)
