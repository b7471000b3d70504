"""Downloads: always as an attachment, never guessed at by the browser, and only what its thing shows."""

from base64 import b64encode

from flask import Blueprint, Response

from service_desk.files.models import StoredFile
from service_desk.files.operations import read
from service_desk.lib.errors import NotThere
from service_desk.lib.text import one_line
from service_desk.scope import load
from service_desk.tenants.blueprint import TenantBlueprint

# Issued papers are reached through their invoice or report, whose page asks for its own right.
THROUGH_THEIR_THING = ("invoice", "paper")
SANDBOX = "sandbox; default-src 'none'"

files = TenantBlueprint("files", __name__)
files_portal = TenantBlueprint("files_portal", __name__, face="portal")
BLUEPRINTS: tuple[Blueprint, ...] = (files, files_portal)


def download(file_id: int) -> Response:
    """A kept file as the answer to a request: the bytes as they were kept, saved and never shown in the page."""
    file, data = read(file_id)
    response = Response(data, mimetype=file.media_type)
    response.headers.set("Content-Disposition", "attachment", filename=one_line(file.name, 120).replace("/", "-"))
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Security-Policy"] = SANDBOX
    response.headers["Digest"] = f"sha-256={b64encode(file.sha256).decode()}"
    response.set_etag(file.sha256.hex())
    return response


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
    if file.purpose in THROUGH_THEIR_THING or not file.shown_to_client:
        raise NotThere()
    return download(file_id)
