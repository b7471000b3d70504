"""Addresses that are worked out late are the ones Werkzeug works out early."""

from typing import Any

import pytest
from werkzeug.routing import BuildError, Map, Rule

from service_desk.lib.addresses import LateRule

RULES: tuple[tuple[str, dict[str, Any]], ...] = (
    ("/a/<int:one>", {"endpoint": "a"}),
    ("/b", {"endpoint": "b", "defaults": {"page": 1}}),
    ("/b/<int:page>", {"endpoint": "b"}),
    ("/c/<client>/<path:rest>", {"endpoint": "c"}),
)


def adapter(kind: type[Rule]) -> Any:
    return Map([kind(rule, **options) for rule, options in RULES]).bind("desk.test")


@pytest.mark.parametrize(
    ("endpoint", "values"),
    [
        ("a", {"one": 3}),
        ("a", {"one": 3, "two": "4 5", "three": "六"}),
        ("b", {"page": 1}),
        ("b", {"page": 2}),
        ("c", {"client": "一", "rest": "x/y z"}),
    ],
)
def test_it_builds_what_werkzeug_builds(endpoint: str, values: dict[str, object]) -> None:
    late = adapter(LateRule)
    expected = adapter(Rule).build(endpoint, values)
    assert [late.build(endpoint, values) for _ in range(2)] == [expected, expected]
    assert late.build(endpoint, values, append_unknown=False) == expected.partition("?")[0]


def test_it_still_refuses_what_does_not_fit() -> None:
    with pytest.raises(BuildError):
        adapter(LateRule).build("a", {"other": 1})


def test_it_compiles_no_builder_before_an_address_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []
    early = Rule._compile_builder

    def counted(self: Rule, append_unknown: bool = True) -> Any:
        made.append(self.rule)
        return early(self, append_unknown)

    monkeypatch.setattr(Rule, "_compile_builder", counted)
    late = adapter(LateRule)
    assert made == []
    assert late.build("a", {"one": 3}) == "/a/3"
    assert made == ["/a/<int:one>"]
