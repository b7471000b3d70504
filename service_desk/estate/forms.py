"""The form of a system."""

from flask_babel import lazy_gettext as _l
from wtforms import DateField, IntegerField, SelectField, StringField, TextAreaField
from wtforms.validators import Length, NumberRange, Optional

from service_desk.accounts.forms import NEEDED, DeskForm, offered

KIND = [
    ("environment", _l("ERP environment")),
    ("server", _l("Server")),
    ("database", _l("Database")),
    ("account_set", _l("Account set")),
    ("interface", _l("Interface")),
    ("licence", _l("Licence or yearly fee")),
]
ENVIRONMENT = [("production", _l("Production")), ("test", _l("Test"))]


class ItemForm(DeskForm):
    """One system. Passwords have no field here: they belong to the sealed connections."""

    kind = SelectField(_l("Kind"), choices=offered(KIND))
    name = StringField(_l("Name"), [NEEDED, Length(max=200)])
    environment = SelectField(_l("Environment"), choices=offered(ENVIRONMENT))
    address = StringField(_l("Where it is reached"), [Length(max=300)])
    product = StringField(_l("Product"), [Length(max=200)])
    version = StringField(_l("Version"), [Length(max=100)])
    vendor = StringField(_l("Vendor"), [Length(max=200)])
    seats = IntegerField(_l("Seats"), [Optional(), NumberRange(min=0, max=1_000_000)])
    expires_on = DateField(_l("Ends on"), [Optional()])
    note = TextAreaField(_l("Note, without any password"), [Length(max=4000)])
