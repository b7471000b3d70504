"""The small signs that stand on every page by the dozen, and the parts that are the same on all of them.

A macro costs ten times what a function costs, and drawing the list of keys anew for every page costs as much as a
statement of the database. What is drawn here depends on its arguments alone.
"""

from collections.abc import Hashable
from functools import lru_cache
from typing import Protocol

from flask import Flask, render_template
from flask_babel import gettext as _
from markupsafe import Markup, escape
from wtforms import SelectField
from wtforms.fields.choices import SelectChoice
from wtforms.widgets import Select

PILLS = {"warning": "warn", "critical": "crit", "unknown": ""}
CLASSES = {"ok": "ok", "warning": "warn", "warn": "warn", "critical": "crit", "crit": "crit"}


def install(app: Flask) -> None:
    """Give templates the signs: `icon`, `client_class`, `state_class`, `state`, `asset`, `still`."""
    static = app.static_url_path or ""

    @lru_cache(maxsize=512)
    def icon(name: str, small: bool = False) -> Markup:
        size = " s" if small else ""
        return _html(
            f'<svg class="icon{size}" aria-hidden="true"><use href="{static}/icons.svg#{escape(name)}"/></svg>'
        )

    @lru_cache(maxsize=1024)
    def drawn(template: str, lang: str, values: tuple[tuple[str, Hashable], ...]) -> Markup:
        return Markup(render_template(template, lang=lang, **dict(values)))  # noqa: S704 - a template of our own

    def still(template: str, lang: str, **values: Hashable) -> Markup:
        """A part that depends on the language and a few values alone, drawn once and kept."""
        return drawn(template, lang, tuple(values.items()))

    signs = (icon, client_class, state_class, state, badge, due, pill, choose)
    app.jinja_env.globals["signs"] = {sign.__name__: sign for sign in signs}
    app.jinja_env.globals["asset"] = lambda name: f"{static}/{name}"
    app.jinja_env.globals["still"] = still


def _html(text: str) -> Markup:
    return Markup(text)  # noqa: S704 - every value in it was escaped where it was put in


def client_class(colour: int | None) -> str:
    """The class that carries a client's colour, of sixteen."""
    return f"client-c{(colour or 0) % 16:02d}"


def state_class(kind: str | None) -> str:
    """`ok`, `warn`, `crit` or `none`."""
    return CLASSES.get(kind or "", "none")


def state(kind: str | None, word: str | None = None) -> Markup:
    """Shape and word of a state; `word` replaces the usual one."""
    name = state_class(kind)
    return _html(f'<span class="st {name}">{escape(word or _word(kind if kind == "no_data" else name))}</span>')


def _word(name: str) -> str:
    match name:
        case "ok":
            return str(_("Fine"))
        case "warn":
            return str(_("Attention"))
        case "crit":
            return str(_("Critical"))
        case "no_data":
            return str(_("No data"))
        case _other:
            return str(_("Cannot see"))


class Client(Protocol):
    """What a badge needs to know of a client."""

    @property
    def colour(self) -> int | None: ...
    @property
    def initial(self) -> str: ...


def badge(tenant: Client, size: str = "") -> Markup:
    """The client's initial on its colour; size "" is 38 px, "m" 32 px, "s" 22 px."""
    kinds = f"badge-c {client_class(tenant.colour)}" + (f" {escape(size)}" if size else "")
    return _html(f'<span class="{kinds}" aria-hidden="true">{escape(tenant.initial)}</span>')


def due(text: str, kind: str = "") -> Markup:
    """A time by which; kind "", "soon", "late" or "paused"; the text says it too."""
    return _html(f'<span class="due{" " if kind else ""}{escape(kind)}">{escape(text)}</span>')


def pill(text: str, kind: str = "", url: str | None = None) -> Markup:
    """A small label, a link when there is an address; kind "", ok, warning, critical, accent or client."""
    name = PILLS.get(kind, kind)
    kinds = f"pill {escape(name)}" if name else "pill"
    if url:
        return _html(f'<a class="{kinds}" href="{escape(url)}">{escape(text)}</a>')
    return _html(f'<span class="{kinds}">{escape(text)}</span>')


class Options(Select):  # type: ignore[misc]
    """WTForms' list of options, each written at once: the general road to a tag takes half as long as a statement."""

    @classmethod
    def render_option(cls, choice: SelectChoice, **attributes: str) -> Markup:
        """One option; what has attributes of its own goes the general road."""
        if attributes or choice.render_kw:
            return Markup(super().render_option(choice, **attributes))  # noqa: S704 - made of escaped parts
        chosen = " selected" if choice.selected else ""
        return _html(f'<option{chosen} value="{escape(choice.value)}">{escape(choice.label or choice.value)}</option>')


OPTIONS = Options()


def choose(field: SelectField, attributes: dict[str, str]) -> Markup:
    """A field with one choice of several, with these attributes."""
    field.widget = OPTIONS
    return Markup(field(**attributes))  # noqa: S704 - WTForms escapes what it draws
