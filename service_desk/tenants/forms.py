"""The forms of tenants; a connection's form is made from its connector's fields."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import (
    BooleanField,
    DateField,
    EmailField,
    Field,
    IntegerField,
    PasswordField,
    SelectField,
    StringField,
    TextAreaField,
    ValidationError,
)
from wtforms.fields import SelectChoice
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from connectors.base import Field as ConnectorField
from service_desk.accounts.forms import CURRENCIES, FAULTS, LANGUAGES, NEEDED, DeskForm, known_zone, mailbox
from service_desk.accounts.labels import ROLE_LABELS
from service_desk.lib.text import clean_number
from service_desk.lib.usci import check as check_usci
from service_desk.tenants.words import ENVIRONMENTS

FAULTS.update(
    repoints=_l("Please type it again: something that decides where it is sent has changed."),
    unusable=_l("The connector cannot use this."),
    name_taken=_l("There is already a connection of this name."),
)
USCI_FAULTS: dict[str, Any] = {
    "length": _l("A unified social credit code has 18 characters."),
    "charset": _l("A unified social credit code has no I, O, S, V or Z and no signs."),
    "checksum": _l("The check character does not fit; probably one character is mistyped."),
    "checksum_or_idcard": _l("This reads as an identity card number, which only a natural person bills under."),
}


class TenantForm(DeskForm):
    """What is known of a client, with the block a Chinese invoice needs of the buyer."""

    name = StringField(_l("Name of the company"), [NEEDED, Length(max=120)])
    short_name = StringField(_l("Short name"), [Optional(), Length(max=40)])
    slug = StringField(
        _l("Name in addresses"),
        [Optional(), Length(max=40)],
        description=_l("Latin letters; made from the name if empty"),
    )
    colour = SelectField(_l("Colour"), coerce=int, choices=[SelectChoice(n, str(n + 1)) for n in range(16)])
    engineer_name = StringField(_l("Engineer in charge"), [Optional(), Length(max=80)])
    time_zone = StringField(_l("Time zone"), [NEEDED, known_zone], default="Asia/Shanghai")
    language = SelectField(_l("Language of papers"), choices=LANGUAGES)
    currency = SelectField(_l("Currency"), choices=CURRENCIES)
    pinned_note = TextAreaField(_l("Pinned note"), [Optional(), Length(max=2000)])
    legal_name = StringField(_l("Registered name"), [Optional(), Length(max=200)])
    tax_number = StringField(_l("Unified social credit code"), [Optional(), Length(max=40)])
    tax_number_anyway = BooleanField(_l("Keep the code as it is typed"))
    address = TextAreaField(_l("Registered address"), [Optional(), Length(max=300)])
    phone = StringField(_l("Telephone"), [Optional(), Length(max=60)])
    bank_name = StringField(_l("Bank"), [Optional(), Length(max=200)])
    bank_account = StringField(_l("Bank account"), [Optional(), Length(max=60)])
    doubtful = False

    def validate_tax_number(self, field: Field) -> None:
        """A doubtful code is a warning: it is kept when the person says so."""
        found = check_usci(field.data or "")
        field.data = found.code
        if not found.valid and not self.tax_number_anyway.data:
            self.doubtful = True
            raise ValidationError(USCI_FAULTS[found.reason or "checksum"])


class ContactForm(DeskForm):
    """Somebody to phone."""

    name = StringField(_l("Full name"), [NEEDED, Length(max=80)])
    duty = StringField(_l("What for"), [Optional(), Length(max=120)])
    phone = StringField(_l("Telephone"), [Optional(), Length(max=60)])
    email = EmailField(_l("E-mail"), [Optional(), mailbox])
    note = StringField(_l("Note"), [Optional(), Length(max=300)])
    is_vendor = BooleanField(_l("Works for a vendor, not for the client"))


class InviteForm(DeskForm):
    """Somebody to invite; the roles offered are those the inviter may give."""

    email = EmailField(_l("E-mail"), [NEEDED, mailbox])
    name = StringField(_l("Full name"), [NEEDED, Length(max=80)])
    role = SelectField(_l("Role"))
    language = SelectField(_l("Language of the mail"), choices=LANGUAGES)
    ends_on = DateField(
        _l("Access ends on"), [Optional()], description=_l("For a successor; empty means it does not end")
    )

    def offer(self, roles: list[str]) -> "InviteForm":
        """Offer these roles."""
        self.role.choices = [SelectChoice(role, ROLE_LABELS[role]) for role in roles]
        return self


class LeaversForm(DeskForm):
    """A pasted list of people who have left."""

    lines = TextAreaField(
        _l("Name, login, day; one person a line"),
        [NEEDED, Length(max=200_000)],
        description=_l("Paste from a spreadsheet or a CSV file. Login and day may be missing."),
    )


class AgentForm(DeskForm):
    """The name of a new agent."""

    name = StringField(_l("Name of the agent"), [NEEDED, Length(max=60)], description=_l("E.g. the machine it runs on"))


class ReasonForm(DeskForm):
    """Why a grave step is taken."""

    reason = TextAreaField(_l("Why? It is kept with the record."), [NEEDED, Length(max=500)])


class WholeNumber(IntegerField):  # type: ignore[misc]
    """A whole number typed with any keyboard."""

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read it; full-width digits are fine."""
        if valuelist and valuelist[0].strip():
            try:
                self.data = int(clean_number(valuelist[0]))
            except ValueError:
                self.data = None  # type: ignore[assignment]
                raise ValueError(_l("This is not a whole number.")) from None


def connection_form(
    fields: tuple[ConnectorField, ...], *, stored: Mapping[str, datetime], demo: bool, road: str = "server"
) -> type["ConnectionForm"]:
    """A form class for one connector: its settings as `set_…`, its secrets as `secret_…`, which come back empty.

    Where an agent reads it, no secret is asked for: they are typed at the client's.
    """
    shown = [field for field in fields if (demo or not field.demo_only) and (road == "server" or not field.secret)]
    made = {f"{'secret' if field.secret else 'set'}_{field.name}": _made(field, stored, demo) for field in shown}
    return type("ConnectionFormOfKind", (ConnectionForm,), {**made, "connector_fields": tuple(shown)})


class ConnectionForm(DeskForm):
    """What every connection has; the connector's own fields are added to it."""

    connector_fields: tuple[ConnectorField, ...] = ()
    name = StringField(_l("Name of the connection"), [NEEDED, Length(max=80)])
    environment = SelectField(
        _l("Environment"), choices=[SelectChoice(value, label) for value, label in ENVIRONMENTS.items()]
    )

    def settings(self) -> dict[str, Any]:
        """The open fields by the connector's names; what was left empty is left out."""
        data = {field.name: self[f"set_{field.name}"].data for field in self.connector_fields if not field.secret}
        return {name: value.strip() if isinstance(value, str) else value for name, value in data.items() if value != ""}

    def secrets(self) -> dict[str, str]:
        """The secrets that were typed this time."""
        data = {field.name: self[f"secret_{field.name}"].data for field in self.connector_fields if field.secret}
        return {name: value for name, value in data.items() if value}

    def fill(self, settings: Mapping[str, Any]) -> "ConnectionForm":
        """Show what is stored; secrets stay empty."""
        for field in self.connector_fields:
            if not field.secret and field.name in settings:
                self[f"set_{field.name}"].data = settings[field.name]
        return self

    def field_id(self, name: str) -> str:
        """The form field that a connector's field became."""
        secret = any(field.name == name and field.secret for field in self.connector_fields)
        return name if name in ("name", "environment") else f"{'secret' if secret else 'set'}_{name}"


def _made(field: ConnectorField, stored: Mapping[str, datetime], demo: bool) -> Any:
    needed = [NEEDED] if field.required else [Optional()]
    hint = _l(field.hint) if field.hint else ""
    if field.secret:
        kept = [Optional()] if field.name in stored or not field.required else [InputRequired(NEEDED.message)]
        return PasswordField(_l(field.label), kept, description=hint, render_kw={"autocomplete": "new-password"})
    if field.type == "integer":
        return WholeNumber(
            _l(field.label), [*needed, NumberRange(0, 2**31 - 1)], default=field.default, description=hint,
            render_kw={"inputmode": "numeric"},
        )  # fmt: skip
    if field.type == "flag":
        return BooleanField(_l(field.label), default=bool(field.default), description=hint)
    if field.type == "choice":
        offered = [
            SelectChoice(value, _l(label)) for value, label in field.choices.items() if demo or value != "fixture"
        ]
        return SelectField(_l(field.label), choices=offered, default=field.default, description=hint)
    if field.long:
        return TextAreaField(_l(field.label), [*needed, Length(max=20000)], description=hint)
    return StringField(_l(field.label), [*needed, Length(max=500)], default=field.default or "", description=hint)
