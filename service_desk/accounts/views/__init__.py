"""Pages of this package."""

from flask import Blueprint

from service_desk.accounts.views import me, second_factor, sign
from service_desk.accounts.views.pages import accounts
from service_desk.accounts.views.settings import settings

BLUEPRINTS: tuple[Blueprint, ...] = (accounts, settings)

__all__ = ("BLUEPRINTS", "me", "second_factor", "sign")
