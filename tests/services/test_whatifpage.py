"""The page of a what-if: one document that loads nothing and names nobody."""

import base64
import hashlib
import re
from html.parser import HTMLParser

from hinomi.govern.parameters import default_register
from hinomi.services.page import read_style
from hinomi.services.whatifpage import render_what_if
from hinomi.services.whatifproposal import propose
from hinomi.services.whatifresult import Axis, Cell, Setting, WhatIf
from lessened import cell, what_if

VOID = {"meta", "input"}


class _Nesting(HTMLParser):
    """Notices tags that are not closed in order."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002 - of the parser.
        """Open a tag."""
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Close the one that was opened last."""
        assert self.open.pop() == tag


def _result(**figures: object) -> WhatIf:
    return what_if(
        cell(Axis.SAMPLING, 20_000, 19, 18, records=500, **figures),
        cell(Axis.WITHOUT, "sizes", 20),
        Cell(setting=Setting(Axis.DAYS, 7), skipped="the window holds no more days"),
    )


def test_the_page_shows_each_setting_in_both_languages() -> None:
    """With the records that are kept, what is found of the present, and what it costs."""
    page = render_what_if(_result(), "ab12", [])

    assert _Nesting(page).open == []
    assert page.count('role="img"') == 3
    for words in ("1 in 20,000", "1/20,000", "without sizes", "サイズなし", "現在の設定"):
        assert words in page
    assert 'aria-label="50 % of the records; on no list 92%, listed 100%"' in page
    assert "Left out: the window holds no more days" in page


def test_the_page_loads_nothing() -> None:
    """Its policy lets the style sheet in by its hash, and nothing else."""
    page = render_what_if(_result(), "ab12", [])

    digest = base64.b64encode(hashlib.sha256(read_style().encode()).digest()).decode()
    assert f"default-src 'none'; style-src 'sha256-{digest}'" in page.replace("&#39;", "'")
    body = page.replace(read_style(), "")
    assert re.findall(r"https?:|<script|<img|<link|style=", body) == []


def test_the_page_tells_how_to_work_it_out_again() -> None:
    """The evidence is named, and each proposal is there as a command."""
    result = _result()
    proposals = propose(result, "ab12", default_register(), 0.5)

    page = render_what_if(result, "ab12", proposals)

    assert "hinomi parameters what-if --again what-if:ab12" in page
    assert "hinomi parameters propose collect.sampling_interval_min 20000" in page


def test_the_truth_has_a_column_where_it_is_known() -> None:
    """In a laboratory alone."""
    truth = {"average_precision": 0.25}
    known = render_what_if(_result(truth=truth), "ab12", [])

    assert "Average precision" not in known  # The setting as held knows none.
    assert "Average precision" in render_what_if(
        what_if(cell(Axis.DAYS, 1, truth=truth), present=cell(Axis.PRESENT, "", 20, truth=truth)),
        "ab12",
        [],
    )


def test_the_same_what_if_is_the_same_page() -> None:
    """No clock, no chance."""
    assert render_what_if(_result(), "ab12", []) == render_what_if(_result(), "ab12", [])
