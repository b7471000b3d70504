"""The words of the product in one language, also where no page is being answered: workers, papers, mails.

Pages get theirs from Flask-Babel, which asks the request. A paper has a language of its own, so it asks here.
"""

from __future__ import annotations

import gettext as stdlib_gettext
from functools import cache
from io import BytesIO
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import Translations

from service_desk.lib.clock import Language

FOLDER = Path(__file__).resolve().parents[1] / "translations" / "zh_Hans_CN" / "LC_MESSAGES"


@cache
def words(lang: Language) -> stdlib_gettext.NullTranslations:
    """Every package's texts in `lang`. English texts are the keys themselves, so English needs no catalogue."""
    if lang == "en":
        return stdlib_gettext.NullTranslations()
    every = Translations()
    for source in sorted(FOLDER.glob("*.po")):
        every.merge(_catalogue(source))
    return every


def say(lang: Language, text: str, /, **values: object) -> str:
    """`text` (an English msgid) in `lang`, its placeholders filled in."""
    said = words(lang).gettext(text)
    return said % values if values else said


def N_(text: str) -> str:  # noqa: N802 - the usual name of this mark
    """Mark a text that is translated later, where its language is known."""
    return text


def _catalogue(source: Path) -> Translations:
    compiled = source.with_suffix(".mo")
    if compiled.exists() and compiled.stat().st_mtime_ns >= source.stat().st_mtime_ns:
        with compiled.open("rb") as file:
            return Translations(file)
    with source.open("rb") as file:
        catalogue = read_po(file, locale="zh_Hans_CN")
    packed = BytesIO()
    write_mo(packed, catalogue)
    packed.seek(0)
    return Translations(packed)
