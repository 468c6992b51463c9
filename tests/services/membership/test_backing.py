"""Each line is counted by its own records with a server, over a window that an epoch ends."""

from collections.abc import Sequence

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from builders import NOON_MS, conversation, conversations, knock, remote, talk
from docket import service
from hinomi.engine.duckdb import DuckEngine
from hinomi.model.address import Address
from hinomi.model.service import Service
from hinomi.model.window import Window
from hinomi.services.membership.backing import days_of, lines_behind, lines_in, window_until
from household import DAY_MS
from surveys import Row, towards

FIRST, SECOND = "203.0.113.1", "203.0.113.2"
DAY = Window(NOON_MS, NOON_MS + DAY_MS)
ASKED = (service(FIRST), service(SECOND), service(FIRST, 8443))
OWN = Service(Address(1, 7), 6, 443, own=True)


@pytest.fixture(name="engine", scope="module")
def an_engine(tmp_path_factory: pytest.TempPathFactory) -> DuckEngine:
    """Give an engine; each query has its own table."""
    return DuckEngine(tmp_path_factory.mktemp("scratch"), memory_mib=512, threads=1)


def count(
    engine: DuckEngine, rows: Sequence[Row], services: Sequence[Service] = ASKED
) -> list[int]:
    """Count the lines behind *services*."""
    records = engine.keep_table(pa.Table.from_batches([conversations(rows)]))
    return [int(each) for each in lines_behind(engine, records, DAY, services)]


def test_lines_that_spoke_are_counted_once(engine: DuckEngine) -> None:
    """However often; at each server for itself, by address and port, in the order asked."""
    rows = [
        row
        for line, server in ((1, FIRST), (1, FIRST), (2, FIRST), (2, SECOND), (3, FIRST))
        for row in talk(line, server, NOON_MS + line)
    ]
    rows += talk(4, FIRST, remote_port=8443)

    assert count(engine, rows) == [3, 1, 1]
    assert count(engine, rows, ASKED[::-1]) == [1, 1, 3]
    assert count(engine, rows, ()) == []
    assert count(engine, []) == [0, 0, 0]


def test_an_own_server_is_met_by_its_pseudonym(engine: DuckEngine) -> None:
    """The same halves outside are another server."""
    rows = [row for line in (1, 2) for row in towards(line, 7, NOON_MS)]

    assert count(engine, rows, (OWN, Service(Address(1, 7), 6, 443))) == [2, 0]


def test_who_only_knocks_did_not_meet_it(engine: DuckEngine) -> None:
    """Its source may be forged."""
    assert count(engine, [knock(1, FIRST), *talk(2, FIRST)]) == [1, 0, 0]


def test_whom_the_server_called_did_not_call_it(engine: DuckEngine) -> None:
    """A packet says that the line is the service: a bare SYN from outside."""
    rows = [
        conversation(line_lo=1, **remote(FIRST), direction=1, tcp_flags=0x02, packets=2, bytes=90)
    ]

    assert count(engine, rows) == [0, 0, 0]


def test_the_window_is_half_open(engine: DuckEngine) -> None:
    """Its first moment counts, and the first one after it does not."""
    at = (NOON_MS - 1, NOON_MS, NOON_MS + DAY_MS - 1, NOON_MS + DAY_MS)
    rows = [row for line, time in enumerate(at) for row in talk(line, FIRST, time)]

    assert count(engine, rows) == [2, 0, 0]


def test_a_knock_of_the_day_before_is_not_made_a_meeting_by_a_word_of_today(
    engine: DuckEngine,
) -> None:
    """What is after the window does not tell what was in it."""
    rows = [knock(1, FIRST, NOON_MS), *talk(1, FIRST, NOON_MS + DAY_MS)]

    assert count(engine, rows) == [0, 0, 0]


RECORDS = st.builds(
    lambda server, port, line_port, direction, flags, packets, at, proto: conversation(
        **remote(server), remote_port=port, line_port=line_port, direction=direction,
        tcp_flags=flags, packets=packets, bytes=packets * 60, ts_ms=at, proto=proto,
    ),
    st.sampled_from([FIRST, SECOND, "203.0.113.3"]),
    st.sampled_from([443, 8443, 50_000]),
    st.sampled_from([22, 443, 40_000, 60_000]),
    st.sampled_from([0, 1]),
    st.sampled_from([-1, 0x02, 0x12, 0x10, 0x18, 0x04]),
    st.integers(1, 3),
    st.integers(NOON_MS - DAY_MS, NOON_MS + 2 * DAY_MS),
    st.sampled_from([1, 6, 17]),
)  # fmt: skip
LINES = st.dictionaries(st.integers(1, 6), st.lists(RECORDS, max_size=4), max_size=6)


@settings(max_examples=25)
@given(lines=LINES, one=st.lists(RECORDS, max_size=8))
def test_one_line_more_is_at_most_one_more_and_changes_no_other_count(
    engine: DuckEngine, lines: dict[int, list[Row]], one: list[Row]
) -> None:
    """Whatever it did: counts with it are the counts without, and its own on top."""
    others = [{**row, "line_lo": line} for line, rows in lines.items() for row in rows]
    its = [{**row, "line_lo": 9} for row in one]

    alone = count(engine, its)

    assert set(alone) <= {0, 1}
    assert count(engine, others + its) == [
        sum(both) for both in zip(count(engine, others), alone, strict=True)
    ]


@pytest.mark.parametrize(
    ("epoch_days", "window_days", "begins"), [(1, 14, 20 - 13), (7, 14, 7 * 20 - 7), (30, 14, 600)]
)
def test_the_last_day_of_the_window_is_that_of_the_epoch(
    epoch_days: int, window_days: int, begins: int
) -> None:
    """It is never shorter than an epoch."""
    found = window_until(20, epoch_days=epoch_days, window_days=window_days)

    assert found == Window(begins * DAY_MS, 21 * epoch_days * DAY_MS)


def test_lines_that_show_are_counted_once_as_far_as_anybody_asks(engine: DuckEngine) -> None:
    """By any record with the outside in the window, whatever their servers."""
    rows = [knock(1, FIRST), *talk(1, SECOND), *talk(2, FIRST), *talk(3, FIRST)]
    rows += [*talk(4, FIRST, NOON_MS - 1), *talk(5, FIRST, NOON_MS + DAY_MS)]
    records = engine.keep_table(pa.Table.from_batches([conversations(rows)]))

    assert [lines_in(engine, records, DAY, most=most) for most in (2, 3, 9)] == [2, 3, 3]


def test_a_line_that_visits_another_makes_one_line_show(engine: DuckEngine) -> None:
    """Between two own lines the record lies there once for each: neither shows by that alone."""
    there = conversation(line_lo=1, remote_own=1, remote_hi=1, remote_lo=7, direction=0)
    back = conversation(
        line_lo=7, line_port=443, remote_own=1, remote_hi=1, remote_lo=1, direction=1
    )
    rows = [there, back, *talk(1, FIRST)]
    records = engine.keep_table(pa.Table.from_batches([conversations(rows)]))

    assert lines_in(engine, records, DAY, most=9) == 1


@pytest.mark.parametrize(("epoch_days", "begins"), [(1, 20_000), (7, 140_000)])
def test_the_days_of_an_epoch_end_the_window_over_which_lines_count(
    epoch_days: int, begins: int
) -> None:
    """As long as an epoch is."""
    days = days_of(20_000, epoch_days=epoch_days)

    assert days == Window(begins * DAY_MS, (begins + epoch_days) * DAY_MS)
    assert days.until_ms == window_until(20_000, epoch_days=epoch_days, window_days=14).until_ms
