"""What was met well before an infection showed is told from what came with it."""

from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hinomi.detect import suspects
from hinomi.detect.columns import ints, keys, positions
from hinomi.detect.onset import SETTLED_MS, SLACK_MS, Order, order_of
from hinomi.detect.orient import LINE
from hinomi.detect.suspects import Evidence

DAY = SETTLED_MS
HOUR = 3_600_000


def lines_of(*numbers: int) -> pa.Table:
    """Give lines by number."""
    return pa.table(
        {
            "line_hi": pa.array([1] * len(numbers), pa.int64()),
            "line_lo": pa.array(numbers, pa.int64()),
        }
    )


def with_columns(table: pa.Table, **columns: list[int]) -> pa.Table:
    """Add whole numbers."""
    for name, column in columns.items():
        table = table.append_column(name, pa.array(column, pa.int64()))
    return table


@dataclass
class Story:
    """What suspected lines did, and when."""

    scans: dict[int, int] = field(default_factory=dict)  # First probe of port 23, by line.
    met: list[tuple[int, int]] = field(default_factory=list)  # Line, first contact.
    taught: list[bool] = field(default_factory=list)  # Contacts with listed C&Cs.
    listed: tuple[int, ...] = ()  # On an external list.

    def order(self) -> Order:
        """Compare contacts with onsets."""
        scanned = with_columns(lines_of(*self.scans), remote_port=[23] * len(self.scans))
        taught = self.taught or [False] * len(self.met)
        known = sorted({line for (line, _), is_cc in zip(self.met, taught, strict=True) if is_cc})
        found = suspects.gather(
            {
                Evidence.SCAN: scanned,
                Evidence.KNOWN: lines_of(*known),
                Evidence.LISTED: lines_of(*self.listed),
            }
        )
        probed = with_columns(scanned, first_ms=list(self.scans.values()))
        pairs = with_columns(
            lines_of(*(line for line, _ in self.met)), first_ms=[at for _, at in self.met]
        )
        who = positions(keys(pairs, LINE), found.line)
        return order_of(found, probed, ints(pairs, "first_ms"), who, np.array(taught, dtype=bool))


def test_what_came_days_before_the_first_probe_came_before() -> None:
    """A line seen for three days begins to scan: of its services those of the first days."""
    story = Story(scans={1: 3 * DAY}, met=[(1, 0), (1, 2 * DAY), (1, 3 * DAY), (1, 4 * DAY)])

    order = story.order()

    assert order.tells.all()
    assert order.before.tolist() == [True, True, False, False]


def test_a_contact_hours_before_means_nothing() -> None:
    """Sampling shows the first probe late."""
    story = Story(scans={1: 3 * DAY}, met=[(1, 0), (1, 3 * DAY - SLACK_MS), (1, 3 * DAY - HOUR)])

    assert story.order().before.tolist() == [True, False, False]


def test_a_line_that_scans_from_the_start_tells_nothing() -> None:
    """Nobody saw it before it was infected."""
    story = Story(scans={1: DAY // 2}, met=[(1, 0), (1, 2 * DAY)])

    assert not story.order().tells.any()


def test_meeting_a_listed_cc_shows_the_infection() -> None:
    """Its first contact is the onset, and the earlier of two kinds counts."""
    met = [(1, 0), (1, 2 * DAY), (1, 5 * DAY)]
    listed = Story(met=met, taught=[False, True, False])
    both = Story(scans={1: 4 * DAY}, met=met, taught=[False, True, False])

    for story in (listed, both):
        assert story.order().tells.all()
        assert story.order().before.tolist() == [True, False, False]


def test_lists_and_other_ports_show_no_onset() -> None:
    """On a list since ever; probes of a port it is not suspected for."""
    listed = Story(met=[(1, 0), (1, 3 * DAY)], listed=(1,))
    assert not listed.order().tells.any()

    found = suspects.gather({Evidence.SCAN: with_columns(lines_of(1), remote_port=[23])})
    probed = with_columns(lines_of(1), remote_port=[80], first_ms=[3 * DAY])
    pairs = with_columns(lines_of(1), first_ms=[0])
    nothing = np.zeros(1, dtype=bool)
    order = order_of(found, probed, ints(pairs, "first_ms"), np.zeros(1, dtype=np.int64), nothing)
    assert not order.tells.any()


@pytest.mark.parametrize("probing", [(), (7,)])
def test_without_suspects_there_is_no_order(probing: tuple[int, ...]) -> None:
    """Lines may probe without being suspected of anything."""
    found = suspects.gather({Evidence.LISTED: lines_of()})
    count = len(probing)
    probed = with_columns(lines_of(*probing), remote_port=[23] * count, first_ms=[DAY] * count)
    pairs = with_columns(lines_of(), first_ms=[])

    order = order_of(
        found, probed, ints(pairs, "first_ms"), np.zeros(0, np.int64), np.zeros(0, dtype=bool)
    )

    assert order.tells.shape == order.before.shape == (0,)


@given(
    onset=st.integers(0, 9 * DAY),
    met=st.lists(st.integers(0, 9 * DAY), min_size=1, max_size=8),
    later=st.integers(0, 30 * DAY),
)
def test_the_clock_may_start_anywhere(onset: int, met: list[int], later: int) -> None:
    """Only differences of times count, and one line says nothing of another."""
    shifted = [at + later for at in met]
    one = Story(scans={1: onset}, met=[(1, at) for at in met]).order()
    two = Story(
        scans={1: onset + later, 2: later}, met=[*((1, at) for at in shifted), (2, 0)]
    ).order()

    assert two.tells[:-1].tolist() == one.tells.tolist()
    assert two.before[:-1].tolist() == one.before.tolist()
    assert one.tells.all() == (onset - min(met) >= SETTLED_MS)
