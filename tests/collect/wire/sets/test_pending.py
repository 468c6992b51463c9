"""Data before its template: kept within bounds, decoded when the template comes."""

import tracemalloc

import numpy as np

from arrivals import Arrivals
from builders import NOON_MS
from exporting import (
    V4_FLOW,
    Field,
    Value,
    data,
    flow_set,
    flows,
    frame,
    ipfix,
    options_template,
    template,
    v4_flow,
    v9,
)
from hinomi.collect.wire.ledger import Ledger
from hinomi.collect.wire.sets.decode import SETS_TOO_MANY
from hinomi.collect.wire.sets.definitions import TemplateLimits
from hinomi.collect.wire.sets.groups import Headers
from hinomi.collect.wire.sets.pending import (
    SETS_EMPTY,
    SETS_WAITING,
    SETS_WITHOUT_TEMPLATE,
    Pending,
    headers_with,
    lay_out,
)
from hinomi.collect.wire.sets.walk import Sets
from setting import Exporter

FLOWS = template(256, V4_FLOW)
BODY = 100
KEPT_OF_ONE = 3
LIMITS = TemplateLimits(
    waiting_bytes=5 * (BODY + 400), waiting_bytes_per_exporter=KEPT_OF_ONE * (BODY + 400)
)


def headers(source: int, arrived_ms: int = NOON_MS) -> Headers:
    """Give the header of one datagram."""
    one = np.ones(1, np.int64)
    return Headers(
        source=np.array([source], np.int32),
        domain=one,
        stream=np.array([source], np.int32),
        sequence=one,
        export_ms=one,
        uptime_ms=one,
        arrived_ms=one * arrived_ms,
    )


def hold(pending: Pending, source: int, mark: int, *, arrived_ms: int = NOON_MS) -> None:
    """Keep one set of `BODY` bytes that waits for template 256 + *mark*."""
    buffer = np.full(BODY + 64, mark, np.uint8)
    sets = Sets(
        row=np.zeros(1, np.int64),
        number=np.array([256 + mark]),
        start=np.zeros(1, np.int64),
        end=np.array([BODY]),
    )
    pending.hold(buffer, sets, sets.number, headers(source, arrived_ms))


def marks(pending: Pending, source: int) -> list[int]:
    """Take out all that waits of one exporter, and give their marks."""
    return [each.body[0] for each in pending.release(lambda _: True, {source})]


def test_sets_that_came_too_early_are_decoded_with_the_template() -> None:
    """Their headers stand behind the fresh ones, with the times of their own datagram."""
    exporter = Exporter()
    early = exporter.send(v9(flows(), sequence=1, domain=4), v9(flows(), sequence=2, domain=4))
    assert early.decoded.groups == []

    read = exporter.send(v9(FLOWS, flows(), sequence=3, domain=4), at_ms=NOON_MS + 60_000)
    said = read.decoded.headers
    rows = np.concatenate([group.datagram for group in read.decoded.groups])

    assert len(read.records) == 3
    assert read.decoded.fresh == 1
    assert read.decoded.units.tolist() == [1]
    assert said.sequence[rows].tolist() == [1, 2, 3]
    assert said.arrived_ms[rows].tolist() == [NOON_MS, NOON_MS, NOON_MS + 60_000]
    assert said.domain.tolist() == [4, 4, 4]
    assert exporter.counted() == {SETS_WAITING: 2}


def test_a_template_behind_its_data_in_one_batch_decodes_it() -> None:
    """The set waits for no longer than the batch."""
    read = Exporter().send(v9(flows()), v9(FLOWS))

    assert len(read.records) == 1
    assert read.decoded.headers.source.size == 3


def test_options_that_waited_come_before_data() -> None:
    """What they rule is interpreted after them."""
    exporter = Exporter()
    exporter.send(v9(FLOWS, data(300, [(1, 4), (50, 4)], [0, 100])))
    read = exporter.send(v9(flows(), options_template(300, [(1, 4)], [(50, 4)])))

    assert [group.is_options for group in read.decoded.groups] == [True, False]


def test_octets_of_late_sets_lie_in_a_buffer_of_their_own() -> None:
    """Their datagram's buffer is long gone; fixed and variable length alike."""
    for fields, value in (([(315, 20)], b"F" * 20), ([(315, 65_535)], b"V" * 300)):
        exporter = Exporter(10)
        exporter.send(ipfix(data(300, fields, [value])))
        read = exporter.send(ipfix(template(300, fields, version=10)))

        assert read.records == [{315: value}]


def test_packet_sections_that_waited_give_the_same_flows() -> None:
    """A sampled frame is read where it lies, late or not."""
    fields: list[Field] = [(315, 65_535), (312, 2)]
    frames: list[list[Value]] = [
        [frame(dst="203.0.113.9", ports=(port, 53)), 900] for port in (1_111, 2_222)
    ]
    described, sent = template(300, fields, version=10), data(300, fields, *frames)
    late, timely = Arrivals(), Arrivals()

    assert late.send(ipfix(sent)) == []
    rows = late.send(ipfix(described))
    assert [(row["dst"], row["src_port"]) for row in rows] == [
        ("203.0.113.9", 1_111),
        ("203.0.113.9", 2_222),
    ]
    assert rows == timely.send(ipfix(described, sent))


def test_only_sets_of_the_template_that_came_are_released() -> None:
    """The others wait on, in their order."""
    ledger = Ledger()
    pending = Pending(ledger, LIMITS)
    for mark in (1, 2, 1):
        hold(pending, 0, mark)
    hold(pending, 1, 1)

    assert [each.key for each in pending.release(lambda key: key == 257, {0})] == [257, 257]
    assert len(pending) == 2
    assert marks(pending, 0) == [2]
    assert marks(pending, 1) == [1]
    assert (len(pending), pending.cost) == (0, 0)


def test_the_oldest_of_an_exporter_make_room_for_its_next() -> None:
    """No exporter takes more than its share."""
    ledger = Ledger()
    pending = Pending(ledger, LIMITS)
    for mark in range(10):
        hold(pending, 0, mark)

    assert marks(pending, 0) == [7, 8, 9]
    assert ledger.counts[0] == {SETS_WAITING: 10, SETS_WITHOUT_TEMPLATE: 7}


def test_the_greediest_exporter_makes_room_for_others() -> None:
    """A full ring takes from who has most, so a small exporter is not crowded out."""
    ledger = Ledger()
    pending = Pending(ledger, LIMITS)
    for source in (0, 0, 0, 1, 1, 2, 3):
        hold(pending, source, source)

    assert [len(marks(pending, source)) for source in range(4)] == [1, 2, 1, 1]
    assert ledger.counts[0][SETS_WITHOUT_TEMPLATE] == 2


def test_the_bytes_that_wait_are_bounded_whatever_comes() -> None:
    """By exporter and in all, and every set is either there or counted."""
    ledger = Ledger()
    pending = Pending(ledger, LIMITS)
    for number in range(200):
        hold(pending, number * number % 13, 1)
        assert pending.cost <= LIMITS.waiting_bytes

    assert len(pending) + ledger.total(SETS_WITHOUT_TEMPLATE) == 200


def test_what_waits_too_long_is_given_up() -> None:
    """The age counts from arrival."""
    ledger = Ledger()
    pending = Pending(ledger, TemplateLimits(waiting_ms=60_000))
    hold(pending, 0, 1, arrived_ms=NOON_MS)
    hold(pending, 0, 2, arrived_ms=NOON_MS + 30_000)
    hold(pending, 1, 3, arrived_ms=NOON_MS)
    pending.expire(NOON_MS + 60_000)
    assert len(pending) == 3

    pending.expire(NOON_MS + 61_001)

    assert marks(pending, 0) == [2]
    assert marks(pending, 1) == []
    assert ledger.total(SETS_WITHOUT_TEMPLATE) == 2


def test_late_sets_are_given_up_by_the_decoder() -> None:
    """Its clock is the arrival of later datagrams."""
    exporter = Exporter(9, TemplateLimits(waiting_ms=1_000))
    exporter.send(v9(flows()))
    exporter.send(v9(), at_ms=NOON_MS + 10_000)
    read = exporter.send(v9(FLOWS), at_ms=NOON_MS + 20_000)

    assert read.records == []
    assert exporter.counted() == {SETS_WAITING: 1, SETS_WITHOUT_TEMPLATE: 1}


def test_released_sets_are_laid_out_with_room_on_both_sides() -> None:
    """Whoever reads some bytes before or behind a set stays in the buffer."""
    pending = Pending(Ledger(), LIMITS)
    hold(pending, 0, 1)
    hold(pending, 0, 2)
    waiting = pending.release(lambda _: True, {0})
    buffer, sets = lay_out(waiting, 5)

    assert sets.row.tolist() == [5, 6]
    assert sets.number.tolist() == [257, 258]
    assert [buffer[a:b].tobytes() for a, b in zip(sets.start, sets.end, strict=True)] == [
        each.body for each in waiting
    ]
    assert sets.start[0] >= 8
    assert buffer.size - sets.end[-1] >= 8
    assert headers_with(headers(0), waiting).arrived_ms.tolist() == [NOON_MS] * 3


def test_a_lost_template_costs_no_other_records() -> None:
    """Sets beside the one without template are decoded."""
    read = Exporter().send(v9(FLOWS, flows(), flows(number=999), flows(v4_flow(dst_port=80))))

    assert [record[11] for record in read.records] == [443, 80]


def test_at_the_end_everything_that_waits_is_given_up() -> None:
    """What was accepted and never decoded is counted, once."""
    ledger = Ledger()
    pending = Pending(ledger, LIMITS)
    for source, number in ((1, 2), (2, 1)):
        for mark in range(number):
            hold(pending, source, mark)

    pending.give_up_all()
    pending.give_up_all()

    assert (len(pending), pending.cost) == (0, 0)
    assert ledger.counts[1][SETS_WITHOUT_TEMPLATE] == 2
    assert ledger.counts[2][SETS_WITHOUT_TEMPLATE] == 1


def test_a_batch_of_tiny_sets_costs_little() -> None:
    """A million sets in one batch: few are looked at, and only what can stay is copied."""
    for body, sources in ((b"", 1), (b"x", 1), (b"x", 1_024)):
        exporter = Exporter()
        payload = v9(*[flow_set(300, body)] * 1_024)
        batch = [(number % sources, payload) for number in range(1_024)]
        tracemalloc.start()
        exporter.send_all(batch)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()

        assert peak < 60 << 20
        counts = exporter.counted()
        assert counts[SETS_TOO_MANY] == 1_024
        assert counts[SETS_WAITING if body else SETS_EMPTY] == 1_024 * 64


def test_a_batch_leaves_what_one_by_one_would_leave() -> None:
    """What later sets of the batch would push out is counted as if it had been."""
    payloads = [v9(data(300, V4_FLOW, v4_flow(src_port=port))) for port in range(1, 12)]
    limits = TemplateLimits(waiting_bytes=5_000, waiting_bytes_per_exporter=1_600)
    left = []
    for step in (1, len(payloads)):
        exporter = Exporter(9, limits)
        for at in range(0, len(payloads), step):
            exporter.send(*payloads[at : at + step])
        left.append((exporter.counted(), exporter.send(v9(template(300, V4_FLOW))).records))

    assert left[0] == left[1]
    assert len(left[0][1]) == 3


def test_a_batch_of_many_exporters_leaves_each_its_share() -> None:
    """Where all together are too much, none is pushed out by those behind it."""
    limits = TemplateLimits(waiting_bytes=2_000, waiting_bytes_per_exporter=1_600)
    exporter = Exporter(9, limits)
    exporter.send_all([(number // 5, v9(data(300, [(1, 4)], [7]))) for number in range(10)])

    counts = exporter.ledger.counts
    assert [counts[source][SETS_WITHOUT_TEMPLATE] for source in (0, 1)] == [3, 3]
