"""Who may open a file of Windows: asked and set by its own calls, in its own notation (SDDL), the same in any language.

No other program is started for it: what stands first in a search path could be somebody else's.
"""

import ctypes
import re
from collections.abc import Iterator
from contextlib import contextmanager
from ctypes import byref, c_int, c_uint32, c_void_p, c_wchar_p, wstring_at
from pathlib import Path
from typing import Any

OWNER, LIST = 1, 4  # OWNER_SECURITY_INFORMATION, DACL_SECURITY_INFORMATION
FILE_OBJECT, REVISION = 1, 1
TOKEN_QUERY, TOKEN_USER = 8, 1

# Marks that stand for one account of the system, and the administrators: whoever is one of them can read it anyhow.
SYSTEM, ADMINISTRATORS = "SY", "BA"
MARKS = {"S-1-5-18": SYSTEM, "S-1-5-19": "LS", "S-1-5-20": "NS"}
# LA and DA are administrators, too; CO and OW stand for the owner, who is looked at by himself.
HARMLESS = frozenset({SYSTEM, ADMINISTRATORS, "LA", "DA", "CO", "OW"})
GROUPS = {"WD": "Everyone", "BU": "Users", "AU": "Authenticated Users", "IU": "Interactive", "DU": "Domain Users"}
DENIED = frozenset({"D", "OD", "XD"})


class Untold(ValueError):
    """The rights could not be understood; that never means that nobody else has any."""


def closed_to_others(ours: str | None) -> str:
    """The rights that leave a folder to the system and the administrators, and to the account whose SID is `ours`.

    None for an administrator, who needs no right of his own: the folder is then that of the administrators, and the
    task of the system finds no single person in it. Rights are handed down to what is made in it, and none come from
    the folder above.
    """
    owner = "" if ours else f"O:{ADMINISTRATORS}"
    whom = (SYSTEM, ADMINISTRATORS, *([ours] if ours else []))
    return f"{owner}D:P" + "".join(f"(A;OICI;FA;;;{who})" for who in whom)


def strangers(sddl: str, ours: str) -> list[str]:
    """Everybody else whom these rights let in. Raises Untold."""
    found = re.search(r"D:([A-Z_]*)((?:\([^()]*\))*)$", sddl)
    if found is None:
        raise Untold(sddl)
    if "NO_ACCESS_CONTROL" in found[1]:
        return [GROUPS["WD"]]
    entries = [entry.split(";") for entry in re.findall(r"\(([^()]*)\)", found[2])]
    if any(len(entry) < 6 for entry in entries):
        raise Untold(sddl)
    whom = dict.fromkeys(entry[5] for entry in entries if entry[0] not in DENIED)
    return [GROUPS.get(who, who) for who in whom if who not in HARMLESS | _same(ours)]


def foreign_owner(sddl: str, ours: str) -> str | None:
    """Who owns it, when that is neither this account nor one that may do everything anyhow. Raises Untold."""
    found = re.match(r"O:(S-[\d-]+|[A-Z]{2})", sddl)
    if found is None:
        raise Untold(sddl)
    return None if found[1] in {SYSTEM, ADMINISTRATORS, "LA"} | _same(ours) else found[1]


def _same(ours: str) -> set[str]:
    return {ours, MARKS.get(ours, ours)}


def own_sid() -> str:
    """The account this process runs as. Raises OSError."""
    token, size = c_void_p(), c_uint32()
    calls, process = _calls(), ctypes.c_void_p(-1)  # what GetCurrentProcess returns
    _done(calls.OpenProcessToken(process, TOKEN_QUERY, byref(token)))
    try:
        calls.GetTokenInformation(token, TOKEN_USER, None, 0, byref(size))
        room = ctypes.create_string_buffer(size.value)
        _done(calls.GetTokenInformation(token, TOKEN_USER, room, size, byref(size)))
        text = c_void_p()
        # TOKEN_USER begins with the address of the SID.
        _done(calls.ConvertSidToStringSidW(c_void_p.from_buffer(room), byref(text)))
        with _freed(text):
            return wstring_at(text.value or 0)
    finally:
        _kernel().CloseHandle(token)


def is_administrator() -> bool:
    """Whether this process has the rights of the administrators, and not only its account."""
    return bool(ctypes.WinDLL("shell32").IsUserAnAdmin())  # type: ignore[attr-defined,unused-ignore]


def told(path: Path) -> str:
    """Owner and rights of a file or folder. Raises OSError."""
    calls, found, text = _calls(), c_void_p(), c_void_p()
    code = calls.GetNamedSecurityInfoW(c_wchar_p(str(path)), FILE_OBJECT, OWNER | LIST, *[None] * 4, byref(found))
    _no_error(code, path)
    with _freed(found):
        _done(calls.ConvertSecurityDescriptorToStringSecurityDescriptorW(
            found, REVISION, OWNER | LIST, byref(text), None))  # fmt: skip
    with _freed(text):
        return wstring_at(text.value or 0)


def make_folder(path: Path, sddl: str) -> None:
    """Make a folder that has these rights from its first moment. Raises OSError."""
    found = c_void_p()
    _done(_calls().ConvertStringSecurityDescriptorToSecurityDescriptorW(
        c_wchar_p(sddl), REVISION, byref(found), None))  # fmt: skip
    with _freed(found):
        _done(_kernel().CreateDirectoryW(c_wchar_p(str(path)), byref(_Attributes(found))))


class _Attributes(ctypes.Structure):
    """SECURITY_ATTRIBUTES."""

    _fields_ = (("length", c_uint32), ("rights", c_void_p), ("handed_down", c_int))

    def __init__(self, found: c_void_p) -> None:
        super().__init__(ctypes.sizeof(_Attributes), found, 0)


def _calls() -> Any:
    return ctypes.WinDLL("advapi32", use_last_error=True)  # type: ignore[attr-defined,unused-ignore]


def _kernel() -> Any:
    return ctypes.WinDLL("kernel32", use_last_error=True)  # type: ignore[attr-defined,unused-ignore]


@contextmanager
def _freed(address: c_void_p) -> Iterator[None]:
    try:
        yield
    finally:
        _kernel().LocalFree(address)


def _done(worked: int) -> None:
    """Raise OSError where a call said that it failed."""
    if not worked:
        raise ctypes.WinError(ctypes.get_last_error())  # type: ignore[attr-defined,unused-ignore]


def _no_error(code: int, path: Path) -> None:
    """The same for calls that give back what went wrong."""
    if code:
        raise OSError(0, ctypes.FormatError(code), str(path), code)  # type: ignore[attr-defined,unused-ignore]
