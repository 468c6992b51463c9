"""The page for subscribers in a real browser: everybody can read it, and it asks nobody."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from browsers import chromium, shown, violations
from terminal import hinomi, make_home, table_row, write_table

SMALLEST: Final = 320
"""WCAG 2.1, success criterion 1.4.10: no sideways scrolling at this width, in CSS pixels."""


@pytest.fixture(name="browser", scope="module")
def a_browser() -> Iterator[Any]:
    """Start Chromium once."""
    with chromium() as browser:
        yield browser


@pytest.fixture(name="pages", scope="module")
def the_pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Make both pages of a home that took something in, refused and changed something."""
    folder = tmp_path_factory.mktemp("pages")
    home = make_home(folder / "home", sampling=10_000)
    rows = [
        table_row(sampling_interval=10_000, src_addr="192.0.2.1" if place % 3 else "203.0.113.5")
        for place in range(60)
    ]
    assert hinomi("import", write_table(folder / "f.csv", *rows), home=home).code == 0
    assert hinomi("import", write_table(folder / "g.csv"), home=home).code == 77  # Too dense.
    assert hinomi("detect", home=home).code == 0
    said = hinomi("exporters", "sampling", "edge-1", 16_384, "--reason", "a test", home=home)
    assert said.code == 0, said.err
    config = home / "config.toml"
    text = config.read_text("utf-8").replace('contact = ""', 'contact = "a@isp.example"', 1)
    config.write_text(text.replace('url = ""', 'url = "https://isp.example/"', 1), "utf-8")
    pages = {language: folder / f"{language}.html" for language in ("ja", "en")}
    for language, page in pages.items():
        assert hinomi("transparency", "--lang", language, "--output", page, home=home).code == 0
    return pages


@pytest.mark.parametrize("language", ["ja", "en"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [SMALLEST, 1024])
def test_axe_finds_nothing(
    browser: Any, pages: dict[str, Path], language: str, scheme: str, width: int
) -> None:
    """No rule of WCAG 2.1 AA is broken, the page fits, and nothing but itself is asked for."""
    with shown(browser, pages[language], width=width, scheme=scheme) as (page, asked):
        assert violations(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.evaluate("document.documentElement.lang") == language
        assert asked == []


def test_dark_is_dark(browser: Any, pages: dict[str, Path]) -> None:
    """The colours follow the reader's wish, so that both were looked at above."""
    colours = []
    for scheme in ("light", "dark"):
        with shown(browser, pages["ja"], width=1024, scheme=scheme) as (page, _):
            colours.append(page.evaluate("getComputedStyle(document.body).backgroundColor"))

    assert len(set(colours)) == 2


def test_the_page_s_own_policy_lets_it_be_styled(browser: Any, pages: dict[str, Path]) -> None:
    """With its policy in force the style sheet applies, and no script runs."""
    context = browser.new_context()
    try:
        page = context.new_page()
        complaints: list[str] = []
        page.on("console", lambda message: complaints.append(message.text))
        page.goto(pages["ja"].as_uri())
        assert (
            page.evaluate("getComputedStyle(document.querySelector('.sheet')).borderTopStyle")
            == "solid"
        )
        assert complaints == []
    finally:
        context.close()


@pytest.mark.parametrize(
    ("broken", "rule"),
    [
        ("document.documentElement.removeAttribute('lang')", "html-has-lang"),
        ("document.querySelector('.lead').style.color = '#ccc'", "color-contrast"),
    ],
)
def test_the_check_sees_what_is_wrong(
    browser: Any, pages: dict[str, Path], broken: str, rule: str
) -> None:
    """A page that is spoilt on purpose is found out."""
    with shown(browser, pages["en"], width=1024, scheme="light") as (page, _):
        page.evaluate(broken)
        found = violations(page)

    assert any(each.startswith(f"{rule}:") for each in found)


def test_links_lead_to_their_sections(browser: Any, pages: dict[str, Path]) -> None:
    """Every entry of the contents has its heading."""
    with shown(browser, pages["ja"], width=1024, scheme="light") as (page, _):
        missing = page.evaluate(
            "[...document.querySelectorAll('nav a')].filter("
            "link => !document.querySelector(link.getAttribute('href'))).length"
        )

    assert missing == 0
