"""The agreement on service hours and promised times as a form: every field is read as people type it."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, IntegerField, StringField, TextAreaField
from wtforms.validators import InputRequired, NumberRange, ValidationError
from wtforms.validators import Length as Longest

from service_desk.accounts.forms import NEEDED, DeskForm, known_zone
from service_desk.lib.clock import Language
from service_desk.lib.errors import Invalid
from service_desk.sla import typed
from service_desk.sla.calendar import Calendar, CalendarError, week, working_day
from service_desk.sla.timeline import CLOCKS
from service_desk.sla.words import CLOCK, PRIORITY, WEEKDAY

# What is proposed to a client with whom nothing was agreed yet, in minutes of service time.
SUGGESTED = {"P1": (30, 240), "P2": (60, 540), "P3": (240, 1620), "P4": (540, 5400)}


class HoursField(StringField):  # type: ignore[misc]
    """The opening hours of one weekday; `spans` is what was read."""

    spans: typed.Spans

    def pre_validate(self, _form: Any) -> None:
        """Read the hours."""
        try:
            self.spans = typed.hours_typed(self.data or "")
        except typed.TypedError as error:
            raise ValidationError(_l("Hours look like 09:00-12:00, 13:30-18:00; empty means closed.")) from error


class LengthField(StringField):  # type: ignore[misc]
    """A promised length of time; `length` is what was read, None when nothing is promised."""

    length: typed.Length | None = None

    def pre_validate(self, _form: Any) -> None:
        """Read the length."""
        try:
            self.length = typed.length_typed(self.data or "")
        except typed.TypedError as error:
            raise ValidationError(_l("A time looks like 30m, 4h or 2d; empty means nothing is promised.")) from error


class DaysField(TextAreaField):  # type: ignore[misc]
    """Single days with hours of their own, one a line; `overrides` is what was read."""

    overrides: Mapping[str, typed.Spans]

    def pre_validate(self, _form: Any) -> None:
        """Read the days."""
        try:
            self.overrides = typed.days_typed(self.data or "")
        except typed.TypedError as error:
            raise ValidationError(_l("This is not a day with its hours: %(line)s", line=error.line)) from error


class AgreementForm(DeskForm):
    """When a client is served, and how fast by how urgent it is. The fields of days and priorities follow below."""

    zone = StringField(_l("Time zone"), [NEEDED, known_zone])
    cn_holidays = BooleanField(_l("Closed on Chinese public holidays"))
    makeup = BooleanField(_l("Open on make-up workdays 调休上班"))
    vendor_pauses = BooleanField(_l("The clocks stand still while the vendor is awaited"))
    days = DaysField(
        _l("Days with hours of their own"),
        [Longest(max=8000)],
        description=_l("One a line: 2026-12-31 09:00-12:00, or a day and 休 when it stays closed."),
    )

    def week_fields(self) -> list[HoursField]:
        """The seven fields of the week, Monday first."""
        return [self[day] for day in WEEKDAY]

    def promise_rows(self) -> list[tuple[str, list[LengthField], BooleanField, IntegerField]]:
        """Per priority: its name, the four clocks, whether round the clock, when to warn."""
        return [
            (name, [self[f"{key}_{clock}"] for clock in CLOCKS], self[f"{key}_always"], self[f"{key}_warn"])
            for key, name in PRIORITY.items()
        ]

    def agreed_hours(self) -> dict[str, Any]:
        """What was typed about hours, as `agree` takes it."""
        ticks = {name: self[name].data for name in ("zone", "cn_holidays", "makeup", "vendor_pauses")}
        open_days = {day: self[day].spans for day in WEEKDAY if self[day].spans}
        return ticks | {"weekly": open_days, "overrides": dict(self.days.overrides)}

    def agreed_targets(self) -> dict[str, dict[str, Any]]:
        """What was typed about times, by priority. A day of work that runs round the clock has 24 hours.

        Raises Invalid for a week without hours.
        """
        try:
            usual = working_day(Calendar(self.zone.data, week(self.agreed_hours()["weekly"])))
        except CalendarError as error:
            raise Invalid(_l("These hours never open."), field="mon") from error
        return {key: self._targets(key, usual) for key in PRIORITY}

    def _targets(self, key: str, usual: timedelta) -> dict[str, Any]:
        always, warn = self[f"{key}_always"].data, self[f"{key}_warn"].data
        lengths = {clock: self[f"{key}_{clock}"].length for clock in CLOCKS}
        day = timedelta(days=1) if always else usual
        minutes = {clock: length.in_minutes(day) if length else None for clock, length in lengths.items()}
        return minutes | {"round_the_clock": always, "warn_percent": warn}


for _day, _name in WEEKDAY.items():
    setattr(AgreementForm, _day, HoursField(_name, [Longest(max=80)]))
for _key, _name in PRIORITY.items():
    for _clock in CLOCKS:
        setattr(AgreementForm, f"{_key}_{_clock}", LengthField(CLOCK[_clock], [Longest(max=20)]))
    setattr(AgreementForm, f"{_key}_always", BooleanField(_l("Round the clock")))
    setattr(AgreementForm, f"{_key}_warn", IntegerField(_l("Warn at (percent)"), [InputRequired(), NumberRange(1, 99)]))


def filled(terms: Mapping[str, Any], zone: str, lang: Language) -> dict[str, Any]:
    """What the form shows first: the agreement in force (in the form a ticket keeps), or what is usually agreed."""
    hours = terms["calendar"]
    shown = {name: hours[name] for name in ("cn_holidays", "makeup")} | {"zone": zone or hours["zone"]}
    shown |= {day: typed.hours_shown(hours["weekly"].get(day, ())) for day in WEEKDAY}
    shown |= {"days": typed.days_shown(hours["overrides"], lang), "vendor_pauses": terms["vendor_pauses"]}
    for key in PRIORITY:
        target = terms["targets"].get(key, {})
        shown |= {f"{key}_{clock}": typed.length_shown(target.get(clock), lang) for clock in CLOCKS}
        shown |= {f"{key}_always": target.get("round_the_clock", False), f"{key}_warn": target.get("warn_percent", 80)}
    return shown


def suggested() -> dict[str, dict[str, int]]:
    """The targets that are proposed where none were agreed."""
    return {key: {"first_response": first, "resolution": last} for key, (first, last) in SUGGESTED.items()}
