"""Pages of this package."""

from flask import Blueprint

BLUEPRINTS: tuple[Blueprint, ...] = ()
