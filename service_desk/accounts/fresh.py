"""Grave steps need a password shown within the last five minutes.

`require_fresh()` at the top of a view sends whoever has not shown it to a page that asks, and brings them back. A form
that was already filled is carried along, except for the secrets in it: those are asked for again where they belong.
"""

from flask import abort, g, make_response, redirect, render_template, request, url_for

from service_desk.accounts.operations.drafts import is_secret
from service_desk.accounts.paths import safe_path


def require_fresh() -> None:
    """Go on only when the person has shown the password within the last five minutes; else ask for it."""
    if g.access.fresh:
        return
    if request.method in ("GET", "HEAD"):
        abort(redirect(url_for("accounts.confirm", next=request.full_path.rstrip("?")), 303))
    abort(make_response(asking(request.full_path.rstrip("?"), carried=typed()), 403))


def asking(target: str, *, carried: list[tuple[str, str]] | None = None, wrong: bool = False) -> str:
    """The page that asks for the password; `carried` is a form that goes on to `target` afterwards."""
    return render_template("accounts/confirm.html", target=safe_path(target), carried=carried, wrong=wrong)


def typed() -> list[tuple[str, str]]:
    """What was typed into the form, without secrets."""
    return [(name, text) for name, text in request.form.items(multi=True) if not is_secret(name)]
