"""All packages say the same English text in the same Chinese."""

from collections.abc import Mapping

import pytest
from babel.messages.catalog import Catalog

from service_desk.running import translations


def _catalogues(monkeypatch: pytest.MonkeyPatch, said: Mapping[str, str]) -> None:
    def read(package: str) -> Catalog:
        catalog = Catalog(locale="zh_Hans_CN")
        catalog.add("Name", string=said[package])
        return catalog

    monkeypatch.setattr(translations, "packages", lambda: {name: [] for name in said})
    monkeypatch.setattr(translations, "read", read)


def test_it_names_two_packages_that_disagree(monkeypatch: pytest.MonkeyPatch) -> None:
    _catalogues(monkeypatch, {"estate": "名称", "tenants": "姓名"})
    assert list(translations.at_odds()) == ["'Name': estate says 名称, tenants says 姓名"]


def test_it_is_content_when_they_agree(monkeypatch: pytest.MonkeyPatch) -> None:
    _catalogues(monkeypatch, {"estate": "名称", "papers": "名称"})
    assert list(translations.at_odds()) == []


def test_it_finds_no_disagreement_in_the_product() -> None:
    assert list(translations.at_odds()) == []
