"""One stream's place in its sequence; how streams fare is tested with `sequence`."""

from collections import Counter

import pytest

from hinomi.collect.wire.sequences import places
from hinomi.collect.wire.sequences.places import LATE, LOST, Place, Trouble, rest, take
from hinomi.collect.wire.sets.groups import UNKNOWN_UPTIME
from hinomi.model.exporter import SequenceUnit

RECORDS = SequenceUnit.RECORDS


def a_place(following: int) -> Place:
    """Stand in an IPFIX stream before number *following*."""
    return Place(
        unit=RECORDS,
        following=following,
        last=following - 10,
        uptime_ms=UNKNOWN_UPTIME,
        count=0,
        constant=False,
        inclusive=False,
        trouble=Trouble(),
    )


@pytest.mark.parametrize(
    ("late", "gaps"),
    [
        ((100, 10), [(110, 20)]),
        ((120, 10), [(100, 20)]),
        ((105, 20), [(100, 5), (125, 5)]),
        ((100, 30), []),
    ],
)
def test_a_late_datagram_cuts_its_part_out_of_the_gap(
    late: tuple[int, int], gaps: list[tuple[int, int]]
) -> None:
    """What is left of the gap may still come."""
    place, tally = a_place(100), Counter[str]()

    take(place, 130, 10, UNKNOWN_UPTIME, tally)
    take(place, *late, UNKNOWN_UPTIME, tally)

    assert [gap[:2] for gap in place.trouble.gaps] == gaps
    assert tally[LOST[RECORDS]] - tally[LATE[RECORDS]] == 30 - late[1]


def test_a_datagram_larger_than_the_gap_does_not_fill_it() -> None:
    """It belongs to something else: the loss stands."""
    place, tally = a_place(100), Counter[str]()

    take(place, 105, 10, UNKNOWN_UPTIME, tally)
    take(place, 101, 9, UNKNOWN_UPTIME, tally)

    assert tally[places.OUT_OF_PLACE] == 1
    assert tally[LATE[RECORDS]] == 0


def test_what_came_as_foreseen_calms_a_stream() -> None:
    """Disorder of long ago does not add up with that of today."""
    place, tally = a_place(1000), Counter[str]()
    take(place, 900, 10, UNKNOWN_UPTIME, tally)
    disorder = place.trouble.disorder
    place.trouble.at = place.count

    place.count += 3
    rest(place)

    assert (disorder, place.trouble.disorder, place.trouble.run) == (4, 1, 0)


def test_reasons_are_words_and_different() -> None:
    """They are labels of metrics."""
    reasons = [
        *LOST.values(), *LATE.values(), *places.SEQUENCED.values(), places.LATE_DATAGRAMS,
        places.DUPLICATE, places.OUT_OF_PLACE, places.RESTARTED, places.CONSTANT,
        places.INTERLEAVED, places.INCLUSIVE,
    ]  # fmt: skip

    assert len(set(reasons)) == len(reasons)
    assert all(reason.replace("-", "").isalpha() and reason.islower() for reason in reasons)
