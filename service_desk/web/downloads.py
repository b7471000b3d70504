"""Downloads of what lies beside a ticket, a drill or an incident: only what its thing shows."""

from flask import Response

from service_desk.files.download import download
from service_desk.files.models import StoredFile
from service_desk.lib.errors import NotThere
from service_desk.scope import load
from service_desk.tenants.blueprint import TenantBlueprint

# Issued papers are reached through their invoice or report, whose page asks for its own right.
THROUGH_THEIR_THING = ("invoice", "paper")

files = TenantBlueprint("files", __name__)
files_portal = TenantBlueprint("files_portal", __name__, face="portal")


@files.page("/files/<int:file_id>", needs="client.read")
def attachment(file_id: int) -> Response:
    """An attachment or a piece of evidence of this client."""
    file = load(StoredFile, file_id)
    if file.purpose in THROUGH_THEIR_THING:
        raise NotThere()
    return download(file_id)


@files_portal.page("/files/<int:file_id>", needs="portal.read")
def shown(file_id: int) -> Response:
    """A file that was shown to the client's people; what stayed on the desk is not there."""
    file = load(StoredFile, file_id)
    # Evidence is shown by the page of its drill, once that has ended.
    if file.purpose in (*THROUGH_THEIR_THING, "evidence") or not file.shown_to_client:
        raise NotThere()
    return download(file_id)
