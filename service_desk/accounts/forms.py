"""The forms of accounts. Every message says what to do; what a rule refuses is put beside its field by `blame`."""

from collections.abc import Iterable
from typing import Any
from zoneinfo import available_timezones

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import EmailField, Field, PasswordField, SelectField, StringField, TextAreaField, ValidationError
from wtforms.fields import SelectChoice
from wtforms.validators import InputRequired, Length, Optional

from service_desk.accounts.passwords import LONGEST, SHORTEST
from service_desk.lib.errors import Invalid
from service_desk.lib.text import normalise

NEEDED = InputRequired(_l("This is needed."))
LANGUAGES = [SelectChoice("zh_Hans_CN", "简体中文"), SelectChoice("en", "English")]
THEMES = [
    SelectChoice("auto", _l("As the machine says")),
    SelectChoice("light", _l("Light")),
    SelectChoice("dark", _l("Dark")),
]
CURRENCIES = [SelectChoice(code, code) for code in ("CNY", "HKD", "USD", "EUR", "JPY", "SGD")]
# What a rule answers with -> what a person reads.
FAULTS: dict[str, Any] = {
    "short": _l("At least %(n)s characters, please. A sentence is easy to remember.", n=SHORTEST),
    "long": _l("At most %(n)s characters, please.", n=LONGEST),
    "simple": _l("This repeats itself too much; please mix more characters."),
    "common": _l("Many people use this password, so it is tried first. Please choose another."),
    "wrong": _l("This is not your current password."),
    "taken": _l("Somebody with this address is already here. Please sign in first."),
    "code": _l("This code does not fit. Codes change every 30 seconds and work once."),
}


def offered(pairs: Iterable[tuple[str, Any]]) -> list[SelectChoice]:
    """Pairs of value and label as the choices of a select or radio field."""
    return [SelectChoice(value, label) for value, label in pairs]


class DeskForm(FlaskForm):  # type: ignore[misc]
    """What every form shares."""

    def blame(self, error: Invalid) -> None:
        """Put what a verb refused beside the field it names, in words."""
        words = FAULTS.get(str(error.message), error.message)
        field = self._fields.get(error.field)
        if field is None:
            self.form_errors.append(words)
        else:
            field.errors = [*field.errors, words]


def mailbox(_form: FlaskForm, field: Field) -> None:
    """A validator: this can be a mail address."""
    from email_validator import EmailNotValidError, validate_email  # noqa: PLC0415 - no start waits for its tables

    try:
        validate_email(normalise(field.data or "").strip(), check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        raise ValidationError(_l("This cannot be a mail address.")) from None


def known_zone(_form: FlaskForm, field: Field) -> None:
    """A validator: a time zone by its usual name."""
    if field.data not in available_timezones():
        raise ValidationError(_l("There is no such time zone; for example Asia/Shanghai."))


class SignInForm(DeskForm):
    """E-mail and password."""

    email = EmailField(_l("E-mail"), [NEEDED], render_kw={"autocomplete": "username", "autofocus": True})
    password = PasswordField(_l("Password"), [NEEDED], render_kw={"autocomplete": "current-password"})


class CodeForm(DeskForm):
    """A code of the second factor, or a recovery code."""

    code = StringField(
        _l("Code"),
        [NEEDED],
        render_kw={"autocomplete": "one-time-code", "inputmode": "text", "autofocus": True, "spellcheck": "false"},
    )


class ForgottenForm(DeskForm):
    """Where to send the reset link."""

    email = EmailField(_l("E-mail"), [NEEDED, mailbox], render_kw={"autocomplete": "username", "autofocus": True})


class NewPasswordForm(DeskForm):
    """A password chosen with a link from a mail."""

    password = PasswordField(_l("New password"), [NEEDED], render_kw={"autocomplete": "new-password"})


class ChangePasswordForm(DeskForm):
    """A password changed by somebody who is signed in."""

    current = PasswordField(_l("Current password"), [NEEDED], render_kw={"autocomplete": "current-password"})
    password = PasswordField(_l("New password"), [NEEDED], render_kw={"autocomplete": "new-password"})


class JoinForm(DeskForm):
    """Somebody new accepts an invitation."""

    name = StringField(_l("Your name"), [NEEDED, Length(max=80)], render_kw={"autocomplete": "name"})
    password = PasswordField(_l("Choose a password"), [NEEDED], render_kw={"autocomplete": "new-password"})


class ProfileForm(DeskForm):
    """Name, language, theme."""

    name = StringField(_l("Your name"), [NEEDED, Length(max=80)], render_kw={"autocomplete": "name"})
    language = SelectField(_l("Language"), choices=LANGUAGES)
    theme = SelectField(_l("Light or dark"), choices=THEMES)


class LetterheadForm(DeskForm):
    """What stands on the practice's papers."""

    name = StringField(_l("Name of the practice"), [NEEDED, Length(max=120)])
    legal_name = StringField(_l("Registered name"), [Optional(), Length(max=200)])
    tax_number = StringField(_l("Tax number"), [Optional(), Length(max=40)])
    address = TextAreaField(_l("Address"), [Optional(), Length(max=300)])
    phone = StringField(_l("Telephone"), [Optional(), Length(max=60)])
    email = EmailField(_l("E-mail"), [Optional(), mailbox])
    bank_name = StringField(_l("Bank"), [Optional(), Length(max=200)])
    bank_account = StringField(_l("Bank account"), [Optional(), Length(max=60)])
    time_zone = StringField(_l("Time zone"), [NEEDED, known_zone])
    language = SelectField(_l("Language of papers"), choices=LANGUAGES)
    currency = SelectField(_l("Currency"), choices=CURRENCIES)
