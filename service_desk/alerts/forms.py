"""What people fill in about alerts: a note, a silence, a maintenance window, what depends on what."""

from datetime import date
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import DateField, IntegerField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length, NumberRange, Optional, ValidationError

from service_desk.lib.clock import zone
from service_desk.lib.errors import Invalid
from service_desk.lib.text import one_line
from service_desk.sla.calendar import CalendarError, minute_of

HOURS = {"1": _l("an hour"), "4": _l("four hours"), "24": _l("a day"), "72": _l("three days"), "168": _l("a week")}
REPEATS = {
    "": _l("once"),
    "daily": _l("every day"),
    "weekly": _l("every week on this weekday"),
    "monthly_day": _l("every month on this day"),
    "monthly_weekday": _l("every month on this weekday, counted from its beginning"),
    "monthly_last": _l("every month on its last such weekday"),
}
DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


class AcknowledgeForm(FlaskForm):  # type: ignore[misc]
    """A note for whoever looks next."""

    note = TextAreaField(_l("A note for whoever looks next"), [Optional(), Length(max=1000)])


class SilenceForm(FlaskForm):  # type: ignore[misc]
    """For how long, and why."""

    hours = SelectField(_l("For"), choices=[SelectChoice(value, word) for value, word in HOURS.items()], default="4")
    reason = StringField(
        _l("Why"), [InputRequired(), Length(max=300)], filters=[lambda text: one_line(text or "", 300)]
    )


class WindowForm(FlaskForm):  # type: ignore[misc]
    """When trouble is expected, how long, how often, and for what."""

    title = StringField(
        _l("What is done"), [InputRequired(), Length(max=120)], filters=[lambda text: one_line(text or "", 120)]
    )
    first_day = DateField(_l("First day"), [InputRequired()])
    at = StringField(_l("From"), [InputRequired(), Length(max=5)], default="22:00")
    minutes = IntegerField(_l("Minutes"), [InputRequired(), NumberRange(1, 10080)], default=120)
    repeat = SelectField(_l("Repeats"), choices=[SelectChoice(value, word) for value, word in REPEATS.items()])
    until = DateField(_l("Last day"), [Optional()])
    zone = StringField(_l("Time zone"), [Optional(), Length(max=60)])
    connection = SelectField(_l("Connection"), default="")
    check = SelectField(_l("Check"), default="")

    def offer(self, connections: dict[int, str], checks: dict[str, str]) -> "WindowForm":
        """What can be chosen."""
        everything = SelectChoice("", _("everything of this client"))
        self.connection.choices = [everything, *(SelectChoice(str(key), name) for key, name in connections.items())]
        self.check.choices = [SelectChoice("", _("every check")), *(SelectChoice(*pair) for pair in checks.items())]
        return self

    def validate_at(self, field: Any) -> None:
        """A time of day as HH:MM."""
        try:
            if minute_of((field.data or "").strip()) > 1439:
                raise ValidationError(_("A time looks like 22:00."))
        except CalendarError:
            raise ValidationError(_("A time looks like 22:00.")) from None

    def validate_zone(self, field: Any) -> None:
        """A zone of the IANA database."""
        try:
            zone((field.data or "UTC").strip())
        except (KeyError, ValueError, OSError):
            raise ValidationError(_("There is no such time zone.")) from None

    def facts(self) -> dict[str, Any]:
        """Keyword arguments of plan_window."""
        return {
            "title": self.title.data,
            "first_day": self.first_day.data,
            "at_minute": minute_of(self.at.data.strip()),
            "minutes": self.minutes.data,
            "rule": rule_of(self.repeat.data, self.first_day.data, self.until.data),
            "connection_id": int(self.connection.data) if self.connection.data else None,
            "check": self.check.data,
            "zone": (self.zone.data or "").strip(),
        }

    def blame(self, error: Invalid) -> None:
        """Put what a verb refused beside the field it is about."""
        field = self[error.field if error.field in self else "repeat"]
        field.errors = [*field.errors, error.message]


def rule_of(repeat: str, first: date, until: date | None) -> str:
    """The rule of RFC 5545 for what was chosen; "" for once."""
    weekday = DAYS[first.weekday()]
    rules = {
        "daily": "FREQ=DAILY",
        "weekly": f"FREQ=WEEKLY;BYDAY={weekday}",
        "monthly_day": f"FREQ=MONTHLY;BYMONTHDAY={first.day}",
        "monthly_weekday": f"FREQ=MONTHLY;BYDAY=+{(first.day - 1) // 7 + 1}{weekday}",
        "monthly_last": f"FREQ=MONTHLY;BYDAY=-1{weekday}",
    }
    rule = rules.get(repeat, "")
    return f"{rule};UNTIL={until:%Y%m%d}T235959" if rule and until else rule


class ParentForm(FlaskForm):  # type: ignore[misc]
    """What a connection cannot answer without."""

    connection = SelectField(_l("Connection"))
    parent = SelectField(_l("Depends on"))

    def offer(self, connections: dict[int, str]) -> "ParentForm":
        """What can be chosen."""
        listed = [SelectChoice(str(key), name) for key, name in connections.items()]
        self.connection.choices, self.parent.choices = listed, [SelectChoice("", _("nothing")), *listed]
        return self
