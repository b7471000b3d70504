"""How templates find their globals and the addresses they link to: every page does both by the hundred."""

from collections.abc import Hashable, MutableMapping
from functools import lru_cache
from typing import Any

from flask import Flask, has_request_context, request, url_for
from flask.templating import Environment

KEPT = 8192  # addresses of one process; the least used are forgotten


class Templates(Environment):
    """Flask's environment, with one dictionary of globals for all templates.

    Jinja chains an empty dictionary of each template's own before ours, and walks that chain for every import of every
    page. No template of ours has globals of its own.
    """

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        """The globals themselves, where a template adds none."""
        return super().make_globals(d) if d else self.globals


def install(app: Flask) -> None:
    """Before the first template: our environment; its `url_for` is `address`."""
    app.jinja_environment = Templates
    app.jinja_env.globals["url_for"] = address


def address(endpoint: str, /, **values: Any) -> str:
    """What `url_for` says, worked out once: within one mount point an address depends on page and values alone."""
    try:
        asked = tuple((name, value, type(value)) for name, value in values.items())
        return _built(request.script_root if has_request_context() else None, endpoint, asked)
    except TypeError:  # A list, which no cache takes as a key.
        return url_for(endpoint, **values)


@lru_cache(maxsize=KEPT)
def _built(_mount: str | None, endpoint: str, asked: tuple[tuple[str, Hashable, type], ...]) -> str:
    """The types are part of the question: 1 and True are the same key otherwise, and different addresses."""
    values: dict[str, Any] = {name: value for name, value, _kind in asked}
    return url_for(endpoint, **values)
