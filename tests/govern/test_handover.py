"""The handover document: everything a successor needs, in both languages, safe to render."""

import datetime as dt
import re
import tomllib
from dataclasses import replace
from importlib import resources

import pytest

from hinomi.govern.handover import (
    LANGUAGES,
    ChangeLine,
    Handover,
    Language,
    PersonLine,
    RequestLine,
    render_handover,
)
from hinomi.govern.parameters import Parameter
from hinomi.govern.roles import Kind

PARAMETER = Parameter(
    value=0.01,
    unit="share",
    considerations="A line\nwrongly <b>suspected</b>.",
    decided_by="Anna (anna)",
    review=dt.date(2026, 1, 1),
    evidence="Counted.",
)
CHANGE = ChangeLine(
    entry=7,
    time="2026-11-22T00:00:00Z",
    name="a.b",
    before=0.02,
    after=0.01,
    person="anna",
    approved_by="rita",
    alone=False,
    break_glass=False,
)
REQUEST = RequestLine(
    number=3,
    kind="parameter-change",
    by="anna",
    time="2026-11-22T00:00:00Z",
    until="2026-12-22T00:00:00Z",
    reason="a | b",
    what="a.b: 0.01 -> 0.005",
)


def page(**changed: object) -> Handover:
    """Describe a page with little on it."""
    facts: dict[str, object] = {
        "home": "home",
        "kind": "operational",
        "time": "2026-11-22T00:00:00Z",
        "version": "ab12",
        "parameters": {"a.b": PARAMETER},
        "due": [],
        "changes": [],
        "deleted": 0,
        "findings": [],
        "open": [],
        "reviews": [],
        "people": [PersonLine(id="anna", name="Anna", roles=["analyst"], until="")],
    }
    return Handover(**(facts | changed))  # type: ignore[arg-type]  # Facts of a test.


def full() -> Handover:
    """Describe a page with something in each part."""
    return page(
        due=["a.b"],
        changes=[CHANGE],
        deleted=4,
        findings=["something does not fit"],
        open=[REQUEST],
        reviews=[REQUEST],
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_everything_is_handed_on(language: Language) -> None:
    """Value, unit, reasons, names, dates, changes, what waits, people."""
    text = render_handover(full(), language)

    for each in (
        "`a.b`", "**0.01** (share)", "Anna (anna)", "2026-01-01", "Counted.", "ab12", "0.02",
        "rita", "0.01 -> 0.005", "something does not fit", "analyst", "| 7 |", "| 3 |",
    ):  # fmt: skip
        assert each in text, each


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_of_the_other_language_is_left(language: Language) -> None:
    """Labels of a Japanese page are Japanese; an English page has no Japanese in it."""
    text = render_handover(full(), language)
    japanese = re.findall(r"[\u3040-\u30ff\u4e00-\u9fff]", text)

    if language == "en":
        assert japanese == []
    else:
        words = _words()
        labels = [words["en"][each] for each in ("considerations", "decided by", "people", "what")]
        assert not any(f"- {label}:" in text or f"## {label}" in text for label in labels)
        assert len(japanese) > 200


def test_both_languages_have_the_same_words() -> None:
    """None is missing, none is empty, and both fill in the same."""
    words = _words()

    assert words["en"].keys() == words["ja"].keys() >= set(Kind)
    for name, english in words["en"].items():
        blanks = set(re.findall(r"{\w+}", english))
        assert set(re.findall(r"{\w+}", words["ja"][name])) == blanks, name
        assert words["ja"][name].strip(), name


def test_what_was_registered_cannot_act_in_a_browser_or_break_a_table() -> None:
    """No tag, no line break, no stray bar."""
    text = render_handover(full(), "en")

    assert "<b>" not in text
    assert "A line wrongly &lt;b>suspected" in text
    assert "a \\| b" in text


def test_a_quiet_home_says_that_nothing_waits() -> None:
    """Rather than nothing at all."""
    text = render_handover(page(), "en")

    assert "Nothing waits" in text
    assert "Nothing changed since the home was made." in text
    assert "nothing is registered" in text  # No alternatives.
    assert "approved by: nobody else" in text
    assert "(has passed)" not in text


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"approved_by": "", "alone": True}, "nobody else could"),
        ({"approved_by": "", "break_glass": True}, "emergency (break-glass)"),
        ({"approved_by": ""}, "| anna | - |"),
    ],
)
def test_a_change_says_whether_others_saw_it(facts: dict[str, object], said: str) -> None:
    """Alone, in an emergency, or not known."""
    line = replace(CHANGE, **facts)  # type: ignore[arg-type]  # Facts of a test.

    assert said in render_handover(page(changes=[line]), "en")


def test_deleted_entries_are_told() -> None:
    """What is missing from the history is said beside it."""
    assert "Of 4 entries only the proof is left" in render_handover(full(), "en")


def _words() -> dict[str, dict[str, str]]:
    text = resources.files("hinomi.govern").joinpath("handover.toml").read_text("utf-8")
    return tomllib.loads(text)
