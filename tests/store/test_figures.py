"""Figures of a lake, from its manifest alone."""

from hinomi.store.figures import removed, statistics_of
from hinomi.store.manifest import BatchEntry, FileEntry, State

FILES = [FileEntry("a", 5, 2, 50, 60, 0, "1"), FileEntry("b", 5, 3, 40, 55, 0, "1")]


def test_an_empty_lake_has_no_first_and_no_last_record() -> None:
    """None, which is not the year 1970."""
    found = statistics_of(State())

    assert (found.rows, found.files, found.batches) == (0, 0, 0)
    assert (found.first_ms, found.last_ms) == (None, None)


def test_a_lake_reaches_from_its_first_record_to_its_last() -> None:
    """Whatever the order of its files."""
    state = State(
        files={file.path: file for file in FILES}, batches={"x": BatchEntry("x", 5, 0, 5)}
    )

    found = statistics_of(state)

    assert (found.rows, found.files, found.batches) == (5, 2, 1)
    assert (found.first_ms, found.last_ms) == (40, 60)


def test_hours_are_counted_once() -> None:
    """Two files of one hour are one hour."""
    found = removed(FILES)

    assert (found.hours, found.rows, found.files) == (1, 5, 2)
