"""What accounts writes to people: one layout, Chinese and English, links on the configured address only."""

from flask_babel import force_locale
from flask_babel import gettext as _

from service_desk.accounts.labels import ROLE_LABELS
from service_desk.accounts.models import Invitation, Person
from service_desk.mail import Postman, post


def reset(person: Person, token: str) -> None:
    """The link to a new password."""
    with force_locale(person.language):
        post(
            person.email,
            _("Choose a new password"),
            letter(
                person.name,
                _("Somebody asked for a new password for this address. Choose it here:"),
                link(f"/reset/{token}"),
                _("The link works once and for one hour. If it was not you, nothing needs to be done."),
            ),
            about=f"person:{person.id}",
        )


def invitation(row: Invitation, place_name: str, token: str) -> None:
    """The link with which somebody joins a practice or a client."""
    with force_locale(row.language):
        post(
            row.email,
            _("%(who)s invites you to %(place)s", who=row.invited_by_name, place=place_name),
            letter(
                row.name,
                _(
                    "%(who)s invites you to %(place)s on the service desk, as: %(role)s.",
                    who=row.invited_by_name,
                    place=place_name,
                    role=ROLE_LABELS[row.role],
                ),
                link(f"/invitation/{token}"),
                _("The link works once and for seven days. If you expected no invitation, nothing needs to be done."),
            ),
            about=f"invitation:{row.id}",
        )


def letter(name: str, sentence: str, address: str, note: str) -> str:
    """The layout of every such mail: greeting, one sentence, the link on a line of its own, what if not."""
    greeting = _("Hello %(name)s,", name=name) if name else _("Hello,")
    return f"{greeting}\n\n{sentence}\n\n{address}\n\n{note}\n\n-- \nService Desk · {link('')}\n"


def link(path: str) -> str:
    """An address as a mail carries it: the configured one, never what a request claims to have asked for."""
    return Postman.config.base_url + path
