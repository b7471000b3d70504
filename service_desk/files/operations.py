"""Keep bytes and give them back, unchanged."""

import hashlib
from datetime import UTC, datetime

from flask_babel import lazy_gettext as _l
from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import undefer

from service_desk.files.models import Blob, StoredFile
from service_desk.lib.errors import NotThere, Refused
from service_desk.scope import current, load

# What all files of one client may come to, in bytes. Issued papers are kept whatever they come to.
ROOM = 2 * 1024**3
ISSUED = ("invoice", "paper")


def keep(
    name: str, media_type: str, data: bytes, purpose: str, *, about: str = "", shown_to_client: bool = False
) -> StoredFile:
    """Keep a file of the client in scope; the same bytes are stored once. `purpose` is one of the model's words.

    `about` names the thing it belongs to; `shown_to_client` lets the client's people have it by its id. Raises Refused
    when the client's room is full; what was issued is always kept.
    """
    session = current().session
    digest = hashlib.sha256(data).digest()
    if purpose not in ISSUED:
        _make_sure_of_room(digest, len(data))
    session.execute(
        insert(Blob)
        .values(tenant_id=current().tenant_id, sha256=digest, data=data, size=len(data))
        .on_conflict_do_nothing()
    )
    file = StoredFile(
        name=name,
        media_type=media_type,
        purpose=purpose,
        sha256=digest,
        size=len(data),
        created_at=datetime.now(UTC),
        created_by=current().actor.name,
        about=about,
        shown_to_client=shown_to_client,
    )
    session.add(file)
    session.flush()  # Whoever keeps a file stores its id.
    return file


def _make_sure_of_room(digest: bytes, size: int) -> None:
    """Bytes that are kept already take no room; what others of this client keep counts."""
    taken, known = (
        current()
        .session.execute(select(func.coalesce(func.sum(Blob.size), 0), func.bool_or(Blob.sha256 == digest)))
        .one()
    )
    if not known and int(taken) + size > ROOM:
        raise Refused(_l("There is no more room for files of this client."), _l("Delete some that nobody needs."))


def read(file_id: int) -> tuple[StoredFile, bytes]:
    """A file and its bytes. Raises NotThere when it is not in scope or its bytes no longer fit their hash."""
    file = load(StoredFile, file_id)
    blob = current().session.scalars(select(Blob).where(Blob.sha256 == file.sha256).options(undefer(Blob.data))).one()
    if hashlib.sha256(blob.data).digest() != file.sha256:
        raise NotThere("the kept bytes are damaged")
    return file, blob.data
