"""The forms of money. Amounts are typed in major units, with any keyboard, and read as whole minor units."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, DateField, Field, IntegerField, SelectField, StringField, TextAreaField
from wtforms.fields import SelectChoice
from wtforms.validators import InputRequired, Length, NumberRange, Optional, ValidationError

from service_desk.accounts.forms import NEEDED, DeskForm
from service_desk.billing import words
from service_desk.lib import money, text

CURRENCIES = ("CNY", "HKD", "USD", "EUR", "JPY", "SGD")


def blank(value: str | None) -> str:
    """A filter: a field that was not sent, or left empty, is an empty text."""
    return value or ""


def offered(pairs: Iterable[tuple[str, Any]]) -> list[SelectChoice]:
    """What a select field offers, from (value, label)."""
    return [SelectChoice(value, label) for value, label in pairs]


_FAULTS = {
    "not_a_number": _l("This is not an amount; for example 1,234.00."),
    "too_many_decimals": _l("That is finer than the currency's smallest coin."),
    "currency": _l("This is not a currency."),
}


class AmountField(StringField):  # type: ignore[misc]
    """An amount as people type it; `minor` is what was read, in whole minor units of the form's currency."""

    minor: int = 0

    def pre_validate(self, form: Any) -> None:
        """Read the amount; the currency is the form's own field or attribute."""
        currency = form.currency.data if isinstance(form.currency, Field) else form.currency
        try:
            self.minor = money.parse(self.data or "", currency or "CNY").minor
        except money.MoneyError as error:
            raise ValidationError(_FAULTS.get(error.code, _FAULTS["not_a_number"])) from error


class NumberField(StringField):  # type: ignore[misc]
    """A number with decimals, read from any keyboard; `number` is what was read."""

    number: Decimal = Decimal(0)

    def pre_validate(self, form: Any) -> None:
        """Read the number."""
        try:
            self.number = text.clean_number(self.data or "")
        except ValueError as error:
            raise ValidationError(_l("This is not a number.")) from error


def shown(minor: int, currency: str) -> str:
    """An amount as a form field holds it."""
    return money.show(money.Money(minor, currency), symbol=False)


class ContractForm(DeskForm):
    """What was agreed with a client."""

    title = StringField(_l("What the contract is about"), [NEEDED, Length(max=200)])
    number = StringField(_l("Contract number"), [Length(max=80)], [blank])
    purchase_order = StringField(_l("The client's order number"), [Length(max=80)], [blank])
    rate = AmountField(_l("Price of an hour"), [NEEDED])
    currency = SelectField(_l("Currency"), choices=offered((code, code) for code in CURRENCIES), default="CNY")
    tax_code = SelectField(_l("Tax"), choices=[])
    tax_included = BooleanField(_l("Prices include the tax"), default=True)
    rounding_mode = SelectField(_l("Round time"), choices=offered(words.ROUNDING.items()), default="ceil")
    rounding_step = IntegerField(_l("to steps of (minutes)"), [InputRequired(), NumberRange(1, 240)], default=15)
    rounding_scope = SelectField(_l("What is rounded"), choices=offered(words.SCOPES.items()), default="entry")
    minimum_minutes = IntegerField(_l("At least (minutes)"), [InputRequired(), NumberRange(0, 480)], default=15)
    group_by = SelectField(_l("Lines of the invoice"), choices=offered(words.GROUPS.items()), default="entry")
    payment_days = IntegerField(_l("Days to pay"), [InputRequired(), NumberRange(0, 365)], default=15)
    starts_on = DateField(_l("Starts on"), [NEEDED])
    ends_on = DateField(_l("Ends on"), [Optional()], description=_l("Empty: until somebody ends it."))
    scope_in = TextAreaField(_l("What is included"), [Length(max=4000)], [blank])
    scope_out = TextAreaField(_l("What is not included"), [Length(max=4000)], [blank])

    def offer(self, codes: Iterable[tuple[str, str]]) -> "ContractForm":
        """Offer the practice's tax treatments."""
        self.tax_code.choices = offered(codes)
        return self

    def agreed(self) -> dict[str, Any]:
        """What a verb takes."""
        plain = {name: value for name, value in self.data.items() if name not in ("rate", "csrf_token")}
        return {**plain, "rate_minor": self.rate.minor}


class DraftForm(DeskForm):
    """Up to which day work goes onto the next invoice."""

    until = DateField(_l("Work up to and including"), [NEEDED])
    empty = BooleanField(_l("An empty draft, without work"))


class HeadForm(DeskForm):
    """What stands beside the lines of a draft."""

    title = StringField(_l("What it is for"), [NEEDED, Length(max=200)])
    purchase_order = StringField(_l("The client's order number"), [Length(max=80)], [blank])
    language = SelectField(_l("Language of the paper"), choices=offered(words.LANGUAGES))
    note = TextAreaField(_l("A sentence to the client"), [Length(max=1000)], [blank])


class LineForm(DeskForm):
    """An item or a discount added by hand."""

    kind = SelectField(_l("Kind"), choices=offered(words.LINE_KINDS.items()))
    text = StringField(_l("Text"), [NEEDED, Length(max=300)])
    quantity = NumberField(_l("Quantity"), [NEEDED], default="1")
    price = AmountField(_l("Price"), [NEEDED])

    def __init__(self, currency: str, **values: Any) -> None:
        self.currency = currency
        super().__init__(**values)


class PaymentForm(DeskForm):
    """Money that came in."""

    amount = AmountField(_l("Amount received"), [NEEDED])
    received_on = DateField(_l("Received on"), [NEEDED])
    method = SelectField(_l("Payment method"), choices=offered(words.METHODS.items()))
    reference = StringField(_l("Reference on the statement"), [Length(max=200)], [blank])

    def __init__(self, currency: str, **values: Any) -> None:
        self.currency = currency
        super().__init__(**values)


class ReasonForm(DeskForm):
    """Why something grave is done."""

    reason = TextAreaField(_l("Why? It is kept with the record."), [NEEDED, Length(min=3, max=500)])


class RateForm(DeskForm):
    """A tax treatment's rate from a day on."""

    code = StringField(_l("Code"), [NEEDED, Length(max=40)], description=_l("Contracts refer to it."))
    label_zh = StringField(_l("On the invoice, in Chinese"), [NEEDED, Length(max=80)])
    label_en = StringField(_l("On the invoice, in English"), [NEEDED, Length(max=80)])
    rate = NumberField(_l("Rate in percent"), [NEEDED])
    valid_from = DateField(_l("Valid from"), [NEEDED])
    valid_until = DateField(_l("Valid until"), [Optional()])
    note = StringField(_l("Note"), [Length(max=200)], [blank])

    def validate_rate(self, field: Field) -> None:
        """Between nothing and a hundred."""
        if not 0 <= field.number < 100:
            raise ValidationError(_l("A rate lies between 0 and 100."))


class SeriesForm(DeskForm):
    """How a series of numbers looks."""

    form = StringField(_l("Form of the number"), [NEEDED, Length(max=60)])
    resets = SelectField(_l("Counting restarts"), choices=offered(words.RESETS.items()))
