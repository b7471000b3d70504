"""The forms of channels and wishes; a destination's form is made from its channel's fields."""

from collections.abc import Mapping
from datetime import time
from typing import Any, cast

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, Field, PasswordField, SelectField, SelectMultipleField, StringField, TimeField
from wtforms.fields import SelectChoice
from wtforms.validators import InputRequired, Length, Optional
from wtforms.widgets import CheckboxInput, ListWidget

from service_desk.accounts.forms import NEEDED, DeskForm, known_zone, mailbox
from service_desk.alerts.channels.channel import Channel
from service_desk.alerts.channels.channel import Field as ChannelField
from service_desk.alerts.channels.webhook import new_secret
from service_desk.alerts.delivery.models import ClientRecipient, Destination, QuietHours
from service_desk.alerts.delivery.operations.destinations import Wanted
from service_desk.alerts.delivery.wishes import Quiet

SEVERITIES = [
    SelectChoice("crit", _l("Critical")),
    SelectChoice("warn", _l("Attention")),
    SelectChoice("unknown", _l("Cannot see")),
]
DIGESTS = [
    SelectChoice("", _l("At once")),
    SelectChoice("hourly", _l("Collected, every hour")),
    SelectChoice("daily", _l("Collected, once a day")),
]
MORNING = time(9, 0)


class Ticks(SelectMultipleField):  # type: ignore[misc]
    """Several of a few, as boxes to tick."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


class WishForm(DeskForm):
    """What is wanted: which severities, their end too, at once or collected."""

    severities = Ticks(_l("How grave"), choices=SEVERITIES, default=["crit"])
    when_over = BooleanField(_l("Also when it is over"), default=True)
    digest = SelectField(
        _l("When"), choices=DIGESTS, default="", description=_l("Critical things always come at once.")
    )
    digest_at = TimeField(_l("Once a day at"), [Optional()], default=MORNING)

    def show(self, row: Destination | ClientRecipient) -> None:
        """Show what is stored."""
        self.severities.data, self.when_over.data = list(row.severities), row.when_over
        self.digest.data, self.digest_at.data = row.digest, time(row.digest_minute // 60, row.digest_minute % 60)

    def wanted(self) -> Wanted:
        """What was chosen, for the verbs."""
        at = self.digest_at.data or MORNING
        return Wanted(
            severities=self.severities.data or [],
            when_over=self.when_over.data,
            digest=self.digest.data,
            digest_minute=at.hour * 60 + at.minute,
        )


class RoutedForm(WishForm):
    """A wish that may name clients: none ticked is all of them."""

    clients = Ticks(_l("Only these clients"), coerce=int, description=_l("None ticked: every client."))

    def offer(self, names: Mapping[int, str]) -> None:
        """The clients that may be ticked."""
        self.clients.choices = [SelectChoice(number, name) for number, name in names.items()]

    def show(self, row: Destination | ClientRecipient) -> None:
        """Show what is stored; clients that this person does not see are left out."""
        super().show(row)
        chosen = row.client_ids if isinstance(row, Destination) else None
        known = {choice.value for choice in self.clients.choices}
        self.clients.data = [one for one in chosen or [] if one in known]

    def wanted(self) -> Wanted:
        """What was chosen, for the verbs."""
        plain = super().wanted()
        return Wanted(**{**vars_of(plain), "client_ids": self.clients.data or None})


def vars_of(wanted: Wanted) -> dict[str, Any]:
    """The fields of a wish by name."""
    return {name: getattr(wanted, name) for name in Wanted.__dataclass_fields__}


class OwnMailForm(RoutedForm):
    """What somebody is told by their own mail."""

    by_mail = BooleanField(_l("Tell me by mail"), default=True)


class QuietForm(DeskForm):
    """Quiet hours of one person."""

    keeps = BooleanField(_l("I have quiet hours"))
    begins = TimeField(_l("From"), [Optional()], default=time(22, 0))
    ends = TimeField(_l("Until"), [Optional()], default=time(8, 0))
    zone = StringField(_l("Time zone"), [NEEDED, known_zone], default="Asia/Shanghai")
    breaks = BooleanField(_l("Critical things come through all the same"), default=True)

    def show(self, row: QuietHours | None) -> "QuietForm":
        """Show what is stored."""
        if row is not None:
            self.keeps.data, self.zone.data, self.breaks.data = True, row.zone, row.breaks
            self.begins.data = time(row.from_minute // 60, row.from_minute % 60)
            self.ends.data = time(row.until_minute // 60, row.until_minute % 60)
        return self

    def validate(self, extra_validators: Any = None) -> bool:
        """Quiet hours have two different ends."""
        fits = bool(super().validate(extra_validators))
        if self.keeps.data and (not self.begins.data or not self.ends.data or self.begins.data == self.ends.data):
            self.ends.errors = [*self.ends.errors, _l("Please give two different times.")]
            return False
        return fits

    def quiet(self) -> Quiet | None:
        """What was chosen, for the verb."""
        if not self.keeps.data:
            return None
        begins, ends = self.begins.data, self.ends.data
        return Quiet(
            from_minute=begins.hour * 60 + begins.minute,
            until_minute=ends.hour * 60 + ends.minute,
            zone=self.zone.data,
            breaks=self.breaks.data,
        )


class RecipientForm(WishForm):
    """Somebody of the client who is told."""

    email = SelectField(_l("Who"), [NEEDED])


class DestinationForm(RoutedForm):
    """What every destination has; its channel's own fields are added to it."""

    channel_fields: tuple[ChannelField, ...] = ()
    name = StringField(_l("Name"), [NEEDED, Length(max=60)], description=_l("For example the name of the group."))

    def values(self) -> dict[str, str]:
        """What was typed, by the channel's names."""
        return {one.name: self[self.field_id(one.name)].data or "" for one in self.channel_fields}

    def show(self, row: Destination | ClientRecipient) -> None:
        """Show what is stored; secrets stay empty."""
        super().show(row)
        self.name.data = row.name
        for one in self.channel_fields:
            if not one.secret and isinstance(row, Destination):
                self[f"set_{one.name}"].data = row.settings.get(one.name, "")

    def field_id(self, name: str) -> str:
        """The form field that a channel's field became."""
        kind = next((one.kind for one in self.channel_fields if one.name == name), "")
        return f"secret_{name}" if kind == "secret" else f"set_{name}" if kind else name


def destination_form(channel: Channel, names: Mapping[int, str], *, stored: bool) -> DestinationForm:
    """The form of one channel; `stored`: its secrets are known already and may stay empty."""
    fields = {}
    for one in channel.fields:
        fields[f"secret_{one.name}" if one.secret else f"set_{one.name}"] = _made(channel, one, stored=stored)
    made = type("MadeForm", (DestinationForm,), {"channel_fields": channel.fields, **fields})
    form = cast("DestinationForm", made())
    form.offer(names)
    return form


def _made(channel: Channel, one: ChannelField, *, stored: bool) -> Field:
    hint = _l(one.hint) if one.hint else ""
    needed = [InputRequired(NEEDED.message)] if one.required and not (one.secret and stored) else [Optional()]
    checks = [*needed, Length(max=500)]
    if one.secret and channel.key == "webhook" and not stored:
        # Ours to make, and the receiver's to be told: shown in the form until it is saved, and never again.
        return StringField(_l(one.label), checks, default=new_secret, description=hint)
    if one.secret:
        return PasswordField(_l(one.label), checks, description=hint, render_kw={"autocomplete": "new-password"})
    if one.kind == "email":
        checks.append(mailbox)
    return StringField(_l(one.label), checks, default=one.default, description=hint)
