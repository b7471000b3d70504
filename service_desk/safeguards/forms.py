"""The forms of safeguards."""

import re
from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import (
    BooleanField,
    DateField,
    DateTimeLocalField,
    IntegerField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.validators import Length, NumberRange, Optional

from service_desk.accounts.forms import NEEDED, DeskForm, offered
from service_desk.checks.catalog import GROUPS
from service_desk.lib.clock import Language
from service_desk.lib.text import normalise
from service_desk.safeguards import words

_UNITS = {"m": 60, "min": 60, "分": 60, "分钟": 60, "h": 3600, "时": 3600, "小时": 3600, "d": 86400, "天": 86400,
          "w": 7 * 86400, "周": 7 * 86400}  # fmt: skip
_WHOLE = {"每天": 86400, "daily": 86400, "每周": 7 * 86400, "weekly": 7 * 86400, "每小时": 3600, "hourly": 3600}
NOBODY = 0  # the choice "none" of a select


def _labels(table: dict[str, str]) -> list[Any]:
    return offered([(key, _l(text)) for key, text in table.items()])


def read_schedule(text: str) -> tuple[int | None, str | None]:
    """(seconds, cron line) of what was typed: "daily", "每天", "15 min", "6 小时", or five cron fields.

    Exactly one of the two is set; what cannot be read comes back as a cron line, which the verb refuses in words.
    """
    plain = " ".join(normalise(text).split()).lower()
    if plain in _WHOLE:
        return _WHOLE[plain], None
    if found := re.fullmatch(r"(?:every|每隔?)? ?(\d{1,4}) ?([a-z一-鿿]{1,3})", plain):
        unit = _UNITS.get(found[2]) or _UNITS.get(found[2].rstrip("s"))
        if unit and int(found[1]):
            return int(found[1]) * unit, None
    return None, plain


def schedule_text(every_s: int | None, cron: str | None, lang: Language) -> str:
    """A schedule as it would be typed in this language."""
    if cron or not every_s:
        return cron or ""
    names = ("天", "小时", "分钟") if lang == "zh" else ("d", "h", "min")
    lengths = zip(names, (86400, 3600, 60), strict=True)
    return next(
        (f"{every_s // length} {name}" for name, length in lengths if every_s % length == 0), f"{every_s // 60}"
    )


class PlanForm(DeskForm):
    """One backup plan."""

    scope = SelectField(_l("What"), choices=_labels(words.SCOPES))
    connection_id = SelectField(_l("Connection"), coerce=int)
    subject = StringField(
        _l("Name"),
        [Length(max=200)],
        description=_l("The database, the account set's code, or the folder; empty for the whole server."),
    )
    backup_type = SelectField(_l("Type"), choices=_labels(words.TYPES))
    every = StringField(
        _l("How often"),
        [NEEDED, Length(max=80)],
        description=_l("“daily”, “15 min”, “6 h”, “7 d”, or a cron line such as 30 1 * * *."),
    )
    medium = SelectField(_l("Medium"), choices=_labels(words.MEDIA))
    place = StringField(_l("Where to"), [Length(max=300)])
    keep_days = IntegerField(_l("Kept for days"), [Optional(), NumberRange(min=1, max=36500)])
    rpo_minutes = IntegerField(
        _l("RPO in minutes"), [Optional(), NumberRange(min=1, max=525600)], description=_l("How much work may be lost.")
    )
    rto_minutes = IntegerField(
        _l("RTO in minutes"),
        [Optional(), NumberRange(min=1, max=525600)],
        description=_l("How long it may take until everybody works again."),
    )
    responsible = StringField(_l("Responsible"), [Length(max=120)])
    heartbeat_id = SelectField(
        _l("Reports by heartbeat"), coerce=int, description=_l("For what the database server keeps no record of.")
    )
    drill_every_days = IntegerField(
        _l("Restore drill every so many days"),
        [Optional(), NumberRange(min=1, max=3650)],
        description=_l("Empty: no drill is wanted."),
    )
    note = TextAreaField(_l("Note, without any password"), [Length(max=2000)])

    def offer(self, connections: list[tuple[int, str]], heartbeats: list[tuple[int, str]]) -> None:
        """Fill the two lists of this client."""
        self.connection_id.choices = offered([(NOBODY, _l("None")), *connections])  # type: ignore[list-item]
        self.heartbeat_id.choices = offered([(NOBODY, _l("None")), *heartbeats])  # type: ignore[list-item]

    def values(self) -> dict[str, Any]:
        """What the verb takes."""
        every_s, cron = read_schedule(self.every.data or "")
        names = ("scope", "backup_type", "medium", "keep_days", "rpo_minutes", "rto_minutes", "drill_every_days")
        texts = {name: (self[name].data or "").strip() for name in ("subject", "place", "responsible", "note")}
        if self.scope.data == "server":
            texts["subject"] = ""
        return {
            **{name: self[name].data for name in names},
            **texts,
            "every_s": every_s,
            "cron": cron,
            "connection_id": self.connection_id.data or None,
            "heartbeat_id": self.heartbeat_id.data or None,
        }


class CopyForm(DeskForm):
    """A place where copies lie."""

    name = StringField(
        _l("Name"), [NEEDED, Length(max=120)], description=_l("For example: NAS in the office, cloud bucket.")
    )
    medium = SelectField(_l("Medium"), choices=_labels(words.MEDIA))
    device = SelectField(_l("Kind of device"), choices=_labels(words.DEVICES))
    heartbeat_id = SelectField(
        _l("Reports by heartbeat"),
        coerce=int,
        description=_l("Its success counts as a new copy; without one you confirm by hand."),
    )

    def offer(self, heartbeats: list[tuple[int, str]]) -> None:
        """Fill the list of this client's heartbeats."""
        self.heartbeat_id.choices = offered([(NOBODY, _l("None")), *heartbeats])  # type: ignore[list-item]

    def values(self) -> dict[str, Any]:
        """What the verb takes."""
        return {
            "name": self.name.data.strip(),
            "medium": self.medium.data,
            "device": self.device.data,
            "heartbeat_id": self.heartbeat_id.data or None,
        }


class ConfirmForm(DeskForm):
    """How new the newest copy is, on the client's wall clock."""

    newest_at = DateTimeLocalField(_l("Newest copy from"), [NEEDED])


class DrillPlanForm(DeskForm):
    """When a drill is held."""

    plan_id = SelectField(_l("Of which plan"), coerce=int)
    due_on = DateField(_l("On"), [NEEDED])


class TemplateForm(DeskForm):
    """What an inspection round looks at."""

    name = StringField(_l("Name"), [NEEDED, Length(max=80)])
    rhythm = SelectField(_l("How often"), choices=_labels(words.RHYTHMS))
    groups = SelectMultipleField(
        _l("Looked at by the checks"),
        choices=_labels(GROUPS),
        description=_l("Their current states stand in the round by themselves."),
    )
    manual = TextAreaField(
        _l("Looked at by a person"), [Length(max=20000)], description=_l("One line for each thing to look at.")
    )

    def values(self) -> dict[str, Any]:
        """What the verb takes."""
        automatic = [{"kind": "auto", "group": group} for group in self.groups.data or ()]
        manual = [{"kind": "manual", "words": line.strip()} for line in (self.manual.data or "").splitlines()]
        return {
            "name": self.name.data,
            "rhythm": self.rhythm.data,
            "items": [*automatic, *(one for one in manual if one["words"])],
        }


class SignForm(DeskForm):
    """A client signs."""

    remark = TextAreaField(_l("Remark"), [Length(max=1000)])
    agreed = BooleanField(_l("I have read this."))
