"""Articles: what was learnt, for one client or for the whole practice."""

from datetime import date, datetime
from typing import Any, ClassVar

from sqlalchemy import BigInteger, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from service_desk.db import Base, Kind, PracticeRow, TenantRow, practice_key, tenant_key


class Written:
    """What both kinds of article have. The text is markdown; after `review_on` somebody should read it again."""

    title: Mapped[str]
    body: Mapped[str]
    tags: Mapped[list[Any]] = mapped_column(default=list)
    review_on: Mapped[date | None]
    author_name: Mapped[str]
    source: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    archived_at: Mapped[datetime | None]


class Article(TenantRow, Written, Base):
    """An article about one client; it never leaves that client."""

    __tablename__ = "article"
    __table_args__ = (Index("ix_article_tenant_id_updated_at", "tenant_id", "updated_at"),)


class SharedArticle(PracticeRow, Written, Base):
    """An article of the practice, of use with every client; it names none."""

    __tablename__ = "shared_article"
    __table_args__ = (Index("ix_shared_article_practice_id_updated_at", "practice_id", "updated_at"),)


class ArticleGram(Base):
    """A pair of neighbouring characters of an article, for search by equality."""

    __tablename__ = "article_gram"
    __kind__: ClassVar[Kind] = "tenant"

    tenant_id: Mapped[int] = mapped_column(ForeignKey("tenant.id"), primary_key=True)
    gram: Mapped[str] = mapped_column(primary_key=True)
    article_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    __table_args__ = (
        tenant_key("article_id", "article", ondelete="CASCADE"),
        Index("ix_article_gram_article", "tenant_id", "article_id"),
    )


class SharedArticleGram(Base):
    """The same for the practice's own articles."""

    __tablename__ = "shared_article_gram"
    __kind__: ClassVar[Kind] = "practice"

    practice_id: Mapped[int] = mapped_column(ForeignKey("practice.id"), primary_key=True)
    gram: Mapped[str] = mapped_column(primary_key=True)
    article_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    __table_args__ = (
        practice_key("article_id", "shared_article", ondelete="CASCADE"),
        Index("ix_shared_article_gram_article", "practice_id", "article_id"),
    )
