"""Templates of papers and mails: rendered in a worker, in the paper's own language, without any request.

A template sees `_` and `ngettext` of its language and the filters below. Everything a person wrote is escaped;
markdown goes through the `markdown` filter and comes out inert.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from service_desk.lib import clock, money, text
from service_desk.lib.clock import Language
from service_desk.lib.i18n import words


def fill(package: str, template: str, lang: Language, values: Mapping[str, Any], *, zone: str) -> Markup:
    """Fill `templates/<template>` of a package (`service_desk.billing`) in `lang`; times are shown in `zone`."""
    sheet = _environment(package, lang).get_template(template)
    return Markup(sheet.render(lang=lang, zone=zone, **values))  # noqa: S704 - the environment escapes


@cache
def _environment(package: str, lang: Language) -> Environment:
    sheets = Environment(
        loader=PackageLoader(package, "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
    )
    sheets.install_gettext_translations(words(lang), newstyle=True)  # type: ignore[attr-defined]
    sheets.filters |= {
        "money": lambda minor, currency: money.show(money.Money(minor, currency)),
        "day": lambda day: show_day(day, lang),
        "clock": lambda instant, zone: clock.show_time(instant, zone, lang),
        "hours": lambda minutes: clock.hours_minutes(minutes * 60),
        "ago": lambda instant, now: clock.ago(instant, now, lang),
        "markdown": text.markdown,
        "excerpt": text.excerpt,
        "number": plain_number,
    }
    return sheets


def show_day(day: date | datetime | str | None, lang: Language) -> str:
    """A calendar day with its weekday; an ISO text is read first, nothing stays nothing."""
    if not day:
        return ""
    read = date.fromisoformat(day) if isinstance(day, str) else day
    return clock.show_day(read, lang)


def plain_number(value: Any) -> str:
    """A Decimal without trailing zeros: 2.5000 -> 2.5, 10.0000 -> 10."""
    return f"{value.normalize():f}"


# The clients' colours on paper, by the index a client carries; the pages' style sheet has the same sixteen.
_COLOURS = (
    "#7a4fa3", "#1c7676", "#a8541c", "#56782a", "#2c62a0", "#ad3268", "#7d651a", "#4350b8",
    "#2c784c", "#b23a30", "#6d5144", "#0b7197", "#93409c", "#52687a", "#8a5a83", "#4d7040",
)  # fmt: skip


def colour(index: int) -> str:
    """The colour of a client's band as #rrggbb."""
    return _COLOURS[index % len(_COLOURS)]
