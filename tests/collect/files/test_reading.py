"""Options and tallies start with nothing assumed."""

from hinomi.collect.files.reading import ReadOptions, Tally
from hinomi.model.flow import UNKNOWN_INTERVAL


def test_an_interval_is_never_assumed() -> None:
    """Unknown sampling is unknown, not 1; malformed rows stop an import."""
    options = ReadOptions()

    assert options.sampling_interval == UNKNOWN_INTERVAL
    assert options.exporter is None
    assert not options.keep_good


def test_a_note_of_nothing_is_no_note() -> None:
    """Only what happened is told."""
    tally = Tally()
    tally.note("x", 0)
    tally.note("y", 2)
    tally.note("y", 1)

    assert tally.notes == {"y": 3}


def test_tallies_do_not_share_their_counters() -> None:
    """Each file is counted by itself."""
    one, other = Tally(), Tally()
    one.dropped["not-ip"] += 1
    one.notes["x"] += 1

    assert not other.dropped
    assert not other.notes
