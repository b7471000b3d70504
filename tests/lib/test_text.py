"""Text from people: ids, numbers, single lines, search grams and markdown that cannot bite."""

import html.parser
import re
from decimal import Decimal
from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service_desk.lib.text import (
    clean_id,
    clean_number,
    excerpt,
    grams,
    markdown,
    normalise,
    one_line,
    query_grams,
    sanitised,
    told_together,
)

PAYLOADS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "![x](http://127.0.0.1/p.png)",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt&colon;alert(1))",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "[x](vbscript:msgbox)",
    "<javascript:alert(1)>",
    "[a]: javascript:alert(1)\n\n[a]",
    "<svg/onload=alert(1)>",
    "<a href='x' onclick='alert(1)'>y</a>",
    "`<script>alert(1)</script>`",
    "```html\n<iframe src=//127.0.0.1></iframe>\n```",
    "<!-- --><style>*{display:none}</style>",
    "<math><mtext></mtext><script>alert(1)</script></math>",
    "| a |\n|---|\n| <img src=x onerror=alert(1)> |",
    "<a\x00href=javascript:alert(1)>x</a>",
    "\u202e<base href=//127.0.0.1>",
    '[x](https://example.invalid "onmouseover=alert(1)")',
    "<form action=//127.0.0.1><input name=password></form>",
]


class _Elements(html.parser.HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def elements(markup: str) -> list[tuple[str, dict[str, str | None]]]:
    parser = _Elements()
    parser.feed(markup)
    return parser.found


def assert_inert(markup: str) -> None:
    for tag, attributes in elements(markup):
        assert tag not in {
            "script",
            "img",
            "svg",
            "style",
            "iframe",
            "form",
            "input",
            "base",
            "math",
            "object",
            "meta",
            "link",
        }
        assert not any(name.startswith("on") or name in {"style", "src", "srcset"} for name in attributes)
        scheme = re.match(r"[^/?#]*?:", attributes.get("href") or "")
        assert scheme is None or scheme[0] in {"https:", "http:", "mailto:"}


@pytest.mark.parametrize("payload", PAYLOADS)
def test_it_makes_markdown_inert(payload: str) -> None:
    assert_inert(markdown(payload))
    assert_inert(markdown(f"- {payload}\n\n> {payload}"))


@given(
    st.lists(
        st.sampled_from([*PAYLOADS, "**", "_", "`", "\n\n", "> ", "[", "](", ")", "| a |\n|-|\n", "中文", "<"]),
        max_size=12,
    )
)
def test_it_makes_any_mixture_inert(parts: list[str]) -> None:
    assert_inert(markdown("".join(parts)))


@pytest.mark.parametrize("payload", PAYLOADS)
def test_its_second_wall_holds_without_the_first(payload: str) -> None:
    assert_inert(sanitised(payload))
    for address in ("javascript:alert(1)", " \x01javascript:alert(1)", "data:text/html,x", "vbscript:x", "file:///etc"):
        assert_inert(sanitised(f'<a href="{address}" style="x" onclick="y">z</a>'))


def test_it_keeps_what_an_article_needs() -> None:
    made = markdown(
        "## 步骤\n\n1. 停服务\n2. **备份**\n\n| 表 | 行 |\n|---|---|\n| RdRecord | 12 |\n\n<https://example.invalid/x>\n\n~~旧~~"
    )
    tags = [tag for tag, _ in elements(made)]
    assert {"h2", "ol", "li", "strong", "table", "td", "a", "s"} <= set(tags)
    link = next(attributes for tag, attributes in elements(made) if tag == "a")
    assert link["rel"] == "noopener noreferrer nofollow"


def test_it_survives_deep_nesting() -> None:
    assert len(markdown(">" * 5000 + "x")) < 2000
    assert markdown("[" * 5000)


def test_it_shortens_markdown_to_one_plain_line() -> None:
    assert excerpt("# 标题\n\n**粗** <b>x</b>\n- a") == "标题 粗 <b>x</b> a"


@pytest.mark.parametrize("typed", ["９１３３ 0100　ｍａ", "9133-0100MA".replace("-", "\u200b"), " 91330100ma\r\n"])
def test_it_cleans_ids(typed: str) -> None:
    assert clean_id(typed) == "91330100MA"


@pytest.mark.parametrize(
    ("typed", "number"), [("１，２３４．５", "1234.5"), ("-0.5", "-0.5"), ("3。14", "3.14"), ("+7", "7"), (".5", "0.5")]
)
def test_it_reads_numbers(typed: str, number: str) -> None:
    assert clean_number(typed) == Decimal(number)


@pytest.mark.parametrize("typed", ["", ".", "1,2", "inf", "nan", "1e9", "0x10", "--1", "一百"])
def test_it_refuses_what_is_no_number(typed: str) -> None:
    with pytest.raises(ValueError, match="not a number"):
        clean_number(typed)


@given(st.text(), st.integers(2, 50))
def test_it_never_lets_a_line_break_through(text: str, limit: int) -> None:
    line = one_line(text, limit)
    assert len(line) <= limit
    assert len(line.splitlines()) <= 1
    message = EmailMessage()
    message["Subject"] = line
    assert len(message.items()) == 1


def test_it_stops_header_injection_and_reversed_text() -> None:
    assert one_line("Hello\r\nBcc: x@example.invalid\x00\u2028y") == "Hello Bcc: x@example.invalid y"
    assert one_line("invoice\u202efdp.exe") == "invoicefdp.exe"
    assert one_line("一二三四五", 4) == "一二三…"


@given(st.text("库存负用友U8 账套，a1ＡＢ。ß", max_size=30), st.data())
def test_whatever_stands_in_a_text_is_found_by_its_grams(text: str, data: st.DataObject) -> None:
    plain = normalise(text)
    start = data.draw(st.integers(0, len(plain)))
    query = plain[start : data.draw(st.integers(start, len(plain)))]
    assert query_grams(query) <= grams(text)


def test_it_finds_two_character_words_and_keeps_words_apart() -> None:
    assert query_grams("库存") <= grams("处理负库存问题")
    assert not query_grams("题目") <= grams("问题 目录")
    assert query_grams("存") == {"存"}
    assert query_grams("Ｕ８") == {"u8"}
    assert grams("") == frozenset()


def test_it_puts_no_space_between_chinese_sentences() -> None:
    assert told_together(["您的数据是安全的。", "另有 3 项。"], "zh") == "您的数据是安全的。另有 3 项。"
    assert told_together(["Your data is safe.", "And 3 more."], "en") == "Your data is safe. And 3 more."
