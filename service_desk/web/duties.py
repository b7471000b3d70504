"""What of the safeguards falls due, as the front page and a client's overview name it."""

from datetime import date

from flask_babel import gettext as _

from service_desk.safeguards.duties import Duty
from service_desk.web.drawing import address as url_for

PAGES = {"round": "safeguards.rounds", "drill": "safeguards.drills", "review": "safeguards.reviews"}


def named(duty: Duty) -> str:
    """What is to be done: a round by the name the client gave it, a drill and a review as such."""
    if duty.kind == "review":
        return str(_("Permission review"))
    if duty.kind == "drill":
        return f"{_('Restore drill')} · {duty.name}" if duty.name else str(_("Restore drill"))
    return duty.name


def page(duty: Duty, slug: str) -> str:
    """Where it is done."""
    return url_for(PAGES[duty.kind], slug=slug)


def by_when(due_on: date, today: date) -> tuple[str, str]:
    """The day in words, and how urgent that is: `late` or `soon`."""
    if due_on < today:
        return f"{due_on:%m-%d}", "late"
    return (str(_("today")), "soon") if due_on == today else (f"{due_on:%m-%d}", "")
