"""The house rules hold for this very tree, and each of them notices what it is there for."""

import ast
import textwrap
from pathlib import Path

import pytest

from service_desk.running import check
from tests.conftest import ROOT


@pytest.mark.parametrize("rule", ["floors", "templates", "words", "links", "sizes", "own"])
def test_it_holds(rule: str) -> None:
    assert list(check.RULES[rule]()) == []


def test_it_says_which_rules_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    assert check.run(["floor"]) == 2
    assert "floors" in capsys.readouterr().out


def test_it_explains_every_setting_in_the_readme() -> None:
    from service_desk import config

    text = (ROOT / "README.md").read_text(encoding="utf-8")
    names = [*config._PLAIN, *(config.PREFIX + name for name in config._PREFIXED)]
    assert [name for name in names if f"`{name}`" not in text] == []


def test_it_counts_the_lines_of_a_function() -> None:
    text = "def long():\n" + "    pass\n" * 46
    assert ast.parse(text)
    assert [line.split(": ", 1)[1] for line in check._long_functions(ROOT / "x.py", text)] == ["long has 46 lines"]


def test_it_notices_a_dead_link_and_what_is_unfinished(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "README.md").write_text("[here](README.md) [gone](nowhere.md) [far](https://example.test/)")
    (tmp_path / "late.py").write_text("# {}DO later\n".format("TO"))
    (tmp_path / "tool.min.js").write_text("x" * 2000)
    monkeypatch.setattr(check, "ROOT", tmp_path)
    assert list(check.links()) == ["README.md: nowhere.md is not there"]
    assert list(check.own()) == [
        "late.py:1: unfinished",
        "tool.min.js: minified",
        "tool.min.js:1: 2000 characters in a line",
    ]


def test_it_reports_a_text_without_chinese(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from service_desk.running import translations

    code = tmp_path / "service_desk" / "ships"
    code.mkdir(parents=True)
    (code / "__init__.py").write_text(
        textwrap.dedent("""
        a = _("A ship")
        b = _("%(count)s sails", count=2)
        c = _("An anchor")
    """)
    )
    monkeypatch.setattr(translations, "ROOT", tmp_path)
    monkeypatch.setattr(translations, "FOLDER", tmp_path / "zh")
    first = translations.merge("ships")
    assert first.missing == ["A ship", "%(count)s sails", "An anchor"]
    file = tmp_path / "zh" / "ships.po"
    filled = file.read_text().replace('msgid "A ship"\nmsgstr ""', 'msgid "A ship"\nmsgstr "一艘船"')
    filled = filled.replace('msgid "An anchor"', '#, fuzzy\nmsgid "An anchor"').replace(
        '"%(count)s sails"\nmsgstr ""', '"%(count)s sails"\nmsgstr "%(number)s 面帆"'
    )
    file.write_text(filled.replace('msgid "An anchor"\nmsgstr ""', 'msgid "An anchor"\nmsgstr "锚"'))
    second = translations.merge("ships")
    assert (second.missing, second.fuzzy, len(second.broken)) == ([], ["An anchor"], 1)
    (code / "__init__.py").write_text('a = _("An anchor")\n')
    assert translations.merge("ships").obsolete == ["A ship", "%(count)s sails"]
    (code / "__init__.py").write_text('a = _("A ship")\n')
    assert translations.merge("ships").missing == [], "what was once translated is not lost"


def test_it_finds_a_text_inside_an_f_string(tmp_path: Path) -> None:
    from service_desk.running import translations

    file = tmp_path / "ships.py"
    file.write_text("line = f\"{safe} {ngettext('%(num)s ship', '%(num)s ships', 2)} {_('at' ' sea')}\"\n")
    assert [message.id for message in translations.extract([file]) if message.id] == [
        ("%(num)s ship", "%(num)s ships"),
        "at sea",
    ]
