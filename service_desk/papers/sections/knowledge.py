"""What was learnt about this client: every article, in full."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from service_desk.knowledge.models import Article
from service_desk.lib.i18n import N_
from service_desk.papers.section import Asked, Section
from service_desk.scope import session


def gather(_asked: Asked) -> Mapping[str, Any]:
    """The articles that are not put away, by title."""
    articles = session().scalars(select(Article).where(Article.archived_at.is_(None)).order_by(Article.title)).all()
    return {"articles": articles, "headings": [(f"article-{one.id}", one.title) for one in articles]}


SECTION = Section("knowledge", N_("Knowledge articles"), gather)
