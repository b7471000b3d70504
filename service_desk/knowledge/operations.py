"""Write, change, put away and find articles. A client's article stays with the client; a shared one names none."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Protocol

from flask_babel import lazy_gettext as _l
from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert

from service_desk.knowledge.models import Article, ArticleGram, SharedArticle, SharedArticleGram
from service_desk.lib.errors import Invalid
from service_desk.lib.text import grams, normalise, one_line, query_grams
from service_desk.scope import current, session

REVIEW_AFTER = timedelta(days=365)


class FourFields(Protocol):
    """A work record, as far as an article needs it."""

    @property
    def id(self) -> int: ...
    @property
    def content(self) -> str: ...
    @property
    def problem(self) -> str: ...
    @property
    def solution(self) -> str: ...


def clean_tags(text: str) -> list[str]:
    """Tags as typed (commas of any keyboard, blanks, #) -> at most ten different ones, in their order."""
    words = normalise(text).replace("、", ",").replace("#", ",").replace("\n", ",").split(",")
    return list(dict.fromkeys(one_line(word, 40) for word in words if word.strip()))[:10]


def write_article(
    title: str,
    body: str,
    tags: Sequence[str] = (),
    review_on: date | None = None,
    *,
    shared: bool = False,
    source: str = "",
    now: datetime,
) -> Article | SharedArticle:
    """Write an article of the client in scope, or, `shared`, of the practice. Raises Invalid without a title."""
    article = SharedArticle() if shared else Article()
    _fill(article, title, body, tags, review_on)
    article.author_name, article.source = current().actor.name, source
    article.created_at = article.updated_at = now
    session().add(article)
    session().flush()  # The grams point to it.
    _index(article)
    return article


def change_article(
    article: Article | SharedArticle,
    title: str,
    body: str,
    tags: Sequence[str] = (),
    review_on: date | None = None,
    *,
    now: datetime,
) -> None:
    """Change an article. Raises Invalid without a title."""
    _fill(article, title, body, tags, review_on)
    article.updated_at = now
    _index(article)


def _fill(article: Article | SharedArticle, title: str, body: str, tags: Sequence[str], review_on: date | None) -> None:
    if not title.strip():
        raise Invalid(_l("An article needs a title."), field="title")
    article.title, article.body = one_line(title), body
    article.tags, article.review_on = list(tags), review_on


def _index(article: Article | SharedArticle) -> None:
    """The pairs of characters under which the article is found: title, tags and text."""
    found = grams("\n".join((article.title, *article.tags, article.body[:20000])))
    db = session()
    if isinstance(article, Article):
        db.execute(delete(ArticleGram).where(ArticleGram.article_id == article.id))
        rows = [{"tenant_id": article.tenant_id, "gram": gram, "article_id": article.id} for gram in found]
        db.execute(insert(ArticleGram), rows)
    else:
        db.execute(delete(SharedArticleGram).where(SharedArticleGram.article_id == article.id))
        shared = [{"practice_id": article.practice_id, "gram": gram, "article_id": article.id} for gram in found]
        db.execute(insert(SharedArticleGram), shared)


def article_from_entry(entry: FourFields, *, now: datetime) -> Article:
    """An article of the client, its problem and solution taken from a work record, to be read again in a year."""
    body = "\n\n".join(part for part in (entry.problem, entry.solution) if part.strip()) or entry.content
    title = one_line(entry.problem or entry.content, 120)
    article = write_article(title, body, review_on=(now + REVIEW_AFTER).date(), source=f"entry:{entry.id}", now=now)
    assert isinstance(article, Article)
    return article


def put_away(article: Article | SharedArticle, *, now: datetime) -> None:
    """Take an article out of lists and searches; its address still shows it, marked."""
    article.archived_at = None if article.archived_at else now


def find(query: str = "", tag: str = "", *, most: int = 100) -> list[Article]:
    """Articles of the clients in scope that hold every pair of characters of `query`; without one, the latest."""
    statement = select(Article).where(Article.archived_at.is_(None)).order_by(Article.updated_at.desc()).limit(most)
    if wanted := sorted(query_grams(query))[:12]:
        holding = (
            select(ArticleGram.article_id)
            .where(ArticleGram.gram.in_(wanted))
            .group_by(ArticleGram.article_id)
            .having(func.count() == len(wanted))
        )
        statement = statement.where(Article.id.in_(holding))
    return [one for one in session().scalars(statement) if not tag or tag in one.tags]


def find_shared(query: str = "", tag: str = "", *, most: int = 100) -> list[SharedArticle]:
    """The same for the practice's own articles."""
    newest = SharedArticle.updated_at.desc()
    statement = select(SharedArticle).where(SharedArticle.archived_at.is_(None)).order_by(newest).limit(most)
    if wanted := sorted(query_grams(query))[:12]:
        holding = (
            select(SharedArticleGram.article_id)
            .where(SharedArticleGram.gram.in_(wanted))
            .group_by(SharedArticleGram.article_id)
            .having(func.count() == len(wanted))
        )
        statement = statement.where(SharedArticle.id.in_(holding))
    return [one for one in session().scalars(statement) if not tag or tag in one.tags]
