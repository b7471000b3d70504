"""A kept file as the answer to a request: always as an attachment, never guessed at by the browser."""

from base64 import b64encode

from flask import Response

from service_desk.files.operations import read
from service_desk.lib.text import one_line

SANDBOX = "sandbox; default-src 'none'"


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
