"""Forms of tickets, on the desk and in the portal."""

from typing import Any

from flask_babel import lazy_gettext as _l
from werkzeug.datastructures import FileStorage
from wtforms import IntegerField, MultipleFileField, SelectField, StringField, TextAreaField
from wtforms.validators import Length, NumberRange, Optional

from service_desk.accounts.forms import NEEDED, DeskForm, offered
from service_desk.sla.words import PRIORITY
from service_desk.tickets.operations import Upload
from service_desk.tickets.words import CATEGORY, STATUS


class NewTicketForm(DeskForm):
    """A ticket as the desk writes it down."""

    title = StringField(_l("What is it about?"), [NEEDED, Length(max=200)])
    body = TextAreaField(_l("Description"), [Length(max=20000)])
    priority = SelectField(_l("Priority"), choices=offered(PRIORITY.items()), default="P3")
    category = SelectField(_l("Kind"), choices=offered(CATEGORY.items()), default="fault")
    source = SelectField(
        _l("How did it come?"),
        choices=offered([("phone", _l("By phone")), ("mail", _l("By mail")), ("desk", _l("Found by us"))]),
        default="phone",
    )
    checklist = TextAreaField(_l("Checklist, one point per line"), [Length(max=4000)])
    files = MultipleFileField(_l("Files"))


class PortalTicketForm(DeskForm):
    """A ticket as somebody at the client writes it."""

    title = StringField(_l("What is wrong?"), [NEEDED, Length(max=200)])
    body = TextAreaField(_l("What did you do, what did the screen say?"), [NEEDED, Length(max=20000)])
    priority = SelectField(
        _l("How urgent is it?"),
        choices=offered(
            [
                ("P1", _l("We cannot work at all")),
                ("P2", _l("Somebody cannot work")),
                ("P3", _l("It disturbs")),
                ("P4", _l("It can wait")),
            ]
        ),
        default="P3",
    )
    files = MultipleFileField(_l("Screenshots or files"))


class PortalReplyForm(DeskForm):
    """An answer from the client."""

    body = TextAreaField(_l("Your answer"), [NEEDED, Length(max=20000)])
    files = MultipleFileField(_l("Screenshots or files"))


class ReplyForm(DeskForm):
    """An answer or a note, and the work with it in the same step."""

    body = TextAreaField(_l("Message"), [Length(max=20000)])
    visibility = SelectField(
        _l("For whom"),
        choices=offered([("public", _l("Public reply")), ("internal", _l("Internal note"))]),
        default="public",
    )
    minutes = IntegerField(_l("Minutes"), [Optional(), NumberRange(min=1, max=1440)])
    content = TextAreaField(_l("Content"), [Length(max=4000)])
    problem = TextAreaField(_l("Problem"), [Length(max=4000)])
    solution = TextAreaField(_l("Solution"), [Length(max=4000)])
    files = MultipleFileField(_l("Files"))


class CloseForm(DeskForm):
    """How it ended."""

    solution = TextAreaField(_l("What was the solution? The client reads this."), [Length(max=20000)])


class StatusForm(DeskForm):
    """Another status, with its reason."""

    status = SelectField(_l("Status"), choices=offered(STATUS.items()))
    reason = StringField(_l("Reason"), [Length(max=500)])


class PriorityForm(DeskForm):
    """Another priority, with its reason."""

    priority = SelectField(_l("Priority"), choices=offered(PRIORITY.items()))
    reason = StringField(_l("Reason"), [Length(max=500)])


def uploads(field: Any) -> list[Upload]:
    """The files that were really chosen: a form without one sends an empty part."""
    chosen = [part for part in field.data or () if isinstance(part, FileStorage) and part.filename]
    return [(part.filename or "file", part.stream.read()) for part in chosen]
