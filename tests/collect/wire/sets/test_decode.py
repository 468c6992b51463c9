"""The decoder of NetFlow v9 and IPFIX as a whole: batches in, groups and counts out."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exporting import (
    V4_FLOW,
    VARIABLE,
    Field,
    Value,
    data,
    flow_set,
    flows,
    ipfix,
    options_template,
    template,
    v4_flow,
    v9,
    withdrawal,
)
from hinomi.collect.wire.datagrams import SPARE_BYTES, Datagrams
from hinomi.collect.wire.ledger import Ledger
from hinomi.collect.wire.sets.decode import (
    MALFORMED_SET,
    SETS_RESERVED,
    SETS_TOO_MANY,
    SetDecoder,
)
from hinomi.collect.wire.sets.definitions import TemplateLimits
from hinomi.collect.wire.sets.groups import Decoded
from hinomi.collect.wire.sets.walk import MOST_SETS
from hinomi.collect.wire.streams import Streams
from setting import Exporter

NAMED: list[Field] = [(27, 16), (82, VARIABLE), (1, 3), (315, VARIABLE), (2, 8)]
RATES: list[Field] = [(302, 1), (305, 4), (306, 4)]


def test_an_empty_batch_comes_to_nothing() -> None:
    """No datagram, or none with a whole header."""
    assert Exporter().send().decoded.fresh == 0
    read = Exporter().send(v9()[:10])

    assert (read.decoded.fresh, read.decoded.units.size, read.decoded.groups) == (0, 0, [])


def test_one_layout_is_one_group_whoever_sends_it() -> None:
    """100 exporters with the same template cost one decoding, and keep apart."""
    exporter = Exporter()
    sound = template(256, V4_FLOW)
    exporter.send_all([(source, v9(sound, domain=source)) for source in range(100)])
    read = exporter.send_all(
        [(source, v9(flows(v4_flow(packets=source)), domain=source)) for source in range(100)]
    )

    (group,) = read.decoded.groups
    said = read.decoded.headers
    assert group.numbers[2].tolist() == list(range(100))
    assert said.source[group.datagram].tolist() == list(range(100))
    assert np.unique(said.stream[group.datagram]).size == 100


def test_options_stand_before_data() -> None:
    """Rates are known before the flows that they rule, wherever they stand in the batch."""
    rates = options_template(300, RATES[:1], RATES[1:], version=10)
    read = Exporter(10).send(
        ipfix(template(256, V4_FLOW, version=10), flows()),
        ipfix(rates, data(300, RATES, [1, 1, 999])),
    )

    assert [group.is_options for group in read.decoded.groups] == [True, False]
    assert read.options == [{302: 1, 305: 1, 306: 999}]


def test_units_are_datagrams_in_v9_and_data_records_in_ipfix() -> None:
    """Templates count in neither; options data are records too (robustness case 17)."""
    old = Exporter(9).send(v9(template(256, V4_FLOW), flows(v4_flow(), v4_flow())), v9())
    rates = options_template(300, RATES[:1], RATES[1:], version=10)
    new = Exporter(10).send(
        ipfix(template(256, V4_FLOW, version=10)),
        ipfix(flows(v4_flow(), v4_flow()), rates, data(300, RATES, [1, 1, 9])),
        ipfix(flows(), flows(number=999)),
        ipfix(flows(), length=9_000),
    )

    assert old.decoded.units.tolist() == [1, 1]
    assert new.decoded.units.tolist() == [0, 3, -1, -1]


def test_what_stands_before_a_broken_set_is_decoded() -> None:
    """And the other datagrams of the batch are untouched."""
    exporter = Exporter()
    read = exporter.send(
        v9(template(256, V4_FLOW), flows()),
        v9(flows(), flow_set(256, b"abc", length=2)),
        v9(flows()),
    )

    assert len(read.records) == 3
    assert exporter.counted() == {MALFORMED_SET: 1}


def test_the_count_in_a_v9_header_is_not_believed() -> None:
    """It counts sets at some exporters, and nothing at others."""
    for count in (0, 1, 65_535):
        read = Exporter().send(v9(template(256, V4_FLOW), flows(), count=count))

        assert len(read.records) == 1


@pytest.mark.parametrize(("version", "numbers"), [(9, (2, 3, 255)), (10, (0, 1, 4, 255))])
def test_sets_of_reserved_numbers_are_passed_over(version: int, numbers: tuple[int, ...]) -> None:
    """They are counted, and what follows them is read."""
    exporter = Exporter(version)
    datagram = v9 if version == 9 else ipfix
    strange = [flow_set(number, bytes(8)) for number in numbers]
    read = exporter.send(datagram(*strange, template(256, V4_FLOW, version=version), flows()))

    assert len(read.records) == 1
    assert exporter.counted() == {SETS_RESERVED: len(numbers)}


def test_sets_beyond_the_bound_are_counted() -> None:
    """A datagram of 65,000 bytes may hold 16,000 empty sets."""
    exporter = Exporter(10)
    read = exporter.send(ipfix(flow_set(2, b"") * (MOST_SETS + 5)))

    assert exporter.counted() == {SETS_TOO_MANY: 1}
    assert read.decoded.units.tolist() == [-1]


def test_a_large_tail_of_zeros_is_no_error() -> None:
    """Some exporters fill the datagram up behind one set (robustness case 11)."""
    exporter = Exporter()
    read = exporter.send(v9(template(256, V4_FLOW), flows()) + bytes(1_200))

    assert len(read.records) == 1
    assert exporter.counted() == {}


def test_a_datagram_at_the_end_of_the_buffer_is_read() -> None:
    """Only the spare bytes lie behind it; odd widths are read over the edge."""
    fields: list[Field] = [(1, 5)]
    exporter = Exporter()
    read = exporter.send(v9(template(300, fields), data(300, fields, [2**40 - 1])))

    assert read.records == [{1: 2**40 - 1}]


def test_v9_and_ipfix_do_not_share_templates() -> None:
    """The version is part of the key, and each has its decoder."""
    streams, ledger = Streams(), Ledger()
    decoders = {version: SetDecoder(version, streams, ledger) for version in (9, 10)}
    for version, payload in ((9, v9(template(256, V4_FLOW))), (10, ipfix(flows()))):
        decoded = decoders[version].decode(Datagrams.pack([payload], [0], [0]))

        assert decoded.groups == []
    assert ledger.total("sets-waiting") == 1


def good_batch(version: int) -> list[bytes]:
    """Give datagrams with all there is: templates, options, variable fields, several sets."""
    datagram: Any = v9 if version == 9 else ipfix
    row: list[Value] = [bytes(16), b"name", 7, b"frame", 9]
    rates = options_template(300, [(1, 1)], RATES[1:], version=version)
    sets = [
        template(256, V4_FLOW, version=version),
        flows(v4_flow(), v4_flow()),
        template(257, NAMED, version=version, padding=4) + data(257, NAMED, row, row, padding=3),
        rates + data(300, RATES, [1, 2, 3]),
        withdrawal(256) + flows(),
    ]
    return [datagram(each, sequence=place) for place, each in enumerate(sets)]


@st.composite
def mutations(draw: st.DrawFn, version: int) -> list[bytes]:
    """Give a batch with bytes changed, left out, doubled or cut off."""
    batch = good_batch(version)
    for _ in range(draw(st.integers(1, 6))):
        which = draw(st.integers(0, len(batch) - 1))
        payload = bytearray(batch[which])
        at = draw(st.integers(2, max(2, len(payload) - 1)))
        kind = draw(st.sampled_from(["byte", "word", "cut", "drop", "double", "again"]))
        if kind == "byte" and at < len(payload):
            payload[at] = draw(st.integers(0, 255))
        elif kind == "word":
            payload[at : at + 2] = draw(st.sampled_from([b"\0\0", b"\xff\xff", b"\0\1", b"\1\0"]))
        elif kind == "cut":
            del payload[at:]
        elif kind == "drop":
            del payload[at : at + draw(st.integers(1, 9))]
        elif kind == "double":
            payload[at:at] = payload[at : at + draw(st.integers(1, 40))]
        batch[which] = bytes(payload)
        if kind == "again":
            batch.append(batch[which])
    return batch


@settings(max_examples=300)
@given(version=st.sampled_from([9, 10]), draws=st.data())
def test_no_mutation_makes_the_decoder_raise(version: int, draws: st.DataObject) -> None:
    """Whatever becomes of the bytes, groups are sound and memory is within its limits."""
    limits = TemplateLimits(per_stream=3, waiting_bytes=2_000, waiting_bytes_per_exporter=1_000)
    exporter = Exporter(version, limits)
    for _ in range(2):
        batch = draws.draw(mutations(version))
        payloads = [payload for payload in batch if len(payload) >= 2]
        packed = Datagrams.pack(payloads, [0] * len(payloads), [0] * len(payloads))
        check(packed, exporter.decoder.decode(packed))
    exporter.decoder.restore(exporter.decoder.snapshot())

    assert len(exporter.decoder.snapshot()) <= 3 * 256


@settings(max_examples=200)
@given(version=st.sampled_from([9, 10]), draws=st.data())
def test_no_bytes_make_the_decoder_raise(version: int, draws: st.DataObject) -> None:
    """Headers that are sound, and anything at all behind them."""
    number = st.sampled_from([0, 1, 2, 3, 4, 8, 16, 255, 256, 257, 300, 65_535])
    words = st.lists(number, max_size=60).map(
        lambda found: b"".join(each.to_bytes(2, "big") for each in found)
    )
    bodies = draws.draw(st.lists(words | st.binary(max_size=60), max_size=6))
    datagram: Any = v9 if version == 9 else ipfix
    packed = Datagrams.pack(
        [datagram(body) for body in bodies], [0] * len(bodies), [0] * len(bodies)
    )
    check(packed, Exporter(version).decoder.decode(packed))


def check(batch: Datagrams, decoded: Decoded) -> None:
    """Every column has its length, every row its header, every frame lies in a datagram."""
    assert decoded.units.shape == (decoded.fresh,)
    assert decoded.fresh <= len(batch)
    seen_data = False
    for group in decoded.groups:
        assert not (seen_data and group.is_options)
        seen_data = not group.is_options
        assert len(group)
        assert (group.datagram < decoded.headers.source.size).all()
        for column in group.numbers.values():
            assert column.shape == (len(group),)
        buffer = batch.buffer if group.octets is None else group.octets
        for place, length in group.frames.values():
            assert (place >= 0).all()
            assert (place + length <= buffer.size - SPARE_BYTES).all()
