"""Keep bytes and give them back, unchanged."""

import hashlib
from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import undefer

from service_desk.files.models import Blob, StoredFile
from service_desk.lib.errors import NotThere
from service_desk.scope import current, load


def keep(
    name: str, media_type: str, data: bytes, purpose: str, *, about: str = "", shown_to_client: bool = False
) -> StoredFile:
    """Keep a file of the client in scope; the same bytes are stored once. `purpose` is one of the model's words.

    `about` names the thing it belongs to; `shown_to_client` lets the client's people have it by its id.
    """
    session = current().session
    digest = hashlib.sha256(data).digest()
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


def read(file_id: int) -> tuple[StoredFile, bytes]:
    """A file and its bytes. Raises NotThere when it is not in scope or its bytes no longer fit their hash."""
    file = load(StoredFile, file_id)
    blob = current().session.scalars(select(Blob).where(Blob.sha256 == file.sha256).options(undefer(Blob.data))).one()
    if hashlib.sha256(blob.data).digest() != file.sha256:
        raise NotThere("the kept bytes are damaged")
    return file, blob.data
