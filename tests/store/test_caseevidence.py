"""Names of sources; what every database does with evidence is in tests/contracts."""

from pathlib import Path

from casesteps import NOW_MS, said, service
from hinomi.store.casebook import open_casebook


def test_evidence_comes_as_it_is_read(tmp_path: Path) -> None:
    """It may be made while it is taken in, and nothing of it is held back until the end."""
    made = []

    with open_casebook(tmp_path / "casebook.sqlite") as book:
        statements = (said(reference=f"{each}") for each in range(3_000))
        new = book.evidence.add((made.append(each) or each for each in statements), NOW_MS)  # type: ignore[func-returns-value]  # To note it.

        assert (new, len(made), len(book.evidence.of(service()))) == (3_000, 3_000, 3_000)
