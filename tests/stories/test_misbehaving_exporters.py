"""Times, sequence numbers, directions, sFlow and hostile input: cases 14 to 20."""

import struct
import tracemalloc

import pytest

from arrivals import EXPORTER, Arrivals
from builders import NOON_MS
from exporting import (
    UPTIME_MS,
    V4_FLOW,
    Field,
    counter_sample,
    data,
    flow_sample,
    flow_set,
    flows,
    frame,
    ipfix,
    options_template,
    sample,
    sflow,
    template,
    v4_flow,
    v5,
    v5_record,
    v9,
)

FLOWS = template(256, V4_FLOW)
KEYS: tuple[Field, ...] = V4_FLOW[:-2]
"""`V4_FLOW` without its times."""

NTP_EPOCH_S = 2_208_988_800
"""Seconds from 1900 to 1970."""

REVERSE = 29_305
WRAP = 2**32


def keys() -> list[int | str | bytes]:
    """Give the values of one flow in the layout `KEYS`."""
    return v4_flow()[:-2]


def ntp(ms: int) -> int:
    """Give a time as 64-bit NTP fixed point."""
    return (ms // 1_000 + NTP_EPOCH_S) << 32 | (ms % 1_000 * 2**32 + 999) // 1_000


@pytest.mark.parametrize("version", [5, 9])
def test_case_14_an_uptime_that_wrapped_gives_the_right_time(version: int) -> None:
    """49.7 days after its start an exporter counts from 0: first is before the wrap."""
    first, last, now = WRAP - 5_000, WRAP - 1_000, 5_000
    if version == 5:
        sent = v5(v5_record(first=first, last=last), uptime_ms=now)
    else:
        sent = v9(FLOWS, flows(v4_flow(first=first, last=last)), uptime_ms=now)

    (row,) = Arrivals().send(sent)

    assert (row["ts_ms"], row["duration_ms"]) == (NOON_MS - 10_000, 4_000)


@pytest.mark.parametrize("version", [5, 9])
def test_case_14_a_flow_may_end_behind_a_wrap_and_begin_before_it(version: int) -> None:
    """First before the wrap, last behind it: the duration is what lies between."""
    first, last, now = WRAP - 3_000, 2_000, 4_000
    if version == 5:
        sent = v5(v5_record(first=first, last=last), uptime_ms=now)
    else:
        sent = v9(FLOWS, flows(v4_flow(first=first, last=last)), uptime_ms=now)

    (row,) = Arrivals().send(sent)

    assert (row["ts_ms"], row["duration_ms"]) == (NOON_MS - 7_000, 5_000)


def test_case_14_a_first_just_after_the_header_is_a_little_ahead_and_not_49_days_ago() -> None:
    """A difference of 2**31 and more is time ahead: 200 ms, not 49.7 days back."""
    record = v5_record(first=UPTIME_MS + 200, last=UPTIME_MS + 250)

    (row,) = Arrivals().send(v5(record))

    assert abs(row["ts_ms"] - NOON_MS) <= 200
    assert row["duration_ms"] <= 50


@pytest.mark.parametrize("where", ["record", "options"])
def test_case_15_uptimes_of_ipfix_count_from_the_stated_start(where: str) -> None:
    """IE 21 and 22 need systemInitTimeMilliseconds (160), in the record or in options."""
    start_ms = NOON_MS - UPTIME_MS
    arrivals = Arrivals()
    fields: tuple[Field, ...] = V4_FLOW
    values = v4_flow()
    if where == "record":
        fields, values = (*fields, (160, 8)), [*values, start_ms]
    else:
        scope: list[Field] = [(144, 4)]
        arrivals.send(
            ipfix(
                options_template(512, scope, [(160, 8)], version=10),
                data(512, [*scope, (160, 8)], (1, start_ms)),
            )
        )

    (row,) = arrivals.send(ipfix(template(256, fields, version=10), data(256, fields, values)))

    assert (row["ts_ms"], row["duration_ms"]) == (NOON_MS - 10_000, 5_000)


def test_case_15_without_a_stated_start_the_export_time_holds_and_is_counted() -> None:
    """An uptime from nowhere is no time: the flow ends at the export, and a flag says so."""
    arrivals = Arrivals()

    (row,) = arrivals.send(
        ipfix(template(256, V4_FLOW, version=10), flows(), export_ms=NOON_MS - 2_000)
    )

    assert NOON_MS - 2_000 - 5_000 <= row["ts_ms"] <= NOON_MS - 2_000
    assert any("time" in reason for reason in arrivals.counted())


@pytest.mark.parametrize(
    ("fields", "values"),
    [
        ([(150, 4), (151, 4)], (NOON_MS // 1_000 - 10, NOON_MS // 1_000 - 5)),
        ([(152, 8), (153, 8)], (NOON_MS - 10_000, NOON_MS - 5_000)),
        ([(154, 8), (155, 8)], (ntp(NOON_MS - 10_000), ntp(NOON_MS - 5_000))),
        ([(156, 8), (157, 8)], (ntp(NOON_MS - 10_000), ntp(NOON_MS - 5_000))),
        ([(158, 4), (159, 4)], (10_000_000, 5_000_000)),
        ([(152, 8), (161, 4)], (NOON_MS - 10_000, 5_000)),
    ],
    ids=["seconds", "milliseconds", "ntp-micro", "ntp-nano", "deltas", "start-and-duration"],
)
def test_case_16_every_encoding_of_a_time_gives_the_same_flow(
    fields: list[Field], values: tuple[int, int]
) -> None:
    """Seconds, milliseconds, NTP fixed point and microseconds before export: one time."""
    layout = (*KEYS, *fields)

    (row,) = Arrivals().send(
        ipfix(template(256, layout, version=10), data(256, layout, [*keys(), *values]))
    )

    assert (row["ts_ms"], row["duration_ms"]) == (NOON_MS - 10_000, 5_000)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ((322, 4), NOON_MS // 1_000 - 10),
        ((323, 8), NOON_MS - 10_000),
        ((324, 8), ntp(NOON_MS - 10_000)),
    ],
    ids=["seconds", "milliseconds", "ntp-micro"],
)
def test_case_16_an_observation_time_is_a_flow_of_no_duration(field: Field, value: int) -> None:
    """A record of one packet states when it was observed, and no start or end."""
    layout = (*KEYS, field)

    (row,) = Arrivals().send(
        ipfix(template(256, layout, version=10), data(256, layout, [*keys(), value]))
    )

    assert (row["ts_ms"], row["duration_ms"]) == (NOON_MS - 10_000, 0)


@pytest.mark.parametrize(
    ("fields", "values"),
    [
        ([], ()),
        ([(152, 8), (153, 8)], (0, 0)),
        ([(150, 4), (151, 4)], (0, 0)),
        ([(152, 8), (153, 8)], (2**64 - 1, 2**64 - 1)),
        ([(154, 8), (155, 8)], (0, 0)),
    ],
    ids=["none", "1970", "1970-seconds", "no-number", "1900"],
)
def test_case_16_a_missing_or_impossible_time_is_replaced_and_counted(
    fields: list[Field], values: tuple[int, ...]
) -> None:
    """No time, 1970 or beyond all ages: the time of arrival or export, never in silence."""
    layout = (*KEYS, *fields)
    arrivals = Arrivals()

    (row,) = arrivals.send(
        ipfix(template(256, layout, version=10), data(256, layout, [*keys(), *values])),
        at_ms=NOON_MS + 1_000,
    )

    assert NOON_MS <= row["ts_ms"] <= NOON_MS + 1_000
    assert any("time" in reason for reason in arrivals.counted())


def test_case_16_an_end_before_its_start_is_no_negative_duration() -> None:
    """A flow that ends before it starts has a duration of 0 and is counted."""
    layout: tuple[Field, ...] = (*KEYS, (152, 8), (153, 8))
    arrivals = Arrivals()

    (row,) = arrivals.send(
        ipfix(
            template(256, layout, version=10),
            data(256, layout, [*keys(), NOON_MS - 5_000, NOON_MS - 10_000]),
        )
    )

    assert row["duration_ms"] == 0
    assert any("time" in reason or "duration" in reason for reason in arrivals.counted())


@pytest.mark.parametrize(
    ("numbers", "lost"),
    [
        ([0, 2, 4, 6], 0),
        ([0, 2, 6, 8], 2),
        ([0, 4, 2, 6], 0),
        ([WRAP - 2, 0, 2], 0),
        ([50_000_000, 50_000_002, 0, 2], 0),
        ([0, 0, 0, 0], 0),
    ],
    ids=["in-order", "gap", "reordered", "wrapped", "restarted", "always-zero"],
)
def test_case_17_the_sequence_of_v5_counts_flows(numbers: list[int], lost: int) -> None:
    """Two flows a datagram: a gap of 2 is a lost datagram of 2; order and wrap are no loss."""
    arrivals = Arrivals()
    sent = [v5(v5_record(), v5_record(), sequence=number) for number in numbers]

    arrivals.send(*sent)

    assert lost_of(arrivals) == lost


def test_case_17_the_sequence_of_v9_counts_datagrams() -> None:
    """One datagram with several flows steps by 1; two missing numbers are two datagrams."""
    arrivals = Arrivals()
    several = flows(*[v4_flow()] * 5)

    arrivals.send(*(v9(FLOWS, several, sequence=number) for number in (1, 2, 5, 6)))

    assert lost_of(arrivals) == 2


def test_case_17_the_sequence_of_ipfix_counts_data_records() -> None:
    """Templates do not count; 5 records step by 5; each domain counts for itself."""
    arrivals = Arrivals()
    five, described = flows(*[v4_flow()] * 5), template(256, V4_FLOW, version=10)

    arrivals.send(
        ipfix(described, five, sequence=0, domain=1),
        ipfix(described, sequence=900, domain=2),
        ipfix(described, five, sequence=5, domain=1),
        ipfix(five, sequence=900, domain=2),
        ipfix(five, sequence=10, domain=1),
        ipfix(five, sequence=905, domain=2),
        ipfix(five, sequence=25, domain=1),
    )

    assert lost_of(arrivals) == 10


def test_case_17_the_sequence_of_sflow_counts_datagrams_of_each_sub_agent() -> None:
    """Sub-agents number their datagrams each for itself."""
    arrivals = Arrivals()
    packet = flow_sample(frame())

    arrivals.send(
        *(sflow(packet, sequence=number, sub_agent=0) for number in (1, 2, 3)),
        *(sflow(packet, sequence=number, sub_agent=1) for number in (70, 71, 74)),
    )

    assert lost_of(arrivals) == 2


def lost_of(arrivals: Arrivals) -> int:
    """Give what the sequence numbers say was lost and did not come late, in their units."""
    counted, units = arrivals.counted(), ("flows", "datagrams", "records")
    return sum(counted.get(f"lost-{unit}", 0) - counted.get(f"late-{unit}", 0) for unit in units)


def test_case_18_both_directions_in_one_record_are_two_flows() -> None:
    """RFC 5103: the reverse counters are a record of its own, its ends turned round."""
    fields: tuple[Field, ...] = (*KEYS, (152, 8), (153, 8), (2, 8, REVERSE), (1, 8, REVERSE))
    values = [*keys(), NOON_MS - 10_000, NOON_MS - 5_000, 4, 4_000]

    rows = Arrivals().send(ipfix(template(256, fields, version=10), data(256, fields, values)))

    ends = {(row["src"], row["src_port"], row["packets"], row["bytes"]) for row in rows}
    assert ends == {("192.0.2.1", 40_000, 10, 1_000), ("198.51.100.1", 443, 4, 4_000)}


def test_case_18_a_way_back_without_packets_is_no_flow() -> None:
    """Unanswered: reverse counters of 0 make no second record."""
    fields: tuple[Field, ...] = (*KEYS, (152, 8), (2, 8, REVERSE), (1, 8, REVERSE))
    values = [*keys(), NOON_MS - 10_000, 0, 0]

    rows = Arrivals().send(ipfix(template(256, fields, version=10), data(256, fields, values)))

    assert [row["src"] for row in rows] == ["192.0.2.1"]


def test_case_18_octets_of_initiator_and_responder_are_both_directions() -> None:
    """Firewalls count IE 231 and 232 where IE 1 is absent; packets are IE 298 and 299."""
    fields: tuple[Field, ...] = (*KEYS[:6], (152, 8), (231, 4), (232, 4), (298, 4), (299, 4))
    values = [*keys()[:6], NOON_MS - 10_000, 1_000, 9_000, 10, 20]

    rows = Arrivals().send(ipfix(template(256, fields, version=10), data(256, fields, values)))

    ends = {(row["src"], row["packets"], row["bytes"]) for row in rows}
    assert ends == {("192.0.2.1", 10, 1_000), ("198.51.100.1", 20, 9_000)}


def test_case_18_post_counters_are_no_way_back() -> None:
    """IE 23 and 24 count the same packets again behind the router: one flow, its own counts."""
    fields = (*V4_FLOW, (23, 4), (24, 4))

    (row,) = Arrivals().send(v9(template(256, fields), data(256, fields, [*v4_flow(), 1_000, 10])))

    assert (row["packets"], row["bytes"]) == (10, 1_000)


def test_case_18_nothing_is_thrown_away_as_a_double() -> None:
    """One flow seen by two exporters, or coming in and going out, stays two records."""
    fields = (*V4_FLOW, (61, 1), (10, 4), (14, 4))
    described = template(256, fields)
    both = data(256, fields, [*v4_flow(), 0, 3, 4], [*v4_flow(), 1, 3, 4])
    arrivals = Arrivals()

    one = arrivals.send(v9(described, both))
    two = arrivals.send(v9(described, both), source="192.0.2.251")

    assert [row["observed"] for row in one + two] == [0, 1, 0, 1]
    assert {(row["in_if"], row["out_if"]) for row in one + two} == {(3, 4)}
    assert {row["source"] for row in one + two} == {EXPORTER, "192.0.2.251"}


@pytest.mark.parametrize("expanded", [False, True])
def test_case_19_short_and_expanded_samples_of_sflow_give_the_same_record(
    *, expanded: bool
) -> None:
    """A flow sample is one packet, its bytes the IP length, its rate in the sample."""
    packet = frame(payload=100)

    (row,) = Arrivals().send(sflow(flow_sample(packet, rate=4_096, expanded=expanded)))

    ends = (row["src"], row["dst"], row["src_port"], row["dst_port"], row["tcp_flags"])
    assert ends == ("192.0.2.1", "198.51.100.1", 40_000, 443, 0x18)
    assert (row["packets"], row["bytes"], row["sampling_interval"]) == (1, 140, 4_096)
    assert (row["in_if"], row["out_if"], row["ts_ms"]) == (1, 2, NOON_MS)


def test_case_19_each_sample_keeps_its_own_rate() -> None:
    """Adaptive sampling changes the rate from sample to sample."""
    rows = Arrivals().send(
        sflow(flow_sample(frame(), rate=1_000), flow_sample(frame(), rate=16_000))
    )

    assert [row["sampling_interval"] for row in rows] == [1_000, 16_000]


@pytest.mark.parametrize(
    "raw", [0x3FFFFFFF, 0x40000102, 0x80000003], ids=["local", "dropped", "multiple"]
)
def test_case_19_an_interface_that_is_none_has_no_number(raw: int) -> None:
    """The high bits say local, dropped for a reason, or several: no interface index is made."""
    (row,) = Arrivals().send(sflow(flow_sample(frame(), out_if=raw)))

    assert (row["in_if"], row["out_if"]) == (1, -1)


def test_case_19_counter_samples_are_skipped() -> None:
    """Counters of interfaces between flow samples are no records and no fault."""
    rows = Arrivals().send(sflow(counter_sample(), flow_sample(frame()), counter_sample()))

    assert len(rows) == 1


def test_case_19_a_wrong_frame_length_does_not_change_the_bytes() -> None:
    """Bytes are the IP header's total length, whatever the frame's length claims."""
    (row,) = Arrivals().send(sflow(flow_sample(frame(payload=1_000)[:128], frame_bytes=9_999)))

    assert row["bytes"] == 1_040


@pytest.mark.parametrize("vlans", [[], [7], [7, 8]])
@pytest.mark.parametrize("address", ["192.0.2.1", "2001:db8::1"])
def test_case_19_tags_are_stepped_over(address: str, vlans: list[int]) -> None:
    """No tag, one or two: the packet behind them is found, IPv4 and IPv6."""
    target = "198.51.100.1" if "." in address else "2001:db8::2"
    packet = frame(src=address, dst=target, proto=17, ports=(53, 40_000), vlans=vlans)

    (row,) = Arrivals().send(sflow(flow_sample(packet)))

    assert (row["src"], row["src_port"], row["proto"]) == (address, 53, 17)


def test_case_19_a_header_cut_before_the_flags_leaves_them_unknown() -> None:
    """Cut behind the ports there are ports and no flags; cut before them there are none."""
    cut_flags = frame()[: 14 + 20 + 8]
    cut_ports = frame()[: 14 + 20 + 2]

    rows = Arrivals().send(sflow(flow_sample(cut_flags), flow_sample(cut_ports)))

    assert [row["tcp_flags"] for row in rows] == [-1, -1]
    assert rows[0]["dst_port"] == 443
    assert [row["src"] for row in rows] == ["192.0.2.1"] * 2


def test_case_19_an_agent_of_another_address_does_not_change_the_exporter() -> None:
    """Who sent the datagram is the exporter; the agent's address is a claim."""
    (row,) = Arrivals().send(sflow(flow_sample(frame()), agent="203.0.113.77"))

    assert row["source"] == EXPORTER


def test_case_20_whoever_may_not_send_is_counted_and_takes_no_room() -> None:
    """Addresses outside the allow-list have no number, no template and a bounded count."""
    arrivals = Arrivals(allow=["192.0.2.0/28"])
    sent = v9(FLOWS, flows())

    exported = arrivals.decode([(f"198.51.100.{each}", sent) for each in range(256)] * 2)

    assert len(exported) == 0
    assert sum(arrivals.sources.refused.values()) + arrivals.sources.refused_others == 512
    assert arrivals.sources.addresses == []
    assert len(arrivals.send(sent, source="192.0.2.7")) == 1


def test_case_20_templates_of_one_exporter_are_bounded() -> None:
    """Tens of thousands of templates do not fill the memory; the first ones or last ones stay."""
    arrivals = Arrivals()
    fields = [(30_000 + number, 1) for number in range(250)]
    described = [template(number, fields) for number in range(256, 256 + 40)]
    sent = [v9(flow, domain=domain, sequence=0) for domain in range(200) for flow in described]

    tracemalloc.start()
    for first in range(0, len(sent), 1_000):
        arrivals.send(*sent[first : first + 1_000])
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert peak < 64 << 20
    assert arrivals.counted()["template-too-many"] > 0


def test_case_20_other_exporters_do_not_pay_for_a_greedy_one() -> None:
    """Whatever one exporter fills up, another's template is taken and its data decoded."""
    arrivals = Arrivals()
    greedy = [
        v9(template(256 + number % 60_000, V4_FLOW), domain=number, sequence=0)
        for number in range(3_000)
    ]

    arrivals.send(*greedy)
    rows = arrivals.send(v9(FLOWS, flows()), source="192.0.2.3")

    assert len(rows) == 1


@pytest.mark.parametrize(
    "payload",
    [
        sflow(flow_sample(frame()), count=2**32 - 1),
        sflow(flow_sample(frame(), header_bytes=2**32 - 1)),
        sflow(flow_sample(frame(), header_bytes=2**31)),
        sflow(sample(1, b"")[:4] + struct.pack(">I", 2**32 - 4)),
        sflow(struct.pack(">IIIIIIIIII", 1, 32, 1, 1, 1, 1, 0, 1, 2, 2**32 - 1)),
        v5(v5_record(), count=65_535),
        v9(FLOWS, flow_set(256, b"", length=65_535)),
        v9(flow_set(0, struct.pack(">HH", 256, 65_535))),
        v9(flow_set(1, struct.pack(">HHH", 256, 65_532, 65_532))),
        ipfix(template(256, V4_FLOW, version=10), flows(), length=65_535),
        ipfix(flow_set(3, struct.pack(">HHH", 256, 65_535, 65_535))),
    ],
    ids=[
        "sflow-samples", "sflow-header-4g", "sflow-header-2g", "sflow-sample-4g",
        "sflow-records", "v5-count", "v9-set", "v9-template", "v9-options", "ipfix-long",
        "ipfix-options",
    ],
)  # fmt: skip
def test_case_20_a_length_is_a_claim_and_nothing_is_allocated_for_it(payload: bytes) -> None:
    """A small datagram that claims gigabytes costs kilobytes, and is counted."""
    arrivals = Arrivals()
    arrivals.send(v5(v5_record()))

    tracemalloc.start()
    arrivals.send(payload)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert peak < 2 << 20
    assert any(reason.startswith("malformed") for reason in arrivals.counted())


def test_case_20_what_stands_behind_a_messages_stated_end_is_not_read() -> None:
    """IPFIX states its length: sets behind it are counted and not decoded."""
    arrivals = Arrivals()
    described = template(256, V4_FLOW, version=10)

    rows = arrivals.send(ipfix(described, flows(), length=16 + len(described)))

    assert rows == []
    assert arrivals.counted()["bytes-behind-message"] == 1


def test_case_20_a_v5_datagram_that_announces_too_many_records_is_not_believed() -> None:
    """30 records are the most that NetFlow v5 allows: one that says 31 has none."""
    arrivals = Arrivals()
    records = [v5_record()] * 31

    most = arrivals.send(v5(*records[:30]))
    over = arrivals.send(v5(*records, sequence=30))

    assert (len(most), over) == (30, [])
    assert arrivals.counted()["malformed-count"] == 1


@pytest.mark.parametrize("cut", [1, 7, 20, 33, 60])
def test_case_20_a_datagram_cut_short_is_counted_and_leaves_the_next_one_alone(cut: int) -> None:
    """Truncated datagrams of every protocol between good ones: the good ones all decode."""
    arrivals = Arrivals()
    described = v9(FLOWS, flows(), sequence=1)
    whole = [
        v5(v5_record()),
        v9(FLOWS, flows(), sequence=2),
        ipfix(template(256, V4_FLOW, version=10), flows()),
        sflow(flow_sample(frame())),
    ]

    rows = arrivals.send(described, *(each[:-cut] for each in whole), *whole)

    assert len(rows) >= 5
    assert any(reason.startswith("malformed") for reason in arrivals.counted())


def test_case_20_what_is_no_export_protocol_is_counted() -> None:
    """Nothing, one byte, text, another version: each a malformed datagram and no record."""
    arrivals = Arrivals()

    rows = arrivals.send(b"", b"\x00", b"GET / HTTP/1.0\r\n\r\n", b"\x00\x08" + bytes(22))

    malformed = sum(n for reason, n in arrivals.counted().items() if "malformed" in reason)
    assert (rows, malformed) == ([], 4)
