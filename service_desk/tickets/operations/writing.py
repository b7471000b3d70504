"""What tickets and messages write alike: files that come along."""

from collections.abc import Iterable, Sequence

from flask_babel import lazy_gettext as _l

from service_desk.files.accepted import checked
from service_desk.files.operations import keep
from service_desk.lib.errors import Invalid
from service_desk.scope import session
from service_desk.tickets.models import (
    Ticket,
    TicketAttachment,
    TicketMessage,
)

Upload = tuple[str, bytes]


def accepted_files(files: Sequence[Upload]) -> list[tuple[str, str, bytes]]:
    """Name, kind and bytes of each. Raises Invalid for more than ten, or one that is not taken."""
    if len(files) > 10:
        raise Invalid(_l("At most ten files at a time."), field="files")
    return [checked(name, data) for name, data in files]


def attach(ticket: Ticket, message: TicketMessage, files: Iterable[tuple[str, str, bytes]]) -> None:
    """Keep the files with the message that they came with."""
    for name, kind, data in files:
        kept = keep(name, kind, data, "attachment")
        session().add(TicketAttachment(ticket_id=ticket.id, message_id=message.id, file_id=kept.id))
