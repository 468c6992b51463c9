"""Clocks score 1, chance 0.33, bursts 0; contacts are connections, not records."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import HOUR_MS, NOON_MS, Open, conversation, remote, talk
from hinomi.detect import beacon, measures, orient
from hinomi.detect.beacon import POISSON_REGULARITY, Rhythm, regularity, rhythm
from hinomi.engine.duckdb import DuckEngine

SYN, ACK, PSH, RST = 0x02, 0x10, 0x08, 0x04
OUT, IN = 0, 1
SERVER = "198.51.100.7"


@given(period_ms=st.integers(1, 86_400_000), contacts=st.integers(4, 200))
def test_a_perfect_clock_scores_one(period_ms: int, contacts: int) -> None:
    """Any constant period scores 1, however long the period."""
    starts_ms = np.arange(contacts, dtype=np.int64) * period_ms

    assert regularity(starts_ms) == 1.0


@given(gaps=st.lists(st.integers(0, 10**9), min_size=3, max_size=60))
def test_regularity_is_between_nothing_and_one(gaps: list[int]) -> None:
    """Whatever the gaps: 0 to 1."""
    score = regularity(np.cumsum([NOON_MS, *gaps]))

    assert score is not None
    assert 0.0 <= score <= 1.0


@given(
    gaps=st.lists(st.integers(0, 10**6), min_size=3, max_size=40),
    shift=st.integers(0, 10**12),
    scale=st.integers(1, 1_000),
)
def test_regularity_knows_no_unit(gaps: list[int], shift: int, scale: int) -> None:
    """Neither the date nor the length of the period matters."""
    starts = np.cumsum([0, *gaps])

    assert regularity(starts * scale + shift) == pytest.approx(regularity(starts))


def test_chance_scores_a_third() -> None:
    """Contacts at random moments score what the constant says, within 0.02."""
    gaps_ms = np.random.default_rng(1).exponential(60_000, 100_000)

    score = regularity(np.cumsum(gaps_ms).astype(np.int64))

    assert score == pytest.approx(POISSON_REGULARITY, abs=0.02)


def test_jitter_lies_between_chance_and_a_clock() -> None:
    """A tenth of jitter scores above nine tenths."""
    gaps_ms = np.random.default_rng(2).uniform(54_000, 66_000, 5_000)

    score = regularity(np.cumsum(gaps_ms).astype(np.int64))

    assert score is not None
    assert 0.9 < score < 1.0


def test_pauses_of_the_host_are_no_fault_of_the_clock() -> None:
    """Nights without contacts leave a clock a clock."""
    day = np.arange(0, 8 * HOUR_MS, 60_000)

    assert regularity(np.concatenate([day, day + 24 * HOUR_MS])) == 1.0


def test_simultaneous_contacts_are_a_burst() -> None:
    """Mostly no gap at all: 0."""
    assert regularity(np.array([5, 5, 5, 5, 9])) == 0.0


@pytest.mark.parametrize("contacts", range(4))
def test_too_few_contacts_say_nothing(contacts: int) -> None:
    """Below four contacts there is no answer."""
    assert regularity(np.arange(contacts)) is None


@pytest.mark.parametrize("starts", [np.array([3, 2, 1, 0]), np.zeros((4, 4), dtype=np.int64)])
def test_times_out_of_order_are_the_callers_bug(
    starts: np.ndarray[tuple[int, ...], np.dtype[np.int64]],
) -> None:
    """Start times are an ascending vector."""
    with pytest.raises(ValueError, match="ascending"):
        regularity(starts)


def described(*rows: tuple[int, int, int, int, int, int], proto: int = 6) -> Rhythm:
    """Describe records given as port, start, duration, direction, flags and bytes."""
    columns = np.array(rows, dtype=np.int64).T
    return rhythm(
        proto=proto,
        line_port=columns[0],
        starts_ms=columns[1],
        durations_ms=columns[2],
        direction=columns[3],
        flags=columns[4],
        size_bytes=columns[5],
    )


def test_records_of_one_connection_are_one_contact() -> None:
    """Two directions and the parts of a cut record, on one port, are rejoined."""
    found = described(
        (40_000, 0, 60_000, OUT, ACK | PSH, 300),
        (40_000, 10, 60_000, IN, ACK | PSH, 500),
        (40_000, 60_500, 60_000, OUT, ACK | PSH, 300),
        (40_000, 121_000, 1_000, IN, ACK | PSH, 100),
    )

    assert (found.contacts, found.failed) == (1, 0)
    assert (found.span_ms, found.held_ms) == (122_000, 122_000)
    assert (found.bytes_per_contact, found.answer_bytes) == (1_200, 600)


def test_another_port_or_a_long_pause_is_another_contact() -> None:
    """What begins over a minute after the last end, or on another port, is new."""
    found = described(
        (40_000, 0, 1_000, OUT, ACK, 100),
        (40_001, 500, 1_000, OUT, ACK, 100),
        (40_000, 62_000, 1_000, OUT, ACK, 100),
        (40_000, 124_001, 1_000, OUT, ACK, 100),
    )

    assert found.contacts == 3
    assert found.held_ms == 63_000


@pytest.mark.parametrize(
    ("direction", "flags", "failed"),
    [
        (OUT, SYN, 1),  # Knocked, nobody answered.
        (IN, RST, 1),  # Refused.
        (IN, RST | ACK, 1),
        (IN, SYN | ACK, 0),
        (IN, ACK | PSH, 0),
        (IN, SYN | ACK | RST, 0),  # Answered, later reset.
        (OUT, ACK | PSH, 0),  # Data is sent into an open connection only.
        (IN, -1, 0),
    ],
)
def test_only_an_answer_makes_a_contact_succeed(direction: int, flags: int, failed: int) -> None:
    """Silence and bare resets are failures; anything the service takes part in is none."""
    assert described((40_000, 0, 0, direction, flags, 60)).failed == failed


@pytest.mark.parametrize(("direction", "failed"), [(OUT, 1), (IN, 0)])
def test_without_tcp_an_answer_is_a_packet_back(direction: int, failed: int) -> None:
    """UDP: a packet from the service."""
    assert described((40_000, 0, 0, direction, -1, 60), proto=17).failed == failed


def test_a_clock_is_described_as_one() -> None:
    """Ten equal contacts a minute apart: period, regularity and sameness."""
    rows = [(40_000 + at, at * 60_000, 100, OUT, ACK | PSH, 300) for at in range(10)]

    found = described(*rows)

    assert (found.contacts, found.period_ms, found.regularity) == (10, 60_000, 1.0)
    assert found.sameness == 1.0
    assert found.span_ms == 9 * 60_000 + 100


def test_below_four_contacts_there_is_no_period() -> None:
    """Period and regularity are 0 where nothing can be said."""
    found = described((40_000, 0, 0, OUT, ACK, 60), (40_001, 9, 0, OUT, ACK, 60))

    assert (found.period_ms, found.regularity) == (0.0, 0.0)


@given(sizes=st.lists(st.integers(0, 10**7), min_size=1, max_size=30))
def test_sameness_is_between_nothing_and_one(sizes: list[int]) -> None:
    """Identical sizes give 1, whatever differs gives less, never below 0."""
    rows = [(at, at * 100_000, 0, OUT, ACK, size) for at, size in enumerate(sizes)]

    same = described(*rows).sameness

    assert 0.0 <= same <= 1.0
    if len(set(sizes)) == 1 and sizes[0] > 0:
        assert same == 1.0


def test_only_pairs_that_come_back_are_looked_at(engine: DuckEngine, opened: Open) -> None:
    """Four records or more, or over a minute apart; and the line itself sent something."""
    rows = talk(1, SERVER)
    rows += talk(2, SERVER) + talk(2, SERVER, NOON_MS + 100)
    rows += [*talk(3, SERVER), talk(3, SERVER, NOON_MS + 61_000)[0]]
    rows += [conversation(**remote(SERVER), line_lo=4, direction=IN) for _ in range(9)]
    spoken = orient.conversing(opened(rows))

    pair = measures.pairs(spoken.mutate(votes=(spoken.proto > 0).cast("int64")))
    chosen = engine.fetch(beacon.repeated(pair))

    assert sorted(chosen["line_lo"].to_pylist()) == [2, 3]


def test_contacts_come_ordered_and_dense_enough(engine: DuckEngine, opened: Open) -> None:
    """Ordered by pair and time; records sampled too thinly or of unknown interval are out."""
    rows = [
        *talk(2, SERVER, NOON_MS + 9),
        *talk(2, SERVER, NOON_MS),
        *talk(1, SERVER, NOON_MS + 5, sampling_interval=10),
        *talk(1, SERVER, sampling_interval=11),
        *talk(1, SERVER, sampling_interval=0),
        *talk(3, SERVER),
    ]
    records = opened(rows)
    chosen = records.filter(records.line_lo < 3).select(*orient.SERVICE, *orient.LINE).distinct()

    found = engine.fetch(beacon.contacts(records, chosen)).to_pylist()

    assert [(row["line_lo"], row["ts_ms"] - NOON_MS) for row in found] == [
        (1, 5), (1, 5), (2, 0), (2, 0), (2, 9), (2, 9),
    ]  # fmt: skip
