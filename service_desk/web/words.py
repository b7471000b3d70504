"""The words of a page, found with few look-ups: a page asks for some two hundred of them.

Flask-Babel walks from the request to its language and from there to the catalogue for every single word. Here the
catalogue of a language is found once, and again only when the language changes within the request (`force_locale`).
"""

from typing import Any

from babel.support import Translations
from flask import Flask, g
from flask_babel import Babel, Domain
from jinja2.nodes import EvalContext
from jinja2.utils import pass_eval_context
from markupsafe import Markup


class Words(Domain):  # type: ignore[misc]
    """The catalogues of all packages as one, kept for each language."""

    def get_translations(self) -> Translations:
        """The catalogue of the language in force."""
        state = _state()
        kept: tuple[object, Translations] | None = vars(state).get("desk_words") if state is not None else None
        locale = vars(state).get("babel_locale") if state is not None else None
        if kept is not None and kept[0] is locale:
            return kept[1]
        found: Translations = super().get_translations()
        if state is not None:
            # The look-up above has settled the language, where it was not known yet.
            state.desk_words = (vars(state).get("babel_locale"), found)
        return found


def _state() -> Any:
    """Where Flask-Babel keeps what it knows of the language of this request; None before it does, and outside any."""
    try:
        return vars(g._get_current_object()).get("_flask_babel")
    except RuntimeError:
        return None


class Speech(Babel):  # type: ignore[misc]
    """Flask-Babel with our catalogue behind every `_`, in code and in templates."""

    domain_instance: Words

    def init_app(self, app: Flask, *args: Any, **options: Any) -> None:
        """Wire the application as Flask-Babel does, then put the short way in place."""
        super().init_app(app, *args, **options)
        words = self.domain_instance = Words(domain=app.extensions["babel"].default_domain)

        @pass_eval_context
        def gettext(context: EvalContext, text: str, **values: Any) -> str:
            said: str = words.get_translations().ugettext(text)
            if context.autoescape:
                said = Markup(said)  # noqa: S704 - our own words
            # Without values a percent sign is still written double, as Jinja's own gettext wants it.
            return said % values if values or "%" in said else said

        app.jinja_env.globals.update({"gettext": gettext, "_": gettext})
