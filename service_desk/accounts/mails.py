"""What accounts writes to people: one layout, Chinese and English, links on the configured address only."""

from service_desk.accounts.labels import ROLE_NAMES
from service_desk.accounts.models import Invitation, Person
from service_desk.lib.clock import Language, language
from service_desk.lib.i18n import N_, say
from service_desk.mail import Postman, post

RESET = N_("Somebody asked for a new password for this address. Choose it here:")
RESET_NOTE = N_("The link works once and for one hour. If it was not you, nothing needs to be done.")
INVITED = N_("%(who)s invites you to %(place)s on the service desk, as: %(role)s.")
INVITED_NOTE = N_("The link works once and for seven days. If you expected no invitation, nothing needs to be done.")


def reset(person: Person, token: str) -> None:
    """The link to a new password."""
    lang = language(person.language)
    body = letter(lang, person.name, say(lang, RESET), link(f"/reset/{token}"), say(lang, RESET_NOTE))
    post(person.email, say(lang, N_("Choose a new password")), body, about=f"person:{person.id}")


def invitation(row: Invitation, place_name: str, token: str) -> None:
    """The link with which somebody joins a practice or a client."""
    lang = language(row.language)
    who, role = row.invited_by_name, say(lang, ROLE_NAMES[row.role])
    sentence = say(lang, INVITED, who=who, place=place_name, role=role)
    body = letter(lang, row.name, sentence, link(f"/invitation/{token}"), say(lang, INVITED_NOTE))
    subject = say(lang, N_("%(who)s invites you to %(place)s"), who=who, place=place_name)
    post(row.email, subject, body, about=f"invitation:{row.id}")


def letter(lang: Language, name: str, sentence: str, address: str, note: str) -> str:
    """The layout of every such mail: greeting, one sentence, the link on a line of its own, what if not."""
    greeting = say(lang, N_("Hello %(name)s,"), name=name) if name else say(lang, N_("Hello,"))
    return f"{greeting}\n\n{sentence}\n\n{address}\n\n{note}\n\n-- \nService Desk · {link('')}\n"


def link(path: str) -> str:
    """An address as a mail carries it: the configured one, never what a request claims to have asked for."""
    return Postman.config.base_url + path
