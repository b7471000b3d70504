"""Which files may come with a message: judged by their content, never by their name alone."""

from __future__ import annotations

import io
import zipfile
from pathlib import PurePath

from flask_babel import lazy_gettext as _l

from service_desk.lib.errors import Invalid
from service_desk.lib.text import one_line

LARGEST = 8 * 1024 * 1024
MOST_UNPACKED = 100 * 1024 * 1024
_MAGIC = (
    (b"\x89PNG\r\n\x1a\n", "image/png", (".png",)),
    (b"\xff\xd8\xff", "image/jpeg", (".jpg", ".jpeg")),
    (b"GIF8", "image/gif", (".gif",)),
    (b"%PDF-", "application/pdf", (".pdf",)),
)
_OFFICE = {
    "word/": ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", ".docx"),
    "xl/": ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", ".xlsx"),
    "ppt/": ("application/vnd.openxmlformats-officedocument.presentationml.presentation", ".pptx"),
}
_TEXTS = {".txt": "text/plain", ".log": "text/plain", ".csv": "text/csv", ".sql": "text/plain"}


def checked(name: str, data: bytes) -> tuple[str, str, bytes]:
    """A safe name, the media type and the bytes to keep. Raises Invalid when the file is not one we take.

    Pictures from a camera lose their hidden data (place, owner); everything else is kept to the byte.
    """
    if not data:
        raise Invalid(_l("The file is empty."), field="files")
    if len(data) > LARGEST:
        raise Invalid(_l("The file is larger than 8 MB."), field="files")
    plain = one_line(PurePath(name.replace("\\", "/")).name, 120) or "file"
    kind = _kind(PurePath(plain).suffix.lower(), data)
    if kind is None:
        raise Invalid(
            _l("This kind of file is not taken: pictures, PDF, Word, Excel, PowerPoint and plain text are."),
            field="files",
        )
    return plain, kind, without_exif(data) if kind == "image/jpeg" else data


def _kind(suffix: str, data: bytes) -> str | None:
    for magic, kind, suffixes in _MAGIC:
        if data.startswith(magic):
            return kind if suffix in suffixes else None
    if data.startswith(b"PK"):
        return _office(suffix, data)
    return _TEXTS.get(suffix) if _is_text(data) else None


def _office(suffix: str, data: bytes) -> str | None:
    """An Office document without macros that does not unpack to a flood."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            members = packed.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        return None
    names = [member.filename for member in members]
    if sum(member.file_size for member in members) > MOST_UNPACKED or "[Content_Types].xml" not in names:
        return None
    if any(name.lower().endswith("vbaproject.bin") for name in names):
        return None
    found = next((pair for folder, pair in _OFFICE.items() if any(name.startswith(folder) for name in names)), None)
    return found[0] if found and found[1] == suffix else None


def _is_text(data: bytes) -> bool:
    """Readable in UTF-8 or GB 18030, without control bytes, and not a page that a browser would run."""
    if any(byte < 9 or 13 < byte < 32 for byte in data[:65536] if byte != 27):
        return False
    for encoding in ("utf-8", "gb18030"):
        try:
            data.decode(encoding)
        except UnicodeDecodeError:
            continue
        head = data[:4096].lstrip().lower()
        return not head.startswith((b"<!doctype", b"<html", b"<svg", b"<?xml", b"<script"))
    return False


def without_exif(data: bytes) -> bytes:
    """A JPEG without its APP1 parts (EXIF, XMP); a file whose parts cannot be followed is left as it is."""
    kept, place = bytearray(data[:2]), 2
    while place + 4 <= len(data) and data[place] == 0xFF and data[place + 1] != 0xDA:
        end = place + 2 + int.from_bytes(data[place + 2 : place + 4], "big")
        if end > len(data):
            return data
        if data[place + 1] != 0xE1:
            kept += data[place:end]
        place = end
    return bytes(kept + data[place:])
