"""The form of a work record: 时间 内容 问题 解决方案."""

from datetime import UTC, datetime, timedelta

from flask_babel import lazy_gettext as _l
from wtforms import (
    BooleanField,
    DateField,
    IntegerField,
    RadioField,
    SelectField,
    StringField,
    TextAreaField,
    TimeField,
)
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from service_desk.accounts.forms import NEEDED, DeskForm, offered
from service_desk.lib.clock import at_wall

ACTIVITY = [
    ("support", _l("Support")),
    ("check", _l("System check")),
    ("backup", _l("Backup and restore")),
    ("change", _l("Change")),
    ("training", _l("Training")),
    ("travel", _l("Travel")),
    ("other", _l("Other")),
]
ENVIRONMENT = [("production", _l("Production")), ("test", _l("Test"))]


class EntryForm(DeskForm):
    """Times are on the client's wall clock; an end before the beginning means the next day."""

    day = DateField(_l("Day"), [InputRequired(_l("This is needed."))])
    started = TimeField(_l("Begin"), [InputRequired(_l("This is needed."))])
    ended = TimeField(_l("End"), [InputRequired(_l("This is needed."))])
    content = TextAreaField(_l("Content"), [NEEDED, Length(max=4000)])
    problem = TextAreaField(_l("Problem"), [Length(max=4000)])
    solution = TextAreaField(_l("Solution"), [Length(max=4000)])
    internal_note = TextAreaField(_l("Internal note, never shown to the client"), [Length(max=4000)])
    ticket = IntegerField(_l("Ticket number"), [Optional(), NumberRange(min=1)])
    activity = SelectField(_l("Activity"), choices=offered(ACTIVITY), default="support")
    environment = SelectField(_l("Environment"), choices=offered(ENVIRONMENT), default="production")
    billable = BooleanField(_l("Billable"), default=True)

    def span(self, zone: str) -> tuple[datetime, datetime]:
        """The two instants the form means, on the wall clock of `zone`."""
        begin, end = (at_wall(self.day.data, one.hour * 60 + one.minute, zone) for one in self._times())
        return (begin, end) if end > begin else (begin, end + timedelta(days=1))

    def _times(self) -> tuple[datetime, datetime]:
        return self.started.data, self.ended.data


class CorrectionForm(DeskForm):
    """Minutes to take back from an entry that stands on an invoice."""

    minutes = IntegerField(_l("Minutes to take back"), [NEEDED, NumberRange(min=1, max=10000)])
    reason = StringField(_l("Why"), [NEEDED, Length(max=500)])


class SignForm(DeskForm):
    """The client's answer to a month's hours."""

    answer = RadioField(
        _l("Are these hours right?"),
        choices=offered([("yes", _l("Yes, I confirm them")), ("no", _l("No, please check"))]),
    )
    remark = TextAreaField(_l("Remark"), [Length(max=2000)])


def now() -> datetime:
    """The moment of this request, to the second."""
    return datetime.now(UTC).replace(microsecond=0)
