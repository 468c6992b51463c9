"""Losses by sequence number: what the exporters sent less what arrived."""

import random
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import NOON_MS
from hinomi.collect.wire.ledger import Ledger
from hinomi.collect.wire.sequences.places import (
    CONSTANT,
    DUPLICATE,
    INTERLEAVED,
    LATE,
    LATE_DATAGRAMS,
    LOST,
    OUT_OF_PLACE,
    RESTARTED,
    SEQUENCED,
)
from hinomi.collect.wire.sequences.sequence import KEPT_MS, UNIT_OF, Sequences
from hinomi.collect.wire.sets.groups import UNKNOWN_UPTIME, Headers
from hinomi.collect.wire.streams import NO_STREAM, Stream, Streams
from hinomi.model.exporter import SequenceUnit

DATAGRAMS, RECORDS = SequenceUnit.DATAGRAMS, SequenceUnit.RECORDS
MODULUS: Final = 2**32


class Sent(NamedTuple):
    """One datagram's header."""

    sequence: int
    units: int = 1
    stream: int = 0
    uptime_ms: int = UNKNOWN_UPTIME


class Watch:
    """Sequences of a few streams, one for each source, and what they counted."""

    def __init__(self, version: int = 9, streams: int = 1) -> None:
        self.version, self.streams = version, streams
        known = Streams()
        for source in range(streams):
            known.number(Stream(source, version, 0))
        self.sequences = Sequences(known)
        self.ledger = Ledger()

    def after_restart(self) -> "Watch":
        """Give another collector, which goes on where this one ended."""
        watch = Watch(self.version, self.streams)
        watch.sequences.restore(self.sequences.snapshot())
        return watch

    def observe(self, sent: Sequence[Sent], *, at_ms: int = NOON_MS) -> None:
        """Take in one batch."""
        stream = np.array([each.stream for each in sent], np.int32)
        zeros = np.zeros(len(sent), np.int64)
        headers = Headers(
            source=stream,
            domain=zeros,
            stream=stream,
            sequence=np.array([each.sequence % MODULUS for each in sent], np.int64),
            export_ms=zeros,
            uptime_ms=np.array([each.uptime_ms for each in sent], np.int64),
            arrived_ms=zeros + at_ms,
        )
        self.sequences.observe(headers, np.array([each.units for each in sent]), self.ledger)

    def counts(self, source: int = 0) -> dict[str, int]:
        """Give what was counted, without what came to nothing."""
        return {reason: count for reason, count in self.ledger.counts[source].items() if count}


def in_order(first: int, number: int, units: int = 1, **rest: int) -> list[Sent]:
    """Number datagrams one after the other."""
    return [Sent(first + place * units, units, **rest) for place in range(number)]


@given(
    seed=st.integers(0, 2**32),
    start=st.sampled_from([0, 5, MODULUS - 200, MODULUS - 1]),
    version=st.sampled_from([0, 5, 9, 10]),
    loss=st.floats(0, 0.4),
    delay=st.integers(0, 20),
    streams=st.integers(1, 3),
)
def test_what_is_lost_is_what_was_sent_and_never_came(
    *, seed: int, start: int, version: int, loss: float, delay: int, streams: int
) -> None:
    """Whatever the order, the loss, the batches and the wrap at 2^32."""
    chance = random.Random(seed)  # noqa: S311 - not for secrets.
    unit = UNIT_OF[version]
    arrivals, expected = [], []
    for stream in range(streams):
        sent, sequence = [], start
        for _ in range(150):
            units = 1 if unit is DATAGRAMS else chance.randint(0 if version == 10 else 1, 30)
            sent.append(Sent(sequence, units, stream))
            sequence += units
        kept = [0, *(at for at in range(1, 150) if chance.random() >= loss)]
        late = {at: at + chance.randint(0, delay) for at in kept[1:]} | {0: -1}
        arrivals += [(late[at], stream, sent[at]) for at in sorted(kept, key=late.__getitem__)]
        came = sum(sent[at].units for at in kept)
        begun = sum(each.units for each in sent[: kept[-1] + 1])
        expected.append((came, begun - came))

    watch = Watch(version, streams)
    ordered = [each for _, _, each in sorted(arrivals, key=lambda arrival: arrival[0])]
    for batch in cut(ordered, chance):
        watch.observe(batch)

    for stream, (came, lost) in enumerate(expected):
        counts = Counter(watch.counts(stream))
        assert counts[SEQUENCED[unit]] == came
        assert counts[LOST[unit]] - counts[LATE[unit]] == lost
        assert not counts.keys() & {RESTARTED, DUPLICATE, CONSTANT, INTERLEAVED, OUT_OF_PLACE}


def cut(sent: Sequence[Sent], chance: random.Random) -> Iterable[Sequence[Sent]]:
    """Cut arrivals into batches of random sizes."""
    at = 0
    while at < len(sent):
        past = at + chance.randint(1, 60)
        yield sent[at:past]
        at = past


def test_units_are_those_of_the_protocol() -> None:
    """NetFlow v5 counts flows, v9 and sFlow datagrams, IPFIX data records (robustness case 17)."""
    for version, unit in ((5, "flows"), (9, "datagrams"), (0, "datagrams"), (10, "records")):
        watch = Watch(version)

        watch.observe([Sent(100, 7), Sent(107, 7), Sent(121, 7)])

        assert watch.counts() == {f"sequenced-{unit}": 21, f"lost-{unit}": 7}


def test_a_late_datagram_gives_back_what_was_counted_lost() -> None:
    """In a batch of its own as well; its records came, and nothing is missing."""
    watch = Watch(10)

    for each in (Sent(0, 10), Sent(30, 10), Sent(10, 10), Sent(20, 10), Sent(40, 10)):
        watch.observe([each])

    assert watch.counts() == {
        SEQUENCED[RECORDS]: 50, LOST[RECORDS]: 20, LATE[RECORDS]: 20, LATE_DATAGRAMS: 2,
    }  # fmt: skip


def test_a_duplicate_is_no_unit_and_no_loss() -> None:
    """Each datagram twice, as a mirrored port sends them: counted, and nothing else changes."""
    watch = Watch(10)
    sent = [each for each in in_order(0, 200, units=3) for _ in range(2)]

    watch.observe(sent)

    assert watch.counts() == {SEQUENCED[RECORDS]: 600, DUPLICATE: 200}


def test_an_older_duplicate_is_out_of_place() -> None:
    """A datagram that comes again after others fits nowhere."""
    watch = Watch()

    watch.observe([*in_order(0, 50), Sent(30), *in_order(50, 50)])

    assert watch.counts() == {SEQUENCED[DATAGRAMS]: 100, OUT_OF_PLACE: 1}


@pytest.mark.parametrize("restart", [0, 3, 900_000, 2**31 + 7])
def test_a_restart_is_no_loss(restart: int) -> None:
    """An uptime that began anew says so, whatever number the sequence begins with."""
    watch = Watch()

    watch.observe(in_order(2_000, 10, uptime_ms=5_000_000))
    watch.observe(in_order(restart, 10, uptime_ms=400))

    assert watch.counts() == {SEQUENCED[DATAGRAMS]: 20, RESTARTED: 1}


@pytest.mark.parametrize(("restart", "missed"), [(0, 1), (1_990 * 5, 3), (2**31 + 7, 1)])
def test_a_restart_without_uptime_is_told_by_its_continuation(restart: int, missed: int) -> None:
    """IPFIX has none: one number far back may be a stray, two in a row are a new beginning."""
    watch = Watch(10)

    watch.observe([*in_order(10_000, 20, units=5), *in_order(restart, 20, units=5)])

    assert watch.counts() == {
        SEQUENCED[RECORDS]: (40 - missed) * 5, RESTARTED: 1, OUT_OF_PLACE: missed,
    }  # fmt: skip


def test_uptime_that_runs_over_is_no_restart() -> None:
    """After 49.7 days it begins at 0 again: a gap there is a loss (robustness case 14)."""
    watch = Watch()

    watch.observe([Sent(7, uptime_ms=2**32 - 5), Sent(10, uptime_ms=900)])

    assert watch.counts() == {SEQUENCED[DATAGRAMS]: 2, LOST[DATAGRAMS]: 2}


def test_one_stray_number_changes_nothing() -> None:
    """A single datagram from far away, before or behind, neither restarts nor costs millions."""
    for stray in (2**31, 5, 900_000):
        watch = Watch()

        watch.observe([*in_order(10_000, 50), Sent(stray), *in_order(10_050, 50)])

        counts = Counter(watch.counts())
        assert counts[LOST[DATAGRAMS]] == 0
        assert counts[SEQUENCED[DATAGRAMS]] >= 98


def test_an_exporter_that_never_counts_is_recognised() -> None:
    """Sequence numbers that are always 0 claim no loss (robustness case 17)."""
    watch = Watch(5)

    for _ in range(40):
        watch.observe([Sent(0, 30), Sent(0, 30)])

    assert watch.counts() == {SEQUENCED[SequenceUnit.FLOWS]: 30, DUPLICATE: 4, CONSTANT: 75}


def test_an_exporter_that_begins_to_count_is_believed() -> None:
    """After an upgrade its numbers run: they are taken from there."""
    watch = Watch()
    watch.observe([Sent(0)] * 20)

    watch.observe([*in_order(70, 10), *in_order(83, 10)])

    counts = watch.counts()
    assert (counts[SEQUENCED[DATAGRAMS]], counts[LOST[DATAGRAMS]]) == (21, 3)


@pytest.mark.parametrize("other", [7, 150, 40_000, 5_000_000, 2**31])
@pytest.mark.parametrize("burst", [1, 2, 3])
def test_several_processes_behind_one_address_claim_no_loss(other: int, burst: int) -> None:
    """Two sequences that alternate in one stream are recognised and said (robustness case 17)."""
    watch = Watch()
    one, two = in_order(1_000, 600), in_order(1_000 + other, 600)
    sent = [
        each
        for at in range(0, 600, burst)
        for each in (*one[at : at + burst], *two[at : at + burst])
    ]

    for batch in cut(sent, random.Random(burst)):  # noqa: S311 - not for secrets.
        watch.observe(batch)
    watch.sequences.settle(watch.ledger)

    counts = Counter(watch.counts())
    assert counts[INTERLEAVED] > 800
    assert counts[LOST[DATAGRAMS]] - counts[LATE[DATAGRAMS]] <= 0


def test_a_stream_that_comes_to_order_is_believed_again() -> None:
    """When one of two processes ends, the losses of the other count again."""
    watch = Watch()
    pairs = zip(in_order(0, 100), in_order(70_000, 100), strict=True)
    mixed = [each for pair in pairs for each in pair]
    watch.observe(mixed)
    watch.observe(in_order(100, 100))
    before = Counter(watch.counts())

    watch.observe([Sent(200), Sent(205)])

    after = Counter(watch.counts())
    after.subtract(before)
    assert {reason: count for reason, count in after.items() if count} == {
        SEQUENCED[DATAGRAMS]: 2, LOST[DATAGRAMS]: 4,
    }  # fmt: skip


@pytest.mark.parametrize("batch", [1, 7, 100])
def test_numbers_that_count_their_own_datagram_are_recognised(batch: int) -> None:
    """Softflowd's IPFIX does: nothing seems lost for long, and real losses are told."""
    watch = Watch(10)
    chance = random.Random(batch)  # noqa: S311 - not for secrets.
    sent, total = [], 0
    for _ in range(300):
        units = chance.randint(0, 33)
        total += units
        sent.append(Sent(total, units))
    sent[150:152] = [sent[150]._replace(units=-1), sent[151]]
    came = [*sent[:200], *sent[201:]]
    for at in range(0, len(came), batch):
        watch.observe(came[at : at + batch])

    counts = Counter(watch.counts())
    assert counts["sequence-inclusive"] == 1
    assert counts[LOST[RECORDS]] - counts[LATE[RECORDS]] == sent[200].units
    assert counts[SEQUENCED[RECORDS]] >= total - sum(each.units for each in sent[:12]) - 66


def test_a_wide_gap_is_claimed_when_the_stream_goes_on_behind_it() -> None:
    """Thousands lost at once are believed after 32 datagrams, or when collection ends."""
    watch = Watch()

    watch.observe([*in_order(0, 10), *in_order(5_010, 20)])
    early = watch.counts()
    watch.observe(in_order(5_030, 20))

    assert LOST[DATAGRAMS] not in early
    assert watch.counts() == {SEQUENCED[DATAGRAMS]: 50, LOST[DATAGRAMS]: 5_000}

    watch.observe([Sent(9_050)])
    watch.sequences.settle(watch.ledger)
    assert watch.counts()[LOST[DATAGRAMS]] == 9_000


def test_a_late_datagram_makes_a_wide_gap_smaller() -> None:
    """Order may be lost at the edge of an outage as well."""
    watch = Watch()

    watch.observe([*in_order(0, 10), Sent(5_011), Sent(5_010), *in_order(5_012, 40)])

    assert watch.counts() == {
        SEQUENCED[DATAGRAMS]: 52, LOST[DATAGRAMS]: 5_000, LATE_DATAGRAMS: 1,
    }  # fmt: skip


def test_a_datagram_of_unknown_units_is_a_new_beginning() -> None:
    """Without its template nobody knows what it counted: the gap behind it is not claimed."""
    watch = Watch(10)

    watch.observe([Sent(0, 10), Sent(15, -1), Sent(90, 10), Sent(100, 10)])

    assert watch.counts() == {SEQUENCED[RECORDS]: 30, LOST[RECORDS]: 5}


def test_streams_beyond_the_limit_are_left_alone() -> None:
    """They have no number and no place here."""
    watch = Watch()

    watch.observe([Sent(0, stream=NO_STREAM), Sent(5), Sent(9, stream=NO_STREAM), Sent(6)])
    watch.observe([])
    watch.observe([Sent(0, stream=NO_STREAM)])

    assert watch.counts() == {SEQUENCED[DATAGRAMS]: 2}


@pytest.mark.parametrize("missed", [0, 1, 63, 64, 65, 10_000, 1_000_000])
@pytest.mark.parametrize("version", [5, 9, 10])
def test_what_was_sent_while_no_collector_ran_is_lost(version: int, missed: int) -> None:
    """The next run knows where each stream stood, and claims the gap as it claims any other."""
    unit = UNIT_OF[version]
    units = 1 if unit is DATAGRAMS else 7
    before = Watch(version, 2)
    before.observe(in_order(MODULUS - 40, 10, units, uptime_ms=50_000))

    after = before.after_restart()
    first = MODULUS - 40 + (10 + missed) * units
    after.observe(in_order(first, 50, units, uptime_ms=90_000))
    after.observe(in_order(5, 3, units, stream=1))  # Not heard of before.

    lost = {LOST[unit]: missed * units} if missed else {}
    assert after.counts() == {SEQUENCED[unit]: 50 * units} | lost
    assert after.counts(1) == {SEQUENCED[unit]: 3 * units}


def test_an_exporter_that_restarted_meanwhile_lost_nothing_that_is_known() -> None:
    """Its uptime went back: where its sequence stood says nothing any more."""
    before = Watch()
    before.observe(in_order(500, 10, uptime_ms=900_000))

    after = before.after_restart()
    after.observe(in_order(600, 50, uptime_ms=20_000))

    assert after.counts() == {SEQUENCED[DATAGRAMS]: 50, RESTARTED: 1}


@pytest.mark.parametrize(("away_ms", "lost"), [(KEPT_MS, 5), (KEPT_MS + 1, 0)])
def test_places_are_forgotten_after_a_day(away_ms: int, lost: int) -> None:
    """Later the number may have come round: nothing is claimed."""
    before = Watch()
    before.observe(in_order(0, 10))

    after = before.after_restart()
    after.observe(in_order(15, 50), at_ms=NOON_MS + away_ms)
    after.observe(in_order(65, 50), at_ms=NOON_MS + 2 * away_ms)  # Heard of: no longer doubted.

    assert after.counts().get(LOST[DATAGRAMS], 0) == lost
    assert after.counts()[SEQUENCED[DATAGRAMS]] == 100


def test_of_two_places_of_a_stream_the_later_one_counts() -> None:
    """Whichever file of an earlier worker is read last."""
    older, newer = Watch(), Watch()
    older.observe(in_order(0, 10))
    newer.observe(in_order(0, 20), at_ms=NOON_MS + 1)

    after = Watch()
    for each in (newer, older):
        after.sequences.restore(each.sequences.snapshot())
    after.observe(in_order(23, 2), at_ms=NOON_MS + 2)

    assert after.counts()[LOST[DATAGRAMS]] == 3


def test_how_a_stream_counts_is_remembered() -> None:
    """What never counts, and what counts its own datagram, is not to be found out again."""
    constant = Watch(9)
    constant.observe([Sent(7)] * 20)
    inclusive = Watch(10)
    inclusive.observe([Sent(sum(range(1, n + 1)), n) for n in range(1, 40)])

    constant, inclusive = constant.after_restart(), inclusive.after_restart()
    constant.observe([Sent(7)] * 5)
    inclusive.observe([Sent(sum(range(1, n + 1)), n) for n in range(41, 60)])

    assert constant.counts() == {CONSTANT: 5}
    assert inclusive.counts() == {SEQUENCED[RECORDS]: sum(range(41, 60)), LOST[RECORDS]: 40}


def test_streams_of_several_processes_are_not_kept() -> None:
    """Their numbers say nothing: the next run finds that out anew."""
    watch = Watch()
    chance = random.Random(3)  # noqa: S311 - a shuffle, no secret.
    both = [Sent(place, uptime_ms=1) for place in range(200)]
    both += [Sent(5_000_000 + place, uptime_ms=1) for place in range(200)]
    chance.shuffle(both)
    watch.observe(both)

    assert watch.counts()[INTERLEAVED]
    assert watch.sequences.snapshot() == []
