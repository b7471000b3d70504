"""The forms of checks: limits, and what is expected of a heartbeat."""

from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import IntegerField, SelectField, StringField
from wtforms.fields import SelectChoice
from wtforms.validators import InputRequired, Length, NumberRange, Optional, ValidationError

from service_desk.checks.finding import Check
from service_desk.lib.errors import Invalid
from service_desk.lib.text import clean_number, one_line

LARGEST = 1e15  # no check counts so far; beyond it charts have no scale, and 400 digits are no number at all
UNITS = {"60": _l("minutes"), "3600": _l("hours"), "86400": _l("days")}


class LimitField(StringField):  # type: ignore[misc]
    """A limit: a number typed with any keyboard, or nothing when the limit is off."""

    number: float | None = None

    def process_formdata(self, valuelist: list[str]) -> None:
        self.data = valuelist[0].strip() if valuelist else ""
        try:
            self.number = float(clean_number(self.data)) if self.data else None
        except ValueError:
            raise ValidationError(_l("This is not a number.")) from None
        if self.number is not None and not abs(self.number) < LARGEST:
            self.number = None
            raise ValidationError(_l("This is not a number."))


class LimitsForm(FlaskForm):  # type: ignore[misc]
    """Both limits of a check."""

    warn = LimitField(_l("Warning from"))
    crit = LimitField(_l("Critical from"))

    @classmethod
    def filled(cls, check: Check, warn: float | None, crit: float | None) -> "LimitsForm":
        """The form with these limits in it."""
        shown = {name: "" if value is None else f"{value:g}" for name, value in (("warn", warn), ("crit", crit))}
        return cls(formdata=None, data=shown)


class HeartbeatForm(FlaskForm):  # type: ignore[misc]
    """Name and rhythm of a heartbeat: every so often, or by a cron line on the client's clock."""

    name = StringField(
        _l("Name of the job"), [InputRequired(), Length(max=80)], filters=[lambda text: one_line(text or "", 80)]
    )
    every = IntegerField(_l("Reports every"), [Optional(), NumberRange(1, 1000)])
    unit = SelectField(_l("Unit"), choices=[SelectChoice(value, word) for value, word in UNITS.items()], default="3600")
    cron = StringField(_l("or by a cron line"), [Optional(), Length(max=100)])
    grace = IntegerField(_l("May be late by (minutes)"), [InputRequired(), NumberRange(1, 10080)], default=30)

    def validate(self, extra_validators: Any = None) -> bool:
        good: bool = super().validate(extra_validators)
        if good and not self.every.data and not self.cron.data:
            self.every.errors = [_l("Say how often it reports.")]
            return False
        return good

    def rhythm(self) -> dict[str, Any]:
        """Keyword arguments of the heartbeat verbs."""
        period = None if self.cron.data else (self.every.data or 0) * int(self.unit.data)
        return {"period_s": period, "cron": (self.cron.data or "").strip() or None, "grace_s": self.grace.data * 60}

    def blame(self, error: Invalid) -> None:
        """Put what a verb refused beside the field it is about."""
        field = self[error.field or "name"]
        field.errors = [*field.errors, error.message]
