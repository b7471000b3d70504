"""The words of each package: found in its code and templates, merged into its .po file, checked, compiled.

One domain per package, so that a feature's words stand together. A text is marked with `_`, `_l`, `N_` or one of
gettext's own names; `Reason(…)` is how connectors mark theirs.
"""

import ast
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.checkers import python_format
from babel.messages.extract import extract_from_file
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from service_desk.running.migrate import ROOT

LANGUAGE = "zh_Hans_CN"
FOLDER = ROOT / "service_desk" / "translations" / LANGUAGE / "LC_MESSAGES"
TEXTS = {".py", ".html", ".txt"}
PLAIN = ("_", "_l", "N_", "gettext", "lazy_gettext", "Reason")
PLURALS = ("ngettext", "lazy_ngettext")
KEYWORDS = {**dict.fromkeys(PLAIN), **dict.fromkeys(PLURALS, (1, 2)), "pgettext": ((1, "c"), 2)}


@dataclass
class Report:
    """What is wrong with one package's words; `obsolete` alone is no defect."""

    package: str
    missing: list[str] = field(default_factory=list)
    fuzzy: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    obsolete: list[str] = field(default_factory=list)

    @property
    def complete(self) -> bool:
        """True when every text has its Chinese, and its placeholders fit."""
        return not (self.missing or self.fuzzy or self.broken)

    def lines(self) -> Iterator[str]:
        """The report as people read it."""
        for kind in ("missing", "fuzzy", "broken", "obsolete"):
            for text in getattr(self, kind):
                yield f"{self.package}: {kind}: {text!r}"


def packages() -> dict[str, list[Path]]:
    """Package -> the files its texts may stand in. The modules at the top of service_desk form `desk`."""
    house = ROOT / "service_desk"
    folders = {path.name: [path] for path in sorted(house.iterdir()) if (path / "__init__.py").exists()}
    folders["connectors"] = [ROOT / "connectors"]
    found = {name: [file for folder in paths for file in _files(folder)] for name, paths in folders.items()}
    return found | {"desk": sorted(house.glob("*.py"))}


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.suffix in TEXTS and path.is_file())


def extract(files: list[Path]) -> Catalog:
    """Every marked text of these files, in the order of the files."""
    catalog = Catalog(locale=LANGUAGE, charset="utf-8")
    for file in files:
        for text, context in _of_code(file) if file.suffix == ".py" else _of_template(file):
            catalog.add(text, context=context)
    return catalog


Found = tuple[str | tuple[str, ...], str | None]


def _of_template(file: Path) -> Iterator[Found]:
    options = {"silent": "false"}  # A template that cannot be read must not look like one without words.
    for _line, text, _comments, context in extract_from_file("jinja2", file, keywords=KEYWORDS, options=options):
        yield text, context


def _of_code(file: Path) -> Iterator[Found]:
    """Marked texts of a module, read from its syntax tree: the usual extraction does not look into f-strings."""
    calls = [node for node in ast.walk(ast.parse(file.read_bytes())) if isinstance(node, ast.Call)]
    for call in sorted(calls, key=lambda node: (node.lineno, node.col_offset)):
        name = call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")
        texts = [node.value for node in call.args if isinstance(node, ast.Constant) and isinstance(node.value, str)]
        if name in PLURALS and len(texts) >= 2:
            yield (texts[0], texts[1]), None
        elif name == "pgettext" and len(texts) >= 2:
            yield texts[1], texts[0]
        elif name in PLAIN and texts and call.args[0].__class__ is ast.Constant:
            yield texts[0], None


def read(package: str) -> Catalog:
    """What stands in the package's .po file; empty when there is none."""
    path = FOLDER / f"{package}.po"
    if not path.exists():
        return Catalog(locale=LANGUAGE, charset="utf-8")
    with path.open("rb") as file:
        return read_po(file, locale=LANGUAGE, charset="utf-8")


def merge(package: str, *, write: bool = True) -> Report:
    """Bring the .po file to what the code says and report what is left to do. Nothing once translated is lost."""
    old, wanted = read(package), extract(packages()[package])
    # A look without writing counts what the program reads; a merge also takes up again what was once put aside.
    there = (*old.obsolete.values(), *old) if write else tuple(old)
    known = {(message.id, message.context): message for message in there if message.id}
    report = Report(package)
    for message in wanted:
        if message.id:
            _take_over(message, known.pop((message.id, message.context), None), report)
    wanted.obsolete.update({_key(message): message for message in known.values() if message.string})
    report.obsolete = [_name(message) for message in known.values() if message.id]
    if write and (len(wanted) or (FOLDER / f"{package}.po").exists()):
        _write(package, wanted)
    return report


def at_odds() -> Iterator[str]:
    """Texts that two packages say differently in Chinese: pages of both would speak with two tongues."""
    said: dict[tuple[str, str | None], dict[str, str]] = {}
    for package in packages():
        for message in read(package):
            if message.id and (chinese := _strings(message)[0]):
                said.setdefault((_key(message), message.context), {}).setdefault(chinese, package)
    for (text, _context), wordings in said.items():
        if len(wordings) > 1:
            yield f"{text!r}: " + ", ".join(f"{package} says {chinese}" for chinese, package in wordings.items())


def _take_over(message: Message, known: Message | None, report: Report) -> None:
    """The Chinese a text already has; without any it is reported as missing."""
    if known is None or not known.string or not any(_strings(known)):
        report.missing.append(_name(message))
        return
    message.string = known.string
    if known.fuzzy:
        message.flags.add("fuzzy")
        report.fuzzy.append(_name(message))
    for error in _placeholders(message):
        report.broken.append(f"{_name(message)} ({error})")


def _placeholders(message: Message) -> Iterator[str]:
    if message.python_format:
        try:
            python_format(None, message)
        except Exception as error:
            yield str(error)


def _strings(message: Message) -> tuple[str | None, ...]:
    return tuple(message.string) if isinstance(message.string, tuple | list) else (message.string,)


def _key(message: Message) -> str:
    return message.id if isinstance(message.id, str) else message.id[0]


def _name(message: Message) -> str:
    return _key(message)


def _write(package: str, catalog: Catalog) -> None:
    path = FOLDER / f"{package}.po"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        file.write(HEADER.format(package=package).encode())
        write_po(file, catalog, width=118, no_location=True, omit_header=True)


HEADER = """\
# Chinese texts of {package}.
msgid ""
msgstr ""
"Language: zh_Hans_CN\\n"
"Plural-Forms: nplurals=1; plural=0;\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"

"""


def compile_all() -> int:
    """Make the .mo files the program reads, where the .po is newer; returns how many were made."""
    made = 0
    for source in sorted(FOLDER.glob("*.po")):
        target = source.with_suffix(".mo")
        if target.exists() and target.stat().st_mtime_ns >= source.stat().st_mtime_ns:
            continue
        fresh = target.with_suffix(f".{os.getpid()}.mo")
        with fresh.open("wb") as file:
            write_mo(file, read(source.stem))
        fresh.replace(target)  # Two starts at once never read half a file.
        made += 1
    return made
