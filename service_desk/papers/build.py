"""From sections to one document: gathered in the client's scope, written and laid out outside it."""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from markupsafe import Markup, escape

from service_desk.lib import pdf, sheet
from service_desk.lib.clock import Language
from service_desk.lib.i18n import N_, say
from service_desk.papers.section import Asked
from service_desk.papers.sections import PAPERS, SECTIONS

PACKAGE = "service_desk.papers"
CONFIDENTIAL = N_("Confidential")
_PACKED = re.compile(rb"<<[^>]*/ObjStm[^>]*>>\s*stream\r?\n")
_COUNT = re.compile(rb"/Type ?/Pages\b[^>]*?/Count (\d+)")


@dataclass(frozen=True)
class Gathered:
    """All figures of a paper, taken in one look at the database, and what its frame says."""

    figures: Mapping[str, Mapping[str, Any]]
    paper: Any
    lang: Language
    zone: str
    now: datetime
    colour: str
    client: str
    author: str


def gather(asked: Asked, report: Callable[[str], None] = lambda _section: None) -> Gathered:
    """Ask every section of the paper for its figures; `report` hears which one is at it."""
    figures = {}
    for key in PAPERS[asked.paper.kind]:
        report(key)
        figures[key] = SECTIONS[key].gather(asked)
    practice = asked.practice
    return Gathered(
        figures=figures,
        paper=asked.paper,
        lang=asked.lang,
        zone=asked.zone,
        now=asked.now,
        colour=sheet.colour(asked.tenant.colour),
        client=asked.tenant.name,
        author=(practice.legal_name or practice.name) if practice else asked.tenant.engineer_name,
    )


def write(gathered: Gathered) -> dict[str, Markup]:
    """The markup of each section, headings included."""
    return {key: _written(key, gathered) for key in gathered.figures}


def _written(key: str, gathered: Gathered) -> Markup:
    values = {**gathered.figures[key], "paper": gathered.paper, "now": gathered.now}
    body = sheet.fill(PACKAGE, f"papers/sections/{key}.html", gathered.lang, values, zone=gathered.zone)
    section = SECTIONS[key]
    if not section.listed:
        return body
    title = say(gathered.lang, section.title)
    return Markup('<section class="part" id="part-{}"><h2>{}</h2>{}</section>').format(key, title, body)


def headings(gathered: Gathered) -> list[pdf.Heading]:
    """The table of contents: the sections, and under a section what it names itself."""
    listed = []
    for place, key in enumerate((key for key in gathered.figures if SECTIONS[key].listed), start=1):
        title = f"{place}  {say(gathered.lang, SECTIONS[key].title)}"
        listed.append(pdf.Heading(1, f"part-{key}", title))
        listed += [pdf.Heading(2, anchor, text) for anchor, text in gathered.figures[key].get("headings", ())]
    return listed


def lay_out(gathered: Gathered, written: Mapping[str, Markup]) -> bytes:
    """The PDF: cover, table of contents, sections; the client's colour and name on every page."""
    cover = [markup for key, markup in written.items() if not SECTIONS[key].listed]
    parts = [markup for key, markup in written.items() if SECTIONS[key].listed]
    contents = pdf.contents(headings(gathered), say(gathered.lang, N_("Contents")))
    classified = say(gathered.lang, CONFIDENTIAL)
    return pdf.render(
        str(Markup("").join([*cover, contents, *parts])),
        lang=gathered.lang,
        title=gathered.paper.title,
        created_at=gathered.now,
        author=gathered.author,
        band=gathered.colour,
        header=f"{gathered.client} · {classified}",
        footer=f"{gathered.paper.title} · v{gathered.paper.version}",
        css=STYLE + f".cover .mark {{ background: {gathered.colour} }}",
    )


def frame_text(gathered: Gathered) -> str:
    """What stands on the pages beside the sections: it is searched for secrets too."""
    return str(escape(" ".join((gathered.paper.title, gathered.client, gathered.author))))


def pages(document: bytes) -> int:
    """How many pages a PDF of ours has: the count in its page tree, which stands packed in an object stream."""
    packed = [zlib.decompressobj().decompress(document[found.end() :]) for found in _PACKED.finditer(document)]
    counts = [int(found[1]) for part in (document, *packed) for found in _COUNT.finditer(part)]
    return max(counts, default=0)


STYLE = """
.cover h1 { bookmark-level: none; }
.cover .cover-facts { margin-top: 14mm; }
.cover .notice { margin-top: 60mm; }
.toc .toc-name { bookmark-level: none; }
.cover .mark { width: 26mm; height: 2.2mm; margin-bottom: 9mm; }
.part { margin-bottom: 10mm; }
#part-first_day, #part-contacts, #part-checks, #part-worklog, #part-duties, #part-knowledge { break-before: page; }
.part > h2 { margin-top: 0; font-size: 18pt; bookmark-level: 1; }
.part h3 { bookmark-level: 2; }
.part#part-first_day h3, .part#part-gaps h3 { bookmark-level: none; }
.halves::after { content: ""; display: block; clear: both; }
.halves > div { float: left; width: 82mm; margin-right: 10mm; }
.halves > div + div { margin-right: 0; }
.entry { margin: 0 0 1.6mm; line-height: 1.45; font-size: 9.5pt; }
.pinned { color: #1f2328; margin-top: 0; }
table.fixed { table-layout: fixed; }
.w12 { width: 14mm; } .w30 { width: 32mm; } .w36 { width: 38mm; }
.check { border-bottom: .4pt solid #e0dcd4; padding: 1.6mm 0; break-inside: avoid; }
.check p { margin: 0 0 .8mm; }
.check .strip svg { height: 4mm; width: 40mm; }
.four { break-inside: avoid; border-bottom: .4pt solid #e0dcd4; padding: 1.8mm 0 1.4mm; }
.four p { margin: 0 0 .6mm; padding-left: 18mm; position: relative; font-size: 9.5pt; line-height: 1.5; }
.four p.when { padding-left: 0; break-after: avoid; }
.four small { position: absolute; left: 0; }
.article { margin-bottom: 6mm; }
.article .body :is(h1, h2, h3, h4) { font-size: 10.5pt; margin: 3mm 0 1mm; padding: 0; border: 0; color: #1f2328; }
.article .body :is(h1, h2, h3, h4) { bookmark-level: none; }
"""
