"""The table of TAXII cases is true: every test that it names exists."""

import re
from typing import Final

import pytest

from tree import DOCS, ROOT, functions

PAGE: Final = DOCS / "reference" / "taxii.md"
RESULTS: Final = re.compile(r"passes|refused with 400|does not (apply|hold): .+")


def rows() -> list[list[str]]:
    """Give the cells of every row of the table of cases."""
    table = PAGE.read_text("utf-8").split("### Cases")[1].split("## MISP")[0]
    lines = [line for line in table.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines[1:]]


def test_the_table_has_its_cases() -> None:
    """Five cells each, and no case twice."""
    cases = [row[0] for row in rows()]

    assert len(cases) > 30
    assert len(set(cases)) == len(cases)
    assert {len(row) for row in rows()} == {5}


@pytest.mark.parametrize("row", rows(), ids=lambda row: str(row[0]))
def test_a_case_names_a_test_that_exists(row: list[str]) -> None:
    """File and function; a case without one does not apply or does not hold, and says so."""
    _, source, _, test, result = row

    assert re.search(r"interop \d|standard \d", source)
    assert RESULTS.fullmatch(result)
    if test == "none":
        assert result.startswith("does not ")
        return
    path, _, name = test.strip("`").partition("::")
    assert name in {each.name for each in functions(ROOT / path)}
    assert not result.startswith("does not ")
