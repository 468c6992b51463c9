"""Tests of the report page as text."""

import base64
import dataclasses
import hashlib
import re
from html.parser import HTMLParser
from typing import Final

import pytest

from builders import HOUR_MS, NOON_MS
from detections import LIMITS, candidate, detection, reason
from hinomi.detect.drift import Drift
from hinomi.model.address import parse_address
from hinomi.model.service import Service
from hinomi.model.window import Window
from hinomi.services.page import render_page

HOSTILE: Final = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>&{{7*7}}"
VOID: Final = {"meta", "input", "br"}


class Page(HTMLParser):
    """Reads a page: its tags with attributes, its text, and whether tags are nested well."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self._open: list[str] = []
        self.feed(page)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep a tag; what is not void must be closed."""
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep a tag that closes itself."""
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        """Close the tag that was opened last, and no other."""
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        """Keep the text, without the style sheet."""
        if self._open[-1:] != ["style"]:
            self.text += data

    def all(self, tag: str, **attributes: str) -> list[dict[str, str | None]]:
        """Give the attributes of each *tag* that has these."""
        wanted = {name.rstrip("_"): value for name, value in attributes.items()}
        return [
            found for name, found in self.tags if name == tag and wanted.items() <= found.items()
        ]


def page_of(*candidates: object, **changed: object) -> str:
    """Render a page made at noon."""
    return render_page(detection(*candidates, **changed), made_ms=NOON_MS)  # type: ignore[arg-type]


def test_every_candidate_has_a_row_and_a_card_that_it_leads_to() -> None:
    """The table lists the candidates in order, and each row leads to the card with its reasons."""
    page = Page(page_of(candidate("192.0.2.1"), candidate("2001:db8::1")))

    assert [link["href"] for link in page.all("a")] == ["#c1", "#c2"]
    assert [card["id"] for card in page.all("article")] == ["c1", "c2"]
    assert page.text.count("192.0.2.1 tcp/443") == 2
    assert page.text.count("2001:db8::1 tcp/443") == 2
    assert "hinomi explain 2001:db8::1 tcp 443" in page.text


def test_one_client_is_not_several() -> None:
    """A single line is told in the singular."""
    text = Page(page_of(candidate(clients=1, suspects=0))).text

    assert "1 client, 0 of them suspected" in text


def test_the_table_tells_what_each_column_and_row_is() -> None:
    """Six column headings and one row heading a candidate, for those who do not see it."""
    page = Page(page_of(candidate(), limits={}))

    assert len(page.all("th", scope="col")) == 6
    assert len(page.all("th", scope="row")) == 1
    assert page.all("caption")


def test_reasons_stand_as_given_in_both_languages() -> None:
    """Order and words are those of the candidate; the languages are marked as such."""
    page = page_of(
        candidate(
            "192.0.2.1",
            reason(3.0, text="First.", text_ja="第一。"),
            reason(-2.0, text="Second.", text_ja="第二。"),
        )
    )

    assert '<span lang="en">First.</span> <span lang="ja">第一。</span>' in page
    assert '<span lang="en">Second.</span> <span lang="ja">第二。</span>' in page
    assert page.index("First.") < page.index("Second.")


def test_weights_go_right_for_and_left_against() -> None:
    """From the middle: +4 of a scale of 4 fills the right half, -2 half of the left."""
    page = Page(page_of(candidate("192.0.2.1", reason(4.0), reason(-2.0))))

    bars = [(bar["x"], bar["width"]) for bar in page.all("rect", class_="weight")]
    assert bars == [("50.00%", "50.00%"), ("25.00%", "25.00%")]
    assert "+4.0" in page.text
    assert "\N{MINUS SIGN}2.0" in page.text


def test_numbers_behind_the_reasons_can_be_checked() -> None:
    """Each number stands under its name in the JSON output; a port is no quantity."""
    told = dataclasses.replace(
        reason(), values={"clients": 12345, "expected": 0.123456, "port": 48101, "source": "x"}
    )

    page = page_of(candidate("192.0.2.1", told))

    shown = dict(re.findall(r'<dt class="mono">(\w+)</dt><dd>([^<]+)</dd>', page))
    assert shown == {"clients": "12,345", "expected": "0.1235", "port": "48101"}


def test_small_weights_do_not_look_great() -> None:
    """Where nothing weighs much, the scale is not stretched to make it look so."""
    page = Page(page_of(candidate("192.0.2.1", reason(0.3))))

    (bar,) = page.all("rect", class_="weight")
    assert bar["width"] == "5.00%"


def test_the_base_rate_is_where_the_sum_begins_and_has_no_bar() -> None:
    """The base rate is no evidence: words, no bar."""
    page = Page(page_of(candidate("192.0.2.1", reason(1.0), reason(0.0, code="base-rate"))))

    assert len(page.all("rect", class_="weight")) == 1
    assert "where the sum begins" in page.text


@pytest.mark.parametrize(
    ("probability", "shown"), [(1.0, ">0.99"), (0.5, "0.50"), (0.004, "<0.01"), (0.0, "<0.01")]
)
def test_no_probability_is_shown_as_certain(probability: float, shown: str) -> None:
    """Two digits, and neither 0 nor 1: no evidence of this kind makes certain."""
    text = Page(page_of(candidate(probability=probability))).text

    assert text.count(shown) == 2  # The row and the card.


def test_marks_tell_known_and_tier() -> None:
    """Known services and tiers carry a mark, others none."""
    plain = Page(page_of(candidate()))
    marked = Page(page_of(candidate(known=True, tier=2)))

    assert not plain.all("span", class_="badge known")
    assert len(marked.all("span", class_="badge known")) == 2
    assert marked.text.count("第 2 層") == plain.text.count("第 2 層") + 2


def test_own_services_stand_under_their_pseudonym() -> None:
    """A service inside the own network is shown as own: and digits, never as an address."""
    service = Service(parse_address("2001:db8::42"), 6, 8080, own=True)

    text = Page(page_of(candidate(service=service))).text

    assert "own:20010db8000000000000000000000042 tcp/8080" in text
    assert "2001:db8" not in text


def test_addresses_in_list_names_are_withheld() -> None:
    """A list may be named after an address; the page does not pass that on."""
    told = reason(text="On list by-198.51.100.7 and 2001:db8::7.", text_ja="リスト 198.51.100.7。")

    page = page_of(candidate("192.0.2.1", told))

    assert "198.51.100.7" not in page
    assert "2001:db8::7" not in page


def test_hostile_words_stay_words() -> None:
    """Whatever a list is named, it is shown as text and opens no tag."""
    hostile = candidate("192.0.2.1", reason(text=HOSTILE, text_ja=HOSTILE))
    limits = {
        "beacon": HOSTILE,
        "flags": HOSTILE,
        HOSTILE: HOSTILE,
        "smallest_botnet": {HOSTILE: 7},
    }

    page = Page(page_of(hostile, limits=limits, register_version=HOSTILE, suspects={HOSTILE: 1}))

    assert page.text.count(HOSTILE) >= 8
    assert not page.all("script")
    assert not page.all("img")
    assert not any(name.startswith("on") for _, found in page.tags for name in found)


def test_the_page_needs_nothing_from_anywhere() -> None:
    """No script, no link but to its own cards, no style that loads, no attribute with a URL."""
    html = page_of(candidate(known=True, tier=1))
    page = Page(html)

    assert not re.search(r"https?:|//[a-z]|url\(|@import|data:", html)
    assert {name for name, _ in page.tags}.isdisjoint(
        {"script", "link", "img", "iframe", "object", "embed", "base", "form", "use", "image"}
    )
    references = [
        found[name]
        for _, found in page.tags
        for name in ("src", "href", "action", "xlink:href", "srcset", "data")
        if name in found
    ]
    assert references == ["#c1"]


def test_the_policy_lets_nothing_but_the_pages_own_style_through() -> None:
    """The policy forbids all and names the hash of the style sheet; no style stands elsewhere."""
    html = page_of(candidate())
    style = html.split("<style>")[1].split("</style>")[0]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()

    page = Page(html)

    (policy,) = [
        found["content"]
        for found in page.all("meta")
        if found.get("http-equiv") == "Content-Security-Policy"
    ]
    assert policy == (
        f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    )
    assert not any("style" in found for _, found in page.tags)


def test_the_same_run_gives_the_same_page() -> None:
    """Nothing but the arguments decides what stands on the page."""
    assert page_of(candidate()) == page_of(candidate())


def test_the_page_tells_window_register_and_when_it_was_made() -> None:
    """The head tells of what, by which parameters and when."""
    text = Page(page_of(candidate())).text

    assert "2026-01-01 12:00:00 \N{EN DASH} 2026-01-03 12:00:00" in text
    assert "0123abcd" in text
    assert "12:00 UTC" in text
    assert "1 in 10,000" in text
    assert "48 hours with records" in text


def test_the_page_names_the_model_that_spoke() -> None:
    """By name and digest; where none spoke, it says so."""
    spoke = {"name": "spring", "digest": "ab12", "spoke": True}

    assert "spring" in page_of(model=spoke)
    assert "ab12" in page_of(model=spoke)
    assert "none spoke" in page_of(model=spoke | {"spoke": False})


def test_drift_stands_above_the_candidates() -> None:
    """Columns with their index, and sampling that was not learned; else nothing."""
    known = {"services": 9, "threshold": 0.25, "spread": {}, "known_intervals": (1_000, 10_000)}
    drifted = Drift(index={"span": 0.9, "habit": 0.1}, interval=64, **known)  # type: ignore[arg-type]
    ordinary = Drift(index={"span": 0.1}, interval=4_096, **known)  # type: ignore[arg-type]

    told = page_of(drift=drifted)

    assert "span 0.90" in told
    assert "habit 0.10" not in told
    assert "not learned at this sampling interval" in told
    for silent in (page_of(drift=ordinary), page_of()):
        assert 'aria-label="Drift"' not in silent


def test_an_open_window_is_said_in_words() -> None:
    """Open sides are told, not left empty."""
    both = Page(page_of(window=Window())).text
    half = Page(page_of(window=Window(since_ms=NOON_MS))).text

    assert "everything in the lake" in both
    assert "2026-01-01 12:00:00 \N{EN DASH} last record" in half


def test_limits_are_told_in_words() -> None:
    """Smallest botnets, rhythm and flags: each is told, with its number."""
    text = Page(page_of(candidate())).text

    assert "hourly beacon" in text
    assert "1,234" in text
    assert "Rhythm was not looked at" in text
    assert "missing in 37% of the TCP records" in text
    assert "TCP 記録の 37% で欠落" in text


def test_good_conditions_are_told_as_well() -> None:
    """Where rhythm was used and flags are there, the page says so."""
    told = LIMITS | {"sampling_interval": 1, "beacon": "used", "flags": "present"}

    text = Page(page_of(candidate(), limits=told)).text

    assert "Rhythm was looked at" in text
    assert "TCP flags were there" in text
    assert "none: every packet" in text


def test_uncalibrated_probabilities_are_said_to_be_so() -> None:
    """In both languages, and only where it is so."""
    told = Page(page_of(candidate(), limits=LIMITS | {"probabilities": "not calibrated"})).text
    silent = Page(page_of(candidate())).text

    for words in ("Probabilities are not calibrated", "確率は未較正"):
        assert words in told
        assert words not in silent
    assert "probabilities: not" not in told


def test_an_unknown_interval_is_said_to_be_unknown() -> None:
    """Where N is unknown, no smallest botnet is claimed."""
    told = LIMITS | {"sampling_interval": 0, "smallest_botnet": {}}

    text = Page(page_of(candidate(), limits=told)).text

    assert "Smallest botnet" not in text
    assert "cannot be said" in text


def test_a_limit_without_words_of_its_own_is_shown_as_it_is() -> None:
    """A limit that the page does not know yet is not swallowed."""
    text = Page(page_of(candidate(), limits=LIMITS | {"weather": "fog"})).text

    assert "weather: fog" in text


def test_no_candidate_is_said_and_the_limits_still_stand() -> None:
    """An empty result is told to be no proof, beside what could not have been seen."""
    page = Page(page_of())

    assert "No candidate." in page.text
    assert "no proof" in page.text
    assert "1,234" in page.text
    assert page.all("article") == []


def test_the_caution_always_stands() -> None:
    """Every page says that a candidate is no verdict and must not be contacted."""
    for html in (page_of(), page_of(candidate())):
        text = Page(html).text
        assert "A candidate is no verdict." in text
        assert "Do not contact the address" in text
        assert "候補は判定ではない。" in text


def test_each_active_hour_is_a_bar_that_names_itself() -> None:
    """Hours are drawn as bars with their time and count; first and last hour are told."""
    page = Page(page_of(candidate()))

    assert len(page.all("rect", class_="hour")) == 2
    assert "2026-01-01 13:00 UTC: 4" in page.text
    assert "first hour" in page.text
    assert not page.all("line", class_="cut")


def test_silences_of_decades_are_cut_out_visibly() -> None:
    """Relative times from 1970 stand beside real ones, with a break that is explained."""
    found = candidate()
    hours = {0: 1, HOUR_MS: 2, NOON_MS: 3}

    page = Page(page_of(found, timeline={found.service: hours}))

    assert len(page.all("line", class_="cut")) == 2
    assert "56 years before 2026-01-01 12:00" in page.text
    assert "1970-01-01 01:00" in page.text
    assert "Times near 1970 are relative" in page.text
    assert "are relative" not in page_of(found)


def test_a_candidate_without_a_timeline_has_its_card() -> None:
    """Where the hours are not known, nothing is drawn and the rest stands."""
    page = Page(page_of(candidate(), timeline={}))

    assert len(page.all("article")) == 1
    assert not page.all("figure")
