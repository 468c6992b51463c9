"""The docs are true: links resolve, every word, standard and format has its entry."""

import ast
import re
from pathlib import Path
from typing import Final

import pytest

from hinomi.model.flow import RECORDS
from tree import (
    DOCS,
    ROOT,
    SOURCE,
    markdown_files,
    name_of,
    parsed,
    project_files,
    public_classes,
    python_files,
)

KINDS_OF_PAGES: Final = {"tutorial", "howto", "reference", "explanation", "decisions"}
"""Diátaxis, and the decision records."""

MISSION_WORDS: Final = {
    "flow record", "sampling interval", "service", "client", "subscriber", "line", "remote",
    "candidate", "evidence", "verdict", "case", "listing", "epoch", "key period", "sighting",
    "member", "mandate", "legal basis",
}  # fmt: skip
"""The words of which the house has its own: each has one meaning, in the glossary."""

GLOSSARY: Final = DOCS / "glossary.md"
STANDARDS: Final = DOCS / "reference" / "standards.md"

FIRST_CELL: Final = re.compile(r"^\| (`.*?) \|", re.MULTILINE)
RFC: Final = re.compile(r"\bRFC (\d{3,4}(?:(?: \([^)\d]*\))?(?:,| and| or| to) \d{3,4}\b)*)")
"""One RFC, or several after one word: RFC 2516 (PPPoE), 3032 and 1662."""

LINK: Final = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)[^)]*\)|!\[[^\]]*\]\(([^)\s]+)[^)]*\)")
FENCED: Final = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)
HEADING: Final = re.compile(r"^#{1,6} +(.+?) *$", re.MULTILINE)


def test_links_between_pages_resolve() -> None:
    """Every relative link leads to a file of the project, and its anchor to a heading."""
    broken = [
        f"{name_of(page)}: {target}"
        for page in markdown_files()
        for target in _links(page)
        if not _resolves(page, target)
    ]

    assert broken == []


def test_every_page_lies_in_its_room_and_in_the_index() -> None:
    """A page under docs is of a known kind, and the index leads to it."""
    index = DOCS / "README.md"
    listed = {(DOCS / target.split("#")[0]).resolve() for target in _links(index)}
    pages = [page for page in markdown_files() if page.is_relative_to(DOCS) and page != index]

    rooms = {page.relative_to(DOCS).parts[0] for page in pages if page.parent != DOCS}
    assert rooms <= KINDS_OF_PAGES
    assert [name_of(page) for page in pages if page not in listed] == []


def test_decision_records_are_numbered_without_gaps() -> None:
    """Decision records are called NNNN-title.md, 0001 first, no number twice."""
    records = sorted(page.name for page in markdown_files() if page.parent == DOCS / "decisions")

    assert [name[:5] for name in records] == [f"{n:04}-" for n in range(1, len(records) + 1)]


def test_every_public_class_of_the_model_is_in_the_glossary() -> None:
    """Each public class of model has an entry that says meaning, source, and what it is not."""
    entries = _glossary()
    classes = {
        found.name for path in python_files(SOURCE / "model") for found in public_classes(path)
    }
    named = {name for title in entries for name in re.findall(r"`(\w+)`", title)}

    assert sorted(classes - named) == []


def test_every_word_of_the_mission_is_in_the_glossary() -> None:
    """Each word that has one meaning of our own has its entry."""
    titles = {re.sub(r" *\(.*", "", title) for title in _glossary()}

    assert sorted(MISSION_WORDS - titles) == []


def test_every_entry_says_where_it_comes_from_and_what_it_is_not() -> None:
    """An entry of the glossary has a meaning, a source, and what it must not be taken for."""
    incomplete = [
        title
        for title, body in _glossary().items()
        if "*Source:*" not in body or "*Not:*" not in body or body.index("*Source:*") < 10
    ]

    assert incomplete == []


def test_every_class_that_the_glossary_names_exists() -> None:
    """The glossary names no class that is gone."""
    classes = {found.name for path in python_files(SOURCE) for found in public_classes(path)}
    named = {name for title in _glossary() for name in re.findall(r"`(\w+)`", title)}

    assert sorted(named - classes) == []


def test_every_rfc_that_the_code_cites_is_in_the_road_map() -> None:
    """Each RFC named in src stands in the table of standards."""
    road_map = STANDARDS.read_text("utf-8").split("## Field map")[0]
    cited = {
        number
        for path in project_files()
        if path.is_relative_to(SOURCE) and path.suffix in {".py", ".toml"}
        for number in rfcs_in(path.read_text("utf-8"))
    }

    assert sorted(cited - rfcs_in(road_map), key=int) == []


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("RFC 7011, section 3.1", {"7011"}),
        ("RFC 7011 and 7012; 8 more", {"7011", "7012"}),
        ("RFC 2516 (PPPoE), 3032 (MPLS), 1662 (PPP).", {"2516", "3032", "1662"}),
        ("RFC 7133 (312, 315, 409)", {"7133"}),
    ],
)
def test_every_rfc_of_a_list_is_seen(text: str, numbers: set[str]) -> None:
    """Several RFCs named after one word count each; elements in brackets do not."""
    assert rfcs_in(text) == numbers


def test_every_format_has_its_map_of_every_column() -> None:
    """Each reader of a format has a section that says how each column is filled."""
    sections = STANDARDS.read_text("utf-8").split("\n### ")[1:]
    readers = {path.name for path in python_files(SOURCE / "collect" / "files") if _is_reader(path)}
    mapped = {
        name: set(re.findall(r"`(\w+)`", " ".join(FIRST_CELL.findall(section))))
        for section in sections
        for name in re.findall(r"collect/files/(\w+\.py)\)", section)
    }

    assert sorted(mapped) == sorted(readers)
    assert [name for name, columns in mapped.items() if columns != set(RECORDS.names)] == []


def rfcs_in(text: str) -> set[str]:
    """Give the numbers of all RFCs that *text* names, over line ends too."""
    joined = " ".join(text.split())
    return {
        number
        for names in RFC.findall(joined)
        for number in re.findall(r"\d{3,4}", re.sub(r"\([^)]*\)", "", names))
    }


def _is_reader(path: Path) -> bool:
    names = {node.name for node in parsed(path).body if isinstance(node, ast.FunctionDef)}
    return {"recognises", "read"} <= names


def _links(page: Path) -> list[str]:
    text = FENCED.sub("", page.read_text("utf-8"))
    targets = [first or second for first, second in LINK.findall(text)]
    return [target for target in targets if not re.match(r"[a-z]+:", target)]


def _resolves(page: Path, target: str) -> bool:
    path, _, anchor = target.partition("#")
    file = (page.parent / path).resolve() if path else page
    if not file.exists() or not file.is_relative_to(ROOT):
        return False
    return not anchor or anchor in _anchors(file)


def _anchors(page: Path) -> set[str]:
    """Give the anchors of a page's headings as forges make them of the text."""
    titles = HEADING.findall(FENCED.sub("", page.read_text("utf-8")))
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def _glossary() -> dict[str, str]:
    parts = re.split(r"^### +(.+?) *$", GLOSSARY.read_text("utf-8"), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))
