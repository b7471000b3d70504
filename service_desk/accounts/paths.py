"""Where a page may send people back to: a path of this very place, never an address."""

from urllib.parse import urlsplit


def safe_path(wanted: str | None, otherwise: str = "/") -> str:
    """The wanted path when it stays here, else the other one. `//host`, `/\\host` and control characters do not."""
    path = wanted or ""
    if not path.startswith("/") or path.startswith(("//", "/\\")) or any(ord(char) < 33 for char in path):
        return otherwise
    parts = urlsplit(path)
    return otherwise if parts.scheme or parts.netloc or "\\" in path else path
