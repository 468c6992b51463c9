"""Opening the embedded case book; what every one does is shown in tests/contracts."""

from pathlib import Path

from hinomi.store.casebook import open_casebook


def test_a_case_book_is_made_where_there_is_none(tmp_path: Path) -> None:
    """With its folder; what was written is there when it is opened again."""
    path = tmp_path / "home" / "casebook.sqlite"
    with open_casebook(path) as book:
        book.exporter_number("edge1")

    with open_casebook(path) as book:
        assert book.exporters() == {1: "edge1"}
