"""Pages of knowledge: the practice's library over all clients, and a client's own articles."""

from datetime import UTC, date, datetime
from typing import Any

from flask import Blueprint, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale
from sqlalchemy import select

from service_desk.accounts.blueprints import PracticeBlueprint
from service_desk.knowledge import operations
from service_desk.knowledge.forms import ArticleForm
from service_desk.knowledge.models import Article, SharedArticle
from service_desk.lib.clock import ago, language
from service_desk.lib.text import excerpt, markdown
from service_desk.scope import load, session
from service_desk.tenants.blueprint import TenantBlueprint
from service_desk.tenants.models import Tenant

library = PracticeBlueprint("library", __name__, template_folder="templates")
knowledge = TenantBlueprint("knowledge", __name__, template_folder="templates")


def _asked() -> tuple[str, str]:
    return request.args.get("query", "").strip()[:80], request.args.get("tag", "")[:40]


def _row(article: Article | SharedArticle, url: str, tenant: Tenant | None, now: datetime) -> dict[str, Any]:
    return {
        "title": article.title,
        "url": url,
        "excerpt": excerpt(article.body, 140),
        "tags": article.tags,
        "tenant": tenant,
        "overdue": article.review_on is not None and article.review_on <= now.date(),
        "when": ago(article.updated_at, now, language(str(get_locale() or "zh"))),
    }


@library.page("/library", needs="practice.read")
def index() -> ResponseReturnValue:
    """Shared articles first, then those of the clients."""
    (query, tag), now = _asked(), datetime.now(UTC)
    clients = {tenant.id: tenant for tenant in session().scalars(select(Tenant))}
    shared = [
        _row(one, url_for("library.article", article_id=one.id), None, now)
        for one in operations.find_shared(query, tag)
    ]
    own = [
        _row(one, url_for("knowledge.article", slug=clients[one.tenant_id].slug, article_id=one.id),
             clients[one.tenant_id], now)
        for one in operations.find(query, tag)
        if one.tenant_id in clients
    ]  # fmt: skip
    return render_template("knowledge/library.html", shared=shared, own=own, query=query, tag=tag)


@library.page("/library/<int:article_id>", needs="practice.read", opens="practice")
def article(article_id: int) -> ResponseReturnValue:
    """One shared article."""
    found = load(SharedArticle, article_id)
    return render_template(
        "knowledge/article.html",
        frame="web/desk.html",
        article=found,
        body=markdown(found.body),
        overdue=_overdue(found.review_on),
        edit_url=url_for("library.edit", article_id=found.id),
        away_url=url_for("library.put_away", article_id=found.id),
        back=url_for("library.index"),
    )


def _overdue(review_on: date | None) -> bool:
    return review_on is not None and review_on <= datetime.now(UTC).date()


@library.page("/library/new", needs="practice.read", methods=("GET", "POST"), opens="practice")
def create() -> ResponseReturnValue:
    """Write a shared article."""
    form = ArticleForm()
    if form.validate_on_submit():
        written = operations.write_article(*_values(form), shared=True, now=datetime.now(UTC))
        return redirect(url_for("library.article", article_id=written.id), 303)
    return _form(form, "web/desk.html", url_for("library.index"))


@library.page("/library/<int:article_id>/edit", needs="practice.read", methods=("GET", "POST"), opens="practice")
def edit(article_id: int) -> ResponseReturnValue:
    """Change a shared article."""
    found = load(SharedArticle, article_id)
    form = _filled(found)
    if form.validate_on_submit():
        operations.change_article(found, *_values(form), now=datetime.now(UTC))
        return redirect(url_for("library.article", article_id=found.id), 303)
    return _form(form, "web/desk.html", url_for("library.article", article_id=found.id))


@library.page("/library/<int:article_id>/away", needs="practice.read", methods=("POST",), opens="practice")
def put_away(article_id: int) -> ResponseReturnValue:
    """Put a shared article away, or take it out again."""
    operations.put_away(load(SharedArticle, article_id), now=datetime.now(UTC))
    return redirect(url_for("library.article", article_id=article_id), 303)


def _filled(found: Article | SharedArticle) -> ArticleForm:
    shown = {"title": found.title, "body": found.body, "review_on": found.review_on}
    return ArticleForm(data=shown | {"tags": ", ".join(found.tags)})


def _values(form: ArticleForm) -> tuple[str, str, list[str], date | None]:
    return form.title.data, form.body.data, operations.clean_tags(form.tags.data or ""), form.review_on.data


def _form(form: ArticleForm, frame: str, back: str) -> ResponseReturnValue:
    return render_template("knowledge/edit.html", frame=frame, form=form, back=back), 422 if form.errors else 200


@knowledge.page("/knowledge", needs="client.read")
def client() -> ResponseReturnValue:
    """The client's articles."""
    (query, tag), now = _asked(), datetime.now(UTC)
    rows = [
        _row(one, url_for("knowledge.article", slug=g.tenant.slug, article_id=one.id), None, now)
        for one in operations.find(query, tag)
    ]
    return render_template("knowledge/client.html", rows=rows, query=query, tag=tag)


@knowledge.page("/knowledge/<int:article_id>", needs="client.read", endpoint="article")
def client_article(article_id: int) -> ResponseReturnValue:
    """One article of the client."""
    found, slug = load(Article, article_id), g.tenant.slug
    return render_template(
        "knowledge/article.html",
        frame="web/client.html",
        article=found,
        body=markdown(found.body),
        overdue=_overdue(found.review_on),
        edit_url=url_for("knowledge.edit", slug=slug, article_id=found.id),
        away_url=url_for("knowledge.put_away", slug=slug, article_id=found.id),
        back=url_for("knowledge.client", slug=slug),
    )


@knowledge.page("/knowledge/new", needs="client.write", methods=("GET", "POST"), endpoint="create")
def client_create() -> ResponseReturnValue:
    """Write an article about the client."""
    form = ArticleForm()
    if form.validate_on_submit():
        written = operations.write_article(*_values(form), now=datetime.now(UTC))
        return redirect(url_for("knowledge.article", slug=g.tenant.slug, article_id=written.id), 303)
    return _form(form, "web/client.html", url_for("knowledge.client", slug=g.tenant.slug))


@knowledge.page("/knowledge/<int:article_id>/edit", needs="client.write", methods=("GET", "POST"), endpoint="edit")
def client_edit(article_id: int) -> ResponseReturnValue:
    """Change an article of the client."""
    found = load(Article, article_id)
    form, there = _filled(found), url_for("knowledge.article", slug=g.tenant.slug, article_id=found.id)
    if form.validate_on_submit():
        operations.change_article(found, *_values(form), now=datetime.now(UTC))
        return redirect(there, 303)
    return _form(form, "web/client.html", there)


@knowledge.page("/knowledge/<int:article_id>/away", needs="client.write", methods=("POST",), endpoint="put_away")
def client_put_away(article_id: int) -> ResponseReturnValue:
    """Put an article of the client away, or take it out again."""
    operations.put_away(load(Article, article_id), now=datetime.now(UTC))
    return redirect(url_for("knowledge.article", slug=g.tenant.slug, article_id=article_id), 303)


BLUEPRINTS: tuple[Blueprint, ...] = (library, knowledge)
