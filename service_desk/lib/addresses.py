"""Addresses of pages: how they are built is worked out when the first one is, not while the program starts."""

from collections.abc import Callable

from werkzeug.routing import Rule


class LateRule(Rule):
    """A rule that is compiled for matching at once, and for building when somebody first asks for such an address.

    Werkzeug compiles two builders for every rule, which for all of ours is a tenth of the start. Should a later
    Werkzeug not ask for them by this name, it only compiles them as early as before.
    """

    def _compile_builder(self, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
        compiled: list[Callable[..., tuple[str, str]]] = []

        def build(*rule: Rule, **values: object) -> tuple[str, str]:
            if not compiled:
                compiled.append(super(LateRule, self)._compile_builder(append_unknown))
            return compiled[0](*rule, **values)

        return build
