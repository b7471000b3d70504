"""A permission review as tables to take along: findings with their decisions, accounts, rights. Pure."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from service_desk.lib.clock import Language
from service_desk.lib.i18n import N_, say
from service_desk.safeguards import words

Cell = str | int | None
_OF_USER = ("account_set", "login", "name", "enabled", "admin", "roles", "left_on")
_OF_GRANT = ("account_set", "system", "holder", "right_name", "scope", "source")


@dataclass(frozen=True)
class Table:
    """A sheet: its name, its headings, its rows."""

    name: str
    headings: tuple[str, ...]
    rows: list[tuple[Cell, ...]]


class Decided(Protocol):
    """A finding as models.AccessFinding has it."""

    rule: Any
    system: Any
    subject: Any
    params: Any
    grave: Any
    decision: Any
    reason: Any
    decided_by: Any
    decided_at: Any


def tables(found: Sequence[Decided], data: Mapping[str, Any], lang: Language) -> list[Table]:
    """Findings, users, database logins and rights, in the reader's language."""
    return [
        _findings(found, lang),
        _part(
            data, "users", lang, N_("Users"), ("account_set", "login", "name", "enabled", "admin", "roles", "left_on")
        ),
        _part(data, "principals", lang, N_("Database logins"), ("login", "what", "enabled", "powers", "built_in")),
        _part(data, "grants", lang, N_("Rights"), ("account_set", "system", "holder", "right_name", "scope", "source")),
    ]


def _findings(found: Sequence[Decided], lang: Language) -> Table:
    headings = tuple(say(lang, text) for text in (
        N_("System"), N_("Kind"), N_("Finding"), N_("Decision"), N_("Reason"), N_("Decided by"), N_("Decided at"),
    ))  # fmt: skip
    rows: list[tuple[Cell, ...]] = [
        (
            one.system,
            say(lang, words.GROUPS.get(one.rule, one.rule)),
            words.finding_sentence(one.rule, one.params, lang),
            say(lang, words.DECISIONS[one.decision][0]),
            one.reason,
            one.decided_by,
            one.decided_at.isoformat(timespec="minutes") if isinstance(one.decided_at, datetime) else "",
        )
        for one in found
    ]
    return Table(say(lang, N_("Findings")), headings, rows)


_NAMES: dict[str, str] = {
    "account_set": N_("Account set"),
    "login": N_("Login"),
    "system": N_("Where"),
    "holder": N_("Who"),
    "right_name": N_("Right"),
    "scope": N_("Reaches"),
    "source": N_("Through"),
}


def _part(data: Mapping[str, Any], kind: str, lang: Language, name: str, fields: tuple[str, ...]) -> Table:
    labels = (say(lang, _NAMES.get(field) or words.FIELDS.get(field, field)) for field in fields)
    rows = [
        (one["name"], *(_cell(row, field, lang) for field in fields))
        for one in data["connections"].values()
        for row in one[kind].values()
    ]
    return Table(say(lang, name), (say(lang, N_("System")), *labels), rows)


def _cell(row: Mapping[str, Any], field: str, lang: Language) -> Cell:
    value = row.get(field)
    if field == "right_name":
        value = value or row.get("right")
    if isinstance(value, bool):
        return say(lang, words.YES if value else words.NO)
    if isinstance(value, list):
        return "、".join(map(str, value))
    return value if isinstance(value, int) or value is None else str(value)


def csv_bytes(table: Table) -> bytes:
    """A table as CSV (RFC 4180) in UTF-8 with a mark, so that Excel reads Chinese; no cell begins a formula."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(table.headings)
    writer.writerows([[_inert(cell) for cell in row] for row in table.rows])
    return "\ufeff".encode() + out.getvalue().encode()


def _inert(cell: Cell) -> Cell:
    """A text that a spreadsheet would run as a formula is told to be text (CSV injection, OWASP).

    Where people write Chinese, a sheet takes the full-width signs for the plain ones.
    """
    return f"'{cell}" if isinstance(cell, str) and cell and cell[0] in "=+-@\t\r\n＝＋－＠" else cell


def xlsx_bytes(sheets: Sequence[Table]) -> bytes:
    """The tables as one Excel file; texts stay texts, whatever they begin with."""
    import xlsxwriter  # noqa: PLC0415 - no start of a program waits for it

    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}) as book:
        bold = book.add_format({"bold": True})
        for table in sheets:
            sheet = book.add_worksheet(table.name[:31])
            sheet.write_row(0, 0, table.headings, bold)
            for place, row in enumerate(table.rows, start=1):
                sheet.write_row(place, 0, ["" if cell is None else cell for cell in row])
            sheet.freeze_panes(1, 0)
            sheet.set_column(0, len(table.headings) - 1, 22)
    return out.getvalue()
