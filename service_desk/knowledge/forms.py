"""The form of an article."""

from flask_babel import lazy_gettext as _l
from wtforms import DateField, StringField, TextAreaField
from wtforms.validators import Length, Optional

from service_desk.accounts.forms import NEEDED, DeskForm


class ArticleForm(DeskForm):
    """Title, text in markdown, tags, and when to read it again."""

    title = StringField(_l("Title"), [NEEDED, Length(max=200)])
    body = TextAreaField(_l("Text"), [NEEDED, Length(max=100_000)])
    tags = StringField(_l("Tags, separated by commas"), [Length(max=300)])
    review_on = DateField(_l("Read again on"), [Optional()])
