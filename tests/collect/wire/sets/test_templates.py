"""Templates of many streams: learned in order, looked up, kept, bounded."""

from itertools import pairwise

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import NOON_MS
from exporting import (
    V4_FLOW,
    Field,
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
from hinomi.collect.wire.ledger import Ledger
from hinomi.collect.wire.sets.definitions import (
    MALFORMED_TEMPLATE,
    TEMPLATE_WITHOUT_LENGTH,
    TemplateLimits,
)
from hinomi.collect.wire.sets.templates import (
    FIELD_IMPOSSIBLE,
    SETS_UNCONFIRMED,
    TEMPLATE_REDEFINED,
    TEMPLATE_TOO_MANY,
    TEMPLATE_TOO_OFTEN,
    TEMPLATE_WITHDRAWN,
    KeptTemplate,
    Templates,
    keys_of,
)
from hinomi.collect.wire.streams import Streams
from setting import Exporter

PORTS: tuple[Field, ...] = ((7, 2), (11, 2))
SWAPPED: tuple[Field, ...] = ((11, 2), (7, 2))
A = template(300, PORTS)
B = template(300, SWAPPED)
A10 = template(300, PORTS, version=10)
B10 = template(300, SWAPPED, version=10)
ROW = data(300, PORTS, [1, 2])


def test_a_changed_template_holds_for_later_sets_only() -> None:
    """Within one batch each set is decoded by what stood when it came."""
    exporter = Exporter()
    read = exporter.send(v9(A, ROW), v9(ROW, B, ROW), v9(A), v9(ROW))

    by_datagram = sorted(
        (row, ports.tolist())
        for group in read.decoded.groups
        for row, ports in zip(
            group.datagram.tolist(),
            np.stack([group.numbers[7], group.numbers[11]], axis=1),
            strict=True,
        )
    )
    assert by_datagram == [(0, [1, 2]), (1, [1, 2]), (1, [2, 1]), (3, [1, 2])]
    assert exporter.counted() == {TEMPLATE_REDEFINED: 2}


@given(
    steps=st.lists(st.tuples(st.sampled_from([0, 1]), st.sampled_from("ABDDD")), max_size=25),
    cuts=st.sets(st.integers(0, 24)),
)
def test_batches_may_be_cut_anywhere(steps: list[tuple[int, str]], cuts: set[int]) -> None:
    """Two exporters redefine and send in any order: one batch or many, the records are equal."""
    sets = {"A": A, "B": B, "D": ROW}
    datagrams = [(0, v9(A)), (1, v9(B))] + [
        (source, v9(sets[step], sequence=place)) for place, (source, step) in enumerate(steps)
    ]

    def decoded(batches: list[list[tuple[int, bytes]]]) -> list[tuple[int, int, int]]:
        exporter, found = Exporter(), []
        for batch in batches:
            read = exporter.send_all(batch).decoded
            for group in read.groups:
                sequence = read.headers.sequence[group.datagram]
                columns = (sequence, group.numbers[7], group.numbers[11])
                found += list(zip(*(column.tolist() for column in columns), strict=True))
        return sorted(found)

    places = [0, *sorted(2 + cut for cut in cuts), len(datagrams)]
    pieces = [datagrams[a:b] for a, b in pairwise(places)]
    layout, expected = {0: A, 1: B}, []
    for place, (source, step) in enumerate(steps):
        if step == "D":
            expected.append((place, 1, 2) if layout[source] is A else (place, 2, 1))
        else:
            layout[source] = sets[step]
    assert decoded([datagrams]) == decoded(pieces) == expected


def test_a_template_changes_between_batches() -> None:
    """The new layout stays until the next change."""
    exporter = Exporter()
    exporter.send(v9(A))
    exporter.send(v9(B))

    assert exporter.send(v9(ROW)).records == [{11: 1, 7: 2}]


def test_a_repeated_template_set_changes_nothing() -> None:
    """Not even when two sets take turns, or a set comes back after a change."""
    exporter = Exporter()
    other = template(301, V4_FLOW)
    for each in (A, other, A, other, B, other, A):
        exporter.send(v9(each))

    assert exporter.send(v9(ROW)).records == [{7: 1, 11: 2}]
    assert exporter.counted() == {TEMPLATE_REDEFINED: 2}


def test_templates_of_another_exporter_or_domain_do_not_touch() -> None:
    """The key is exporter, version, domain and number (robustness case 9)."""
    exporter = Exporter()
    exporter.send_all([(0, v9(A)), (1, v9(B)), (0, v9(B, domain=5))])
    read = exporter.send_all([(0, v9(ROW)), (1, v9(ROW)), (0, v9(ROW, domain=5))])

    assert sorted(record[7] for record in read.records) == [1, 2, 2]
    assert len(read.decoded.groups) == 2  # Equal bytes share one layout.


def test_a_withdrawn_template_is_gone() -> None:
    """Sets before the withdrawal are decoded, sets behind it wait."""
    exporter = Exporter(10)
    read = exporter.send(ipfix(A10, ROW), ipfix(withdrawal(300), ROW))

    assert read.records == [{7: 1, 11: 2}]
    assert exporter.counted() == {TEMPLATE_WITHDRAWN: 1, "sets-waiting": 1}


def test_withdrawing_what_is_not_there_does_nothing() -> None:
    """A second withdrawal is no error."""
    exporter = Exporter(10)
    exporter.send(ipfix(withdrawal(300)))

    assert exporter.counted() == {}


def test_all_templates_are_withdrawn_at_once_and_options_stay() -> None:
    """Template number 2 without fields; options have number 3."""
    exporter = Exporter(10)
    options = options_template(400, [(302, 1)], [(305, 4)], version=10)
    exporter.send(ipfix(A10, template(301, PORTS, version=10), options))
    exporter.send(ipfix(flow_set(2, b"\0\2\0\0")))

    assert exporter.counted() == {TEMPLATE_WITHDRAWN: 2}
    assert [kept.template for kept in exporter.decoder.snapshot()] == [400]
    exporter.send(ipfix(flow_set(3, b"\0\3\0\0")))
    assert exporter.decoder.snapshot() == []


def test_a_withdrawn_template_may_come_back() -> None:
    """The same bytes define it again: nothing remembers that they were seen."""
    exporter = Exporter(10)
    read = exporter.send(ipfix(A10), ipfix(withdrawal(300)), ipfix(A10, ROW))

    assert read.records == [{7: 1, 11: 2}]


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (template(300, [(8, 0)]), TEMPLATE_WITHOUT_LENGTH),
        (flow_set(0, b"\x01\x2c\x00\x09\x00\x08\x00\x04"), MALFORMED_TEMPLATE),
    ],
)
def test_an_invalid_definition_deletes_the_old_one(bad: bytes, reason: str) -> None:
    """What the exporter now sends under that number is not what it sent (robustness case 8)."""
    exporter = Exporter()
    exporter.send(v9(A))
    read = exporter.send(v9(ROW, bad, ROW))

    assert read.records == [{7: 1, 11: 2}]
    assert exporter.counted() == {reason: 1, "sets-waiting": 1}


def test_options_and_data_under_one_number_replace_each_other() -> None:
    """Numbers are shared by both kinds."""
    exporter = Exporter()
    exporter.send(v9(A))
    exporter.send(v9(options_template(300, [(1, 2)], [(50, 2)])))
    read = exporter.send(v9(ROW))

    assert read.records == []
    assert len(read.options) == 1


def test_impossible_fields_are_counted_with_the_template() -> None:
    """Once per definition, and the record's length is honoured (robustness case 13)."""
    exporter = Exporter()
    fields: list[Field] = [(1, 0), (7, 50), (11, 2)]
    read = exporter.send(v9(template(300, fields), data(300, fields, [b"", bytes(50), 443])))

    assert read.records == [{11: 443}]
    assert exporter.counted() == {FIELD_IMPOSSIBLE: 2}


@pytest.mark.parametrize(
    "limits",
    [
        TemplateLimits(per_stream=1),
        TemplateLimits(per_exporter=1),
        TemplateLimits(bytes_per_exporter=15),
    ],
)
def test_templates_are_bounded(limits: TemplateLimits) -> None:
    """By stream, by exporter, and in bytes; those that came first stay."""
    exporter = Exporter(9, limits)
    for _ in range(3):
        exporter.send(v9(A), v9(template(301, PORTS)))

    assert [kept.template for kept in exporter.decoder.snapshot()] == [300]
    assert exporter.counted()[TEMPLATE_TOO_MANY] == 3


def test_what_was_given_back_is_free_again() -> None:
    """A stream at its limit may redefine and withdraw for ever."""
    exporter = Exporter(10, TemplateLimits(per_stream=1, per_exporter=1, bytes_per_exporter=20))
    for _ in range(50):
        exporter.send(ipfix(A10), ipfix(B10), ipfix(withdrawal(300)))
    read = exporter.send(ipfix(A10, ROW))

    assert read.records == [{7: 1, 11: 2}]
    assert TEMPLATE_TOO_MANY not in exporter.counted()


def test_redefinitions_within_a_batch_are_bounded() -> None:
    """Who redefines without end loses the template until the next batch."""
    exporter = Exporter(9, TemplateLimits(changes_per_batch=4))
    read = exporter.send(*[v9(A, B)] * 10, v9(ROW))

    assert read.records == []
    assert exporter.counted()[TEMPLATE_TOO_OFTEN] > 0
    assert exporter.send(v9(A, ROW)).records  # And what waited is decoded as well.


def test_templates_survive_a_restart_of_the_collector() -> None:
    """What `snapshot` gives, also as bytes, is enough to decode; numbers may be others."""
    before = Exporter(10)
    options = options_template(400, [(302, 1)], [(305, 4)], version=10)
    before.send_all([(3, ipfix(A10, domain=7)), (3, ipfix(options, domain=7))], at_ms=NOON_MS + 5)
    encoded = msgspec.json.encode(before.decoder.snapshot())

    after = Exporter(10)
    after.decoder.restore(msgspec.json.decode(encoded, type=list[KeptTemplate]))
    read = after.send(ipfix(ROW, data(400, [(302, 1), (305, 4)], [1, 99]), domain=7), source=3)

    assert read.records == [{7: 1, 11: 2}]
    assert read.options == [{302: 1, 305: 99}]
    assert after.counted() == {SETS_UNCONFIRMED: 2}
    assert [kept.last_seen_ms for kept in after.decoder.snapshot()] == [NOON_MS + 5] * 2


def test_a_template_that_comes_again_confirms_the_kept_one() -> None:
    """From then on its sets are no longer counted."""
    before, after = Exporter(9), Exporter(9)
    before.send(v9(A))
    after.decoder.restore(before.decoder.snapshot())
    after.send(v9(A, ROW))

    assert after.counted() == {}


@pytest.mark.parametrize(
    "change",
    [
        {"body": b""},
        {"body": b"\0\1\0\7"},
        {"body": b"\0\0"},
        {"template": 255},
        {"template": 70_000},
        {"version": 10},
    ],
)
def test_kept_templates_that_are_none_are_left_out(change: dict[str, int | bytes]) -> None:
    """A damaged or foreign file does no more harm than an exporter."""
    before, after = Exporter(9), Exporter(9)
    before.send(v9(A))
    after.decoder.restore([msgspec.structs.replace(before.decoder.snapshot()[0], **change)])

    assert after.decoder.snapshot() == []


def test_the_time_a_template_was_last_seen_moves_with_repetitions() -> None:
    """Repeated sets are not parsed, yet they count."""
    exporter = Exporter()
    for second in range(3):
        exporter.send(v9(A), at_ms=NOON_MS + 1000 * second)

    assert [kept.last_seen_ms for kept in exporter.decoder.snapshot()] == [NOON_MS + 2000]


def test_old_templates_are_in_doubt_after_a_restart_of_the_exporter() -> None:
    """They still decode, for some exporters send them once; every set is counted."""
    exporter = Exporter()
    exporter.send(v9(A, uptime_ms=9_000_000))
    read = exporter.send(v9(ROW, ROW, uptime_ms=1_000))

    assert len(read.records) == 2
    assert exporter.counted() == {"templates-in-doubt": 1, SETS_UNCONFIRMED: 2}
    exporter.send(v9(A, ROW, uptime_ms=2_000))
    assert exporter.counted() == {"templates-in-doubt": 1, SETS_UNCONFIRMED: 2}


def test_a_template_does_not_age_while_the_exporter_lives() -> None:
    """Days without a repetition change nothing (robustness case 7)."""
    exporter = Exporter()
    exporter.send(v9(template(256, V4_FLOW)))
    read = exporter.send(v9(flows(v4_flow())), at_ms=NOON_MS + 30 * 86_400_000)

    assert len(read.records) == 1


def test_looking_up_without_templates_finds_none() -> None:
    """Whatever is asked for."""
    templates = Templates(9, Streams(), Ledger(), TemplateLimits())
    keys = keys_of(np.array([0, 5], np.int32), np.array([256, 65_535]))

    assert keys.tolist() == [256, 5 << 16 | 65_535]
    assert templates.find(keys, np.arange(2), []).tolist() == [-1, -1]
    assert not templates.has(256)
