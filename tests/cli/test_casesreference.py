"""The reference of cases is what the code goes by."""

from hinomi.cli.casesreference import render_cases
from hinomi.model.case import TRANSITIONS, CaseState, ServiceClass, Step
from hinomi.model.evidence import Claim, Method
from tree import DOCS


def rows_of(title: str) -> list[list[str]]:
    """Give the cells of the table under one heading, without its head."""
    section = render_cases().split(f"## {title}\n")[1].split("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def names_of(title: str) -> list[str]:
    """Give the first cells of a table, as the code has them."""
    return [row[0].strip("`") for row in rows_of(title)]


def test_the_page_is_up_to_date() -> None:
    """docs/reference/cases.md equals what `python -m hinomi.cli.casesreference` prints."""
    assert (DOCS / "reference" / "cases.md").read_text("utf-8") == render_cases()


def test_every_transition_has_its_row() -> None:
    """No step is told that is not there, and none is left out."""
    told = [[cell.strip("`") for cell in row[:4]] for row in rows_of("Steps")]

    assert told == [
        ["" if each.before is None else each.before, each.step, each.after, each.by]
        for each in TRANSITIONS
    ]


def test_every_word_of_the_model_has_its_row() -> None:
    """States, classes, claims and methods, each once."""
    assert names_of("States") == [*CaseState]
    assert names_of("Classes") == [*ServiceClass]
    assert sorted(names_of("Claims")) == sorted(Claim)
    assert sorted(names_of("Methods")) == sorted(Method)


def test_each_step_says_once_what_it_needs() -> None:
    """Where it stands first; further rows point there."""
    needs = [row[4] for row in rows_of("Steps")]

    assert len([each for each in needs if each != "as above"]) == len(Step)


def test_only_listable_classes_are_said_to_be_listed() -> None:
    """What the page says is what the code asks."""
    told = {row[0].strip("`"): row[1] for row in rows_of("Classes")}

    assert {name for name, listed in told.items() if listed == "yes"} == {
        each for each in ServiceClass if each.is_listable
    }
