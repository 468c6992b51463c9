"""The page for subscribers as text: complete in both languages, valid, and by itself."""

import base64
import hashlib
import re
from typing import Any, Final

import pytest

from browsers import module
from disclosed import document, figures
from hinomi.govern.plainwords import Language, plain_words
from hinomi.govern.transparency import SECTIONS, Operator, OperatorWords, Sampling
from hinomi.services.subscriberpage import render_subscriber_page

HOSTILE: Final = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>&{{7*7}}"
LANGUAGES: Final[tuple[Language, ...]] = ("ja", "en")

FORMS: Final[dict[str, dict[str, Any]]] = {
    "full": {},
    "empty": {
        "figures": figures(
            dropped_of_files={}, dropped_of_routers={}, discarded=0, changes=(), without_body=0,
            routers_since_ms=None,
        ),
        "oldest_ms": None,
        "operator": Operator(),
        "sampling": Sampling(least=8192, stated=0, sent=(), met=()),
    },
    "laboratory": {
        "laboratory": True,
        "transit_kept": True,
        "forwarded": True,
        "reidentifies": ("case reveal",),
        "reaches": True,
        "sampling": Sampling(least=None, stated=1, sent=(1,), met=(1,)),
    },
}  # fmt: skip
"""Homes that differ in all that the page can say otherwise."""


def page(language: Language, **changed: Any) -> str:
    """Render a page."""
    return render_subscriber_page(document(**changed), language)


def outward() -> dict[str, Any]:
    """Give the document of a version by which something would leave the system, or stay."""
    told = document()
    told["access"]["outward"] = ["listings export"]
    told["retention"]["limits"].append({"data": "scratch", "limit": "hours", "hours": 7})
    told["retention"]["limits"].append({"data": "reports", "limit": "not-set"})
    return told


def text_of(html: str) -> str:
    """Give what a reader sees, tags and technical names left out."""
    body = html[html.index("<body>") :]
    return re.sub(r"<[^>]*>", " ", re.sub(r"<(code|pre)>.*?</\1>", "", body, flags=re.DOTALL))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("form", FORMS)
def test_the_page_is_valid_html(language: Language, form: str) -> None:
    """The standard's own algorithm parses it without one error."""
    html5lib = module("html5lib")
    parser = html5lib.HTMLParser(strict=True)

    tree = parser.parse(page(language, **FORMS[form]))

    assert tree.get("lang") == language
    assert parser.errors == []


def test_the_check_of_html_sees_what_is_wrong() -> None:
    """A tag that nobody closes fails it."""
    html5lib = module("html5lib")
    broken = page("en").replace("</section>", "", 1)

    with pytest.raises(html5lib.html5parser.ParseError):
        html5lib.HTMLParser(strict=True).parse(broken)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("form", FORMS)
def test_both_languages_have_every_section_in_order(language: Language, form: str) -> None:
    """One first heading; a second-level heading each, by which the section is named."""
    html = page(language, **FORMS[form])

    assert re.findall(r'<section aria-labelledby="(\w+)">', html) == list(SECTIONS)
    assert re.findall(r'<h2 id="(\w+)">', html) == ["contents", *SECTIONS]
    assert re.findall(r'<li><a href="#(\w+)">', html) == list(SECTIONS)
    assert re.findall(r"<h([1-6])", html) == ["1"] + ["2"] * (1 + len(SECTIONS))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("form", FORMS)
def test_no_key_stays_untranslated(language: Language, form: str) -> None:
    """No brace, no None, no name of the code, and nothing of the other language."""
    seen = text_of(page(language, **FORMS[form]))

    assert not re.search(r"[{}]|\bNone\b|Undefined|\b[a-z]+_[a-z_]+\b", seen)
    other = "en" if language == "ja" else "ja"
    for key, words in plain_words().texts.items():
        said = getattr(words, other)
        if "{" not in said and len(said) > 20:
            assert said not in seen, key


def test_the_english_page_holds_japanese_only_where_it_says_so() -> None:
    """Terms of law, and what the operator wrote in Japanese alone, marked as such."""
    html = page("en", operator=Operator(own=OperatorWords(name="A", contact="窓口"), language="ja"))

    assert '<dd class="told" lang="ja">窓口</dd>' in html
    plain = re.sub(r"\((?:通信の秘密|正当業務行為|総務省)\)", "", html.replace("窓口", ""))
    assert not re.search(r"[\u3040-\u30ff\u4e00-\u9fff]", text_of(plain))


def test_every_text_is_used() -> None:
    """Words that no page says are a defect: somebody would keep them true in vain."""
    words = plain_words()
    pages = {
        language: "".join(page(language, **FORMS[form]) for form in FORMS)
        + page(language, made_ms=0)
        + render_subscriber_page(outward(), language)
        for language in LANGUAGES
    }
    unused = []
    for key, each in words.texts.items():
        for language in LANGUAGES:
            longest = max(re.split(r"\{\w+\}", getattr(each, language)), key=len)
            if longest.replace('"', "&#34;").replace("'", "&#39;") not in pages[language]:
                unused.append((key, language))

    assert unused == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_loads_nothing(language: Language) -> None:
    """No script, no picture, no style from elsewhere; the one link is the operator's own."""
    html = page(language)

    assert not re.search(r"<(script|img|iframe|object|embed|link|form|base)\b", html)
    assert not re.search(r"\bsrc=|@import|url\(|\bon[a-z]+=", html)
    assert re.findall(r'href="([^#][^"]*)"', html) == ["https://isp.example/privacy"]
    assert re.findall(r"https?://", html) == ["https://"] * 2


def test_the_policy_names_the_style_sheet_of_the_page() -> None:
    """A browser applies this sheet and no other, and runs nothing."""
    html = page("ja")
    (style,) = re.findall(r"<style>(.*?)</style>", html, re.DOTALL)
    expected = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()

    assert f"default-src 'none'; style-src 'sha256-{expected}'" in html


@pytest.mark.parametrize("language", LANGUAGES)
def test_hostile_words_are_shown_as_words(language: Language) -> None:
    """What the operator writes is no markup and no template."""
    words = OperatorWords(name=HOSTILE, contact=HOSTILE, explanation=HOSTILE)
    html = page(language, operator=Operator(own=words, translated=words))

    assert "<script>" not in html
    assert "<img" not in html
    assert "{{7*7}}" in html


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_table_says_what_it_is_and_what_its_cells_belong_to(language: Language) -> None:
    """Caption, heads of columns and heads of rows."""
    tables = re.findall(r"<table.*?</table>", page(language), re.DOTALL)

    assert len(tables) == 8
    for table in tables:
        assert "<caption>" in table
        rows = re.findall(r"<tr.*?</tr>", table[table.index("<tbody") :])
        assert rows
        assert all('scope="row"' in row for row in rows)
        assert 'scope="col"' in table[: table.index("<tbody")]


def test_who_must_be_named_is_asked_for_on_the_page() -> None:
    """A page without contact says that it is not ready, and what to set."""
    html = page("en", operator=Operator(own=OperatorWords(name="A")))

    assert html.count("Set contact in the section [operator] of config.toml") == 2
    assert "not ready to be published" not in page("en")


def test_a_laboratory_says_that_it_is_one() -> None:
    """Its page is not for subscribers."""
    assert "Do not publish this page" in page("en", **FORMS["laboratory"])
    assert "Do not publish this page" not in page("en")


def test_what_is_passed_on_is_told() -> None:
    """Where datagrams go to another collector, the page does not say that nothing leaves."""
    kept, passed = page("en"), page("en", forwarded=True)

    assert "Records do not leave this system" in kept
    assert "Records do not leave this system" not in passed
    assert "passed on unchanged" in passed


def said_in(html: str, *keys: str) -> set[str]:
    """Name those of some texts that a page says."""
    return {key for key in keys if plain_words().texts[key].en in html}


def test_what_leads_outwards_is_told() -> None:
    """Once something leaves, the page says what: no record, and nothing of anybody's traffic."""
    told = ("stays_but", "summary_shared", "expect_shared")
    html = render_subscriber_page(outward(), "en")

    assert said_in(page("en"), *told) == set()
    assert said_in(html, *told) == set(told)
    assert plain_words().operations["listings export"].en in html
    assert said_in(html, "stays", "no_questions") == {"stays", "no_questions"}


def test_what_reaches_people_is_no_longer_denied() -> None:
    """Once an act may notify, block or look somebody up, the page drops what would be untrue."""
    denied = ("summary_ends", "expect_ends", "object_consent")

    assert said_in(page("en"), *denied) == set(denied)
    assert said_in(page("en", reaches=True), *denied) == set()


@pytest.mark.parametrize(("hours", "said"), [(24 * 14, "14 days"), (7, "7 hours"), (0, "0 hours")])
def test_a_time_limit_is_told_in_days_where_it_is_of_days(hours: int, said: str) -> None:
    """Whole days read as days."""
    told = document()
    told["retention"]["limits"] = [{"data": "lists", "limit": "hours", "hours": hours}]

    assert f"<td>{said}</td>" in render_subscriber_page(told, "en")


@pytest.mark.parametrize(
    ("count", "ja", "en"),
    [
        (0, "0", "none"),
        (9, "10未満", "fewer than 10"),
        (41, "41", "41"),
        (4321, "約4,300", "about 4,300"),
        (12_345, "約1.2万", "about 12,000"),
        (123_456, "約12万", "about 120,000"),
        (12_345_678, "約1,200万", "about 12,000,000"),
        (1_234_567_890, "約12億", "about 1,200,000,000"),
        (151 * 10**10, "約1.5兆", "about 1,500,000,000,000"),
    ],
)
def test_numbers_read_as_people_say_them(count: int, ja: str, en: str) -> None:
    """In Japanese by ten thousands, in English by thousands."""
    for language, said in zip(LANGUAGES, (ja, en), strict=True):
        html = page(language, figures=figures(received=count))
        label = plain_words().texts["n_received"].render(language)
        assert re.findall(rf"{label}</th><td[^>]*>([^<]*)", html) == [said]


def test_days_read_as_people_write_them() -> None:
    """Also months, where the day of a document is not known."""
    assert "2026年1月1日 から 2026年1月31日 まで" in page("ja")
    assert "1 January 2026 to 31 January 2026" in page("en")
    assert "2017年12月" in page("ja")
    assert "December 2017" in page("en")
