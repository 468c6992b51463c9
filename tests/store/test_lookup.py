"""How lists are asked; what every database answers is in tests/contracts."""

from pathlib import Path

from casesteps import service
from hinomi.model.listed import ListEntry, ListKind
from hinomi.store.casebook import open_casebook


def test_an_entry_is_told_with_its_list(tmp_path: Path) -> None:
    """Kind, source and the entry as it was put."""
    entry = ListEntry(base=service().address, proto=6, port=443, label="家族")
    with open_casebook(tmp_path / "casebook.sqlite") as book:
        book.lists.replace(ListKind.SINKHOLES, "feed", [entry], sha256="a", added_ms=5)
        (told,) = book.listed.about(service())

    assert (told.kind, told.source, told.entry) == (ListKind.SINKHOLES, "feed", entry)
    assert (told.since_ms, told.until_ms, told.confirmed_ms) == (5, None, 5)
