"""The hub's yearly page: valid, in both languages, by itself, and of nobody in particular."""

import base64
import hashlib
import re
from datetime import date
from html import unescape
from pathlib import Path
from typing import Any, Final

import pytest

from browsers import chromium, module, shown, violations
from foundedhubs import MEMBERS, FoundedHub
from hinomi.errors import NotFound
from hinomi.govern.plainwords import Language
from hinomi.hub.yearly import Year, compose
from hinomi.model.statement import Sighting
from hinomi.services.hub.figures import figures_for
from hinomi.services.hub.yearly import render_year, words, yearly_page
from hubs import server

LANGUAGES: Final[tuple[Language, ...]] = ("ja", "en")
SERVERS: Final = [server(each) for each in range(1, 9)]
MANY: Final = {"all": 15, "others": {}}
TOLD: Final[dict[str, Any]] = {
    "listed": 1200, "new": 40, "ended": 9, "waited": {"1": 30, "2": 8, "unknown": 2}, "unique": 25,
    "stale": 12, "compromised": 300, "held": 0, "checked": {"right": 95, "wrong": 5},
    "sightings": {"confirmed": 400, "not-seen": 700, "wrong": 1, "gone": 20},
    "feedback": {"wrong": {"ended": 1, "stands": 3}, "gone": {"ended": 20, "stands": 120}},
    "reached": {"now": 18, "behind": 1, "never": 1}, "speakers": 15,
    "members": dict.fromkeys(map(str, range(20))),
    "sayers": {
        "sightings": dict.fromkeys(("confirmed", "not-seen", "wrong", "gone"), MANY),
        "feedback": {said: {"ended": MANY, "stands": MANY} for said in ("wrong", "gone")},
        "stale": MANY, "named": MANY, "waited": dict.fromkeys(("1", "2", "unknown"), MANY),
    },
}  # fmt: skip
YEAR: Final = compose([("2026-01-31", TOLD), ("2026-02-01", TOLD)], least=5)
EMPTY: Final = compose(
    [("2026-01-31", TOLD | {"waited": {}, "new": 0, "unique": 0, "speakers": 1, "members": {},
                            "checked": {"right": 0, "wrong": 0}})],
    least=5,
)  # fmt: skip


def page(language: Language, found: Year = YEAR) -> str:
    """Render a page."""
    return render_year(
        found, year=2026, hub="hub.example", made=date(2027, 1, 4), lease_days=7, language=language
    )


def text_of(html: str) -> str:
    """Give what a reader sees."""
    shown = re.sub(r"<style>.*?</style>", "", html[html.index("<title>") :], flags=re.DOTALL)
    return unescape(re.sub(r"<[^>]*>", " ", shown))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("found", [YEAR, EMPTY], ids=["full", "empty"])
def test_the_page_is_valid_html(language: Language, found: Year) -> None:
    """The standard's own algorithm parses it without one error."""
    parser = module("html5lib").HTMLParser(strict=True)

    tree = parser.parse(page(language, found))

    assert tree.get("lang") == language
    assert parser.errors == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_is_said_in_both_languages(language: Language) -> None:
    """No brace, no name of the code, nothing of the other language."""
    shown = (page(language), page(language, EMPTY))
    seen = "".join(
        text_of(re.sub(r"<style>.*?</style>", "", each, flags=re.DOTALL)) for each in shown
    )

    assert not re.search(r"[{}]|\bNone\b|Undefined|\b[a-z]+_[a-z_]+\b", seen)
    if language == "en":
        assert not re.search(r"[\u3040-\u30ff\u4e00-\u9fff]", seen)
    for key, said in words().items():
        told = said.ja if language == "ja" else said.en
        for part in re.split(r"\{\w+\}", told):
            assert part.strip() in seen, key


def test_a_browser_may_apply_the_style_and_nothing_else() -> None:
    """Known by its hash; no script, no address to ask."""
    html = page("en")
    style = re.search(r"<style>(.*?)</style>", html, re.DOTALL)
    assert style is not None
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()

    assert f"default-src 'none'; style-src 'sha256-{digest}'" in html
    assert not re.search(r"<script|https?://|src=|url\(", html)


@pytest.mark.parametrize("language", LANGUAGES)
def test_everybody_can_read_it(tmp_path: Path, language: Language) -> None:
    """No rule of WCAG 2.1 AA is broken on a small and a large screen, by day and by night."""
    path = tmp_path / "page.html"
    path.write_text(page(language), "utf-8")
    with chromium() as browser:
        for width, scheme in ((320, "light"), (1024, "dark")):
            with shown(browser, path, width=width, scheme=scheme) as (opened, asked):
                assert violations(opened) == []
                assert opened.evaluate("document.documentElement.scrollWidth") <= width
                assert asked == []


def test_a_hub_writes_its_year(tmp_path: Path) -> None:
    """From the figures of its lists; no server and no member stands there."""
    hub = FoundedHub.with_members(tmp_path / "hub")
    hub.runs(SERVERS, SERVERS)
    hub.sights("isp-a", 1, dict.fromkeys(SERVERS, Sighting.CONFIRMED))

    html = yearly_page(hub.home(), 2026, "en")

    assert "2026-11" in html
    assert not any(name in html for name in (*MEMBERS, "198.51"))
    with pytest.raises(NotFound, match="2025"):
        yearly_page(hub.home(), 2025, "en")


def test_a_year_of_three_members_tells_nothing_that_counts_them(tmp_path: Path) -> None:
    """What a member is not told of the others (`/v1/figures`), nobody reads on the page."""
    hub = FoundedHub.with_members(tmp_path / "hub", few := MEMBERS[:3])
    hub.runs(SERVERS, SERVERS, members=few)
    hub.sights("isp-a", 1, {SERVERS[0]: Sighting.WRONG, SERVERS[1]: Sighting.CONFIRMED})
    hub.runs(SERVERS, members=few)

    seen = text_of(yearly_page(hub.home(), 2026, "en"))
    rows = [" ".join(each.split()) for each in seen.split("\n")]

    for row in ("Of the last list, neither named nor confirmed by anybody then not known of 0",
                "Epochs from the first report to the list: half of them within not known of 0",
                "Nine in ten within not known of 0",
                "Called no C&C server not known not known",
                "Called gone not known not known"):  # fmt: skip
        assert row in rows
    with hub.home().casebook() as casebook:
        told = figures_for(hub.home(), casebook, "isp-a")
    assert [told[each] for each in ("waited", "stale", "feedback", "reached")] == [None] * 4
