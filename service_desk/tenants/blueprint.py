"""How a page enters the scope of one client. The address names the client, the right is named by the page."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Literal

from flask import Blueprint, abort, g, request
from flask.typing import ResponseReturnValue

from service_desk.accounts.access import made_for_another, require
from service_desk.accounts.blueprints import SAFE, View
from service_desk.accounts.roles import Right
from service_desk.scope import session, tenant_scope
from service_desk.tenants.models import Tenant

FACES = {"desk": "/t/<slug>", "portal": "/portal/<slug>"}


class TenantBlueprint(Blueprint):
    """Pages of one client: `/t/<slug>/…` on the desk, `/portal/<slug>/…` for the client's people."""

    def __init__(
        self, name: str, import_name: str, *, face: Literal["desk", "portal"] = "desk", **options: Any
    ) -> None:
        super().__init__(name, import_name, **options)
        self.face = face

    def page(
        self, rule: str, *, needs: Right, methods: tuple[str, ...] = ("GET",), endpoint: str | None = None
    ) -> Callable[[View], View]:
        """Register a page that runs inside the client's scope; a GET runs read-only in the database.

        Not yours is not there: another client, a missing right and a missing client give the same 404. A form that
        was made for another client (a stale tab) is refused with 409 and nothing is written.
        """

        def register(view: View) -> View:
            @wraps(view)
            def entered(slug: str, **values: Any) -> ResponseReturnValue:
                access = require(slug)
                place = access.client(needs)
                if place is None or place.named is None:
                    abort(404)
                if request.method not in SAFE and made_for_another(slug):
                    abort(409)
                g.place, g.actor = place, access.actor(place)
                with tenant_scope(
                    place.named, g.actor, practice_id=g.actor.practice_id, read_only=request.method in SAFE
                ):
                    g.tenant = session().get(Tenant, place.named)
                    return view(**values)

            entered.needs = needs  # type: ignore[attr-defined]
            self.add_url_rule(FACES[self.face] + rule, endpoint or view.__name__, entered, methods=list(methods))
            return view

        return register
