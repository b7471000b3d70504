"""How a page enters the scope of a person or of a practice. Every page names the right it needs."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Literal

from flask import Blueprint, abort, g, request
from flask.typing import ResponseReturnValue

from service_desk.accounts.access import require
from service_desk.accounts.roles import Right, allows
from service_desk.scope import person_scope, practice_scope

View = Callable[..., ResponseReturnValue]
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


class PersonBlueprint(Blueprint):
    """Pages about the signed-in person: profile, second factor, sessions, drafts."""

    def page(
        self,
        rule: str,
        *,
        methods: tuple[str, ...] = ("GET",),
        endpoint: str | None = None,
        opens: Literal["person", "nothing"] = "person",
        enrolling: bool = False,
    ) -> Callable[[View], View]:
        """Register a page that runs in the person's own scope; a GET cannot write.

        With `opens="nothing"` the view enters its scopes itself. `enrolling` marks the pages that somebody who still
        lacks a required second factor reaches.
        """

        def register(view: View) -> View:
            @wraps(view)
            def entered(**values: Any) -> ResponseReturnValue:
                access = require(enrolling=enrolling)
                g.actor = access.actor(access.desk())
                if opens == "nothing":
                    return view(**values)
                with person_scope(access.person_id, g.actor, read_only=request.method in SAFE):
                    return view(**values)

            self.add_url_rule(rule, endpoint or view.__name__, entered, methods=list(methods))
            return view

        return register


class PracticeBlueprint(Blueprint):
    """Pages over all clients of a practice (`/`, the queue, money, settings)."""

    def page(
        self,
        rule: str,
        *,
        needs: Right,
        methods: tuple[str, ...] = ("GET",),
        opens: Literal["overview", "practice", "nothing"] = "overview",
        endpoint: str | None = None,
    ) -> Callable[[View], View]:
        """Register a page. `opens` says which scope it runs in.

        `overview` reads every client this person may see; `practice` writes the practice's own rows and sees no
        client; with `nothing` the view enters the scopes it needs itself (a verb over several clients, one by one).
        """

        def register(view: View) -> View:
            @wraps(view)
            def entered(**values: Any) -> ResponseReturnValue:
                access = require()
                place = access.desk()
                if place is None or not allows(place.role, needs):
                    abort(404)
                g.place, g.actor = place, access.actor(place)
                if opens == "nothing":
                    return view(**values)
                writing = opens == "practice" and request.method not in SAFE
                tenants = place.tenant_ids if opens == "overview" else ()
                with practice_scope(place.practice_id, g.actor, tenants=tenants, writing=writing):
                    return view(**values)

            entered.needs = needs  # type: ignore[attr-defined]
            self.add_url_rule(rule, endpoint or view.__name__, entered, methods=list(methods))
            return view

        return register


class AccountsBlueprint(PersonBlueprint):
    """A person's pages (`page`) and the practice's (`practice_page`) under one name."""

    practice_page = PracticeBlueprint.page
