"""Papers: a fragment of HTML becomes an A4 PDF that loads nothing from anywhere and is the same bytes every time.

Made with WeasyPrint as a PDF/A-3a profile: tagged, with its language, embedded fonts and an outline (the profile is
asked for, not certified). The HTML must already be inert (``text.markdown`` or escaped by the templates); were it not,
the fetcher still refuses every address but the bundled fonts and the bytes the caller handed in. Cap time and memory
outside, in the child process that makes the paper.
"""

from __future__ import annotations

import gc
import re
import threading
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cache, lru_cache
from importlib.resources import files
from io import BytesIO
from pathlib import Path
from typing import Any

import pylopdf_fonts_zh_cn
import weasyprint
from markupsafe import Markup, escape
from weasyprint.css import ColorProfile
from weasyprint.html import UA, UA_COUNTER_STYLE
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import URLFetcher, URLFetcherResponse

from service_desk.lib.charts import for_paper
from service_desk.lib.clock import Language
from service_desk.lib.text import one_line

_FONTS = {"bundled:sans": pylopdf_fonts_zh_cn.sans_path, "bundled:serif": pylopdf_fonts_zh_cn.serif_path}
_PROFILE = "pdf/a-3a"
_TAGS: dict[Language, str] = {"zh": "zh-CN", "en": "en"}
_PAGE_OF: dict[Language, str] = {
    "zh": '"第 " counter(page) " 页 / 共 " counter(pages) " 页"',
    "en": '"Page " counter(page) " of " counter(pages)',
}
# Files of a real bold for Chinese and the family they announce; the bundled font has one weight only.
_BOLD_FILES = {
    "NotoSansCJK-Bold.ttc": "Noto Sans CJK SC",
    "NotoSansCJKsc-Bold.otf": "Noto Sans CJK SC",
    "NotoSansSC-Bold.otf": "Noto Sans SC",
    "NotoSansSC-Bold.ttf": "Noto Sans SC",
}
_FONT_FOLDERS = ("/usr/share/fonts", "/usr/local/share/fonts", "/Library/Fonts", "~/.local/share/fonts", "~/.fonts")
# Pango's font maps and the cached stylesheet belong to one thread at a time.
_ONE_AT_A_TIME = threading.Lock()
_OBJECTS_BETWEEN_SWEEPS = 50_000


class RefusedAddress(ValueError):
    """The paper asked for an address; it is left out and the paper goes on without it."""


class PaperTooLong(ValueError):
    """The paper has more pages than its limit."""


@dataclass(frozen=True, slots=True)
class Heading:
    """One line of the table of contents: ``level`` 1 to 3 and the ``anchor`` (an element id) it leads to."""

    level: int
    anchor: str
    text: str


@dataclass(frozen=True, slots=True)
class Embedded:
    """A file carried inside the PDF; ``relationship`` as in ISO 32000-2 §7.11.3, such as ``Data`` or ``Source``."""

    name: str
    content: bytes
    description: str = ""
    relationship: str = "Data"


def render(
    html: str,
    *,
    lang: Language,
    title: str,
    created_at: datetime,
    author: str = "",
    band: str | None = None,
    header: str = "",
    footer: str = "",
    watermark: str = "",
    css: str = "",
    assets: Mapping[str, bytes] | None = None,
    embedded: Sequence[Embedded] = (),
    page_limit: int = 2000,
) -> bytes:
    """Make the PDF of ``html``, the inside of a body. The same arguments give the same bytes.

    ``created_at`` (aware) is the only date in the file. ``band`` (#rrggbb) is the client's colour, a stripe over
    every page; ``header`` and ``footer`` are one line each, the footer beside "第 X 页 / 共 Y 页" or "Page X of Y".
    ``assets`` maps names to bytes that the HTML shows as ``<img src="asset:NAME">``. ``css`` comes from our code,
    never from a person, and names no asset. Raises PaperTooLong.
    """
    with _ONE_AT_A_TIME, _seldom_swept():
        document = _Sheet(
            string=for_paper(_page(html, lang, title, created_at, author, watermark)),
            url_fetcher=_Bundled(assets or {}),
        ).render(
            font_config=_fonts(),
            stylesheets=[_base(), _style(_frame(lang, band, header, footer)), _kept_style(css)],
            pdf_variant=_PROFILE,
            color_profiles={"srgb": _srgb()},
        )
        if len(document.pages) > page_limit:
            raise PaperTooLong(f"{len(document.pages)} pages")
        attachments = [_attachment(file, created_at) for file in embedded]
        # An empty intent keeps the profile given above; the library would otherwise open its file and never close it.
        made: bytes = document.write_pdf(
            pdf_variant=_PROFILE, attachments=attachments, output_intent="", finisher=_settle
        )
        return made


def contents(headings: Sequence[Heading], name: str) -> Markup:
    """Return a table of contents headed ``name``; the page numbers are filled in by the layout itself."""
    lines = Markup("").join(
        Markup('<li class="level-{}"><a href="#{}">{}</a></li>').format(line.level, line.anchor, line.text)
        for line in headings
    )
    return Markup('<nav class="toc"><h1 class="toc-name">{}</h1><ol>{}</ol></nav>').format(name, lines)


class _Bundled(URLFetcher):  # type: ignore[misc]
    """Answers our two fonts and the caller's own bytes; every other address is refused, whatever its scheme."""

    def __init__(self, assets: Mapping[str, bytes]) -> None:
        super().__init__(allowed_protocols=(), allow_redirects=False)
        self._assets = assets

    def fetch(self, url: str, headers: Mapping[str, str] | None = None) -> URLFetcherResponse:
        font = _FONTS.get(url)
        if font is not None:
            return URLFetcherResponse(url, Path(font()).read_bytes(), {"Content-Type": "font/otf"})
        content = self._assets.get(url.removeprefix("asset:")) if url.startswith("asset:") else None
        if content is None:
            raise RefusedAddress(one_line(url, 80))
        return URLFetcherResponse(url, content)


class _Sheet(weasyprint.HTML):  # type: ignore[misc]
    """A page without notes at its foot: the rules for them would make five styles for every element of every paper."""

    def _ua_stylesheets(self, forms: bool = False) -> list[weasyprint.CSS]:
        return [_usual_style()]


@cache
def _usual_style() -> weasyprint.CSS:
    """How browsers show HTML, as the library has it, without the rules for notes."""
    return weasyprint.CSS(string=re.sub(r"(?m)^::(foot)?note-.*$", "", UA), counter_style=UA_COUNTER_STYLE)


@cache
def _fonts() -> FontConfiguration:
    return FontConfiguration()


def _srgb() -> ColorProfile:
    return ColorProfile(BytesIO(_srgb_bytes()), "sRGB2014.icc", "relative-colorimetric", (["r"], ["g"], ["b"]))


@cache
def _srgb_bytes() -> bytes:
    return files("weasyprint.pdf").joinpath("sRGB2014.icc").read_bytes()


@cache
def _base() -> weasyprint.CSS:
    sheet = files("service_desk.lib").joinpath("paper.css").read_text(encoding="utf-8")
    family = bold_family()
    if family:
        sheet += f'h1,h2,h3,h4,th,strong,b{{font-family:"{family}","Desk Sans";font-weight:700}}'
        sheet += "strong,b{border:0}"
    return _style(sheet)


@lru_cache(maxsize=64)
def _kept_style(sheet: str) -> weasyprint.CSS:
    """A style that comes again with the next paper of its kind is read once."""
    return _style(sheet)


def _style(sheet: str) -> weasyprint.CSS:
    return weasyprint.CSS(string=sheet, font_config=_fonts(), url_fetcher=_Bundled({}))


@contextmanager
def _seldom_swept() -> Iterator[None]:
    """A layout makes a great many objects that stay until it is done: looking for garbage all the time finds none."""
    usual = gc.get_threshold()
    gc.set_threshold(_OBJECTS_BETWEEN_SWEEPS, *usual[1:])
    try:
        yield
    finally:
        gc.set_threshold(*usual)


class _Settled:
    """An object of the file as its bytes: the writer asks for them twice, for the file and for its identifier."""

    free = "n"
    offset = 0

    def __init__(self, one: Any) -> None:
        if getattr(one, "compress", False) and len(one.stream) == 1:
            _pack(one)
        self.number, self.generation = one.number, one.generation
        self.data, self.compressible = one.data, one.compressible

    @property
    def indirect(self) -> bytes:
        return b"%d %d obj\n%b\nendobj" % (self.number, self.generation, self.data)


def _pack(stream: Any) -> None:
    """Compress a font or a file as usual: the writer would take the utmost effort for a hundredth less."""
    stream.stream, stream.compress = [zlib.compress(stream.stream[0])], False
    stream.extra["Filter"] = "/FlateDecode"


def _settle(_document: Any, made: Any) -> None:
    made.objects[:] = [one if one.free == "f" else _Settled(one) for one in made.objects]


@cache
def bold_family(folders: Sequence[str] = _FONT_FOLDERS) -> str | None:
    """Return the family of an installed bold Noto font for Chinese, or None."""
    for folder in folders:
        for name, family in _BOLD_FILES.items():
            if next(Path(folder).expanduser().glob(f"**/{name}"), None):
                return family
    return None


def _page(html: str, lang: Language, title: str, created_at: datetime, author: str, watermark: str) -> str:
    if created_at.tzinfo is None:
        raise ValueError("created_at needs a zone")
    stamp = created_at.isoformat(timespec="seconds")
    named = f'<meta name="author" content="{escape(one_line(author))}">' if author else ""
    mark = f'<div class="watermark">{escape(watermark)}</div>' if watermark else ""
    head = (
        f'<meta charset="utf-8"><title>{escape(one_line(title))}</title>{named}'
        f'<meta name="dcterms.created" content="{stamp}"><meta name="dcterms.modified" content="{stamp}">'
        '<meta name="generator" content="Service Desk">'
    )
    body = f'<div class="stripe"></div>{mark}{html}'
    return f'<!doctype html><html lang="{_TAGS[lang]}"><head>{head}</head><body>{body}</body></html>'


def _frame(lang: Language, band: str | None, header: str, footer: str) -> str:
    """The running words and the client's stripe, as margin boxes of the page."""
    if band is not None and not re.fullmatch(r"#[0-9a-fA-F]{6}", band):
        raise ValueError("band is not #rrggbb")
    small = 'font: 8pt "Desk Sans"; color: #5b6168;'
    stripe = f".stripe{{background:{band}}}" if band else ""
    return (
        f"@page{{@top-left{{content:{_css_string(header)};{small}width:100%;vertical-align:bottom;padding-bottom:5mm}}"
        f"@bottom-left{{content:{_css_string(footer)};{small}width:75%}}"
        f"@bottom-right{{content:{_PAGE_OF[lang]};{small}white-space:nowrap}}}}{stripe}"
    )


def _css_string(text: str) -> str:
    """Quote for CSS: whatever is no letter or digit becomes an escape, so no text can end the string."""
    return '"' + "".join(char if char.isalnum() else f"\\{ord(char):06x}" for char in one_line(text)) + '"'


def _attachment(file: Embedded, at: datetime) -> Any:
    return weasyprint.Attachment(
        string=file.content,
        name=one_line(file.name),
        description=file.description or None,
        created=at,
        modified=at,
        relationship=file.relationship,
        url_fetcher=_Bundled({}),
    )
