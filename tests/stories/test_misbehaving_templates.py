"""Templates that come late, change, lie or are padded: cases 7 to 13."""

import pytest

from arrivals import Arrivals
from builders import NOON_MS
from exporting import (
    UPTIME_MS,
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

FLOWS = template(256, V4_FLOW)
SWAPPED: tuple[Field, ...] = ((12, 4), (8, 4), *V4_FLOW[2:])
"""`V4_FLOW` with its two addresses the other way round: as long, and wrong for the other."""


def swapped_flow() -> list[Value]:
    """Give the flow of `v4_flow` in the layout `SWAPPED`."""
    source, target, *rest = v4_flow()
    return [target, source, *rest]


def test_case_07_data_before_its_template_is_decoded_when_the_template_comes() -> None:
    """After a restart data comes first: it waits, and nothing of it is lost."""
    arrivals = Arrivals()

    early = arrivals.send(v9(flows(v4_flow(packets=7)), sequence=1))
    late = arrivals.send(v9(FLOWS, flows(v4_flow(packets=8)), sequence=2), at_ms=NOON_MS + 5_000)

    assert early == []
    assert sorted(row["packets"] for row in late) == [7, 8]


def test_case_07_waiting_data_keeps_its_own_times() -> None:
    """A flow that waited starts when its own datagram says, not when the template came."""
    arrivals = Arrivals()

    arrivals.send(v9(flows(), sequence=1))
    (row,) = arrivals.send(
        v9(FLOWS, sequence=2, export_ms=NOON_MS + 60_000, uptime_ms=UPTIME_MS + 60_000),
        at_ms=NOON_MS + 60_000,
    )

    assert (row["ts_ms"], row["duration_ms"]) == (NOON_MS - 10_000, 5_000)


def test_case_07_a_template_in_the_same_batch_is_in_time() -> None:
    """Data and its template in one batch, whichever came first, decode at once."""
    rows = Arrivals().send(v9(flows(), sequence=1), v9(FLOWS, sequence=2), v9(flows(), sequence=3))

    assert len(rows) == 2


def test_case_07_what_waits_is_bounded_and_what_is_lost_is_counted() -> None:
    """An exporter without templates cannot fill the memory: old sets give way, counted."""
    arrivals = Arrivals()
    full = flows(*[v4_flow()] * 28)
    batches, per_batch = 40, 250

    for number in range(batches):
        first = number * per_batch
        arrivals.send(*(v9(full, sequence=first + each) for each in range(per_batch)))
    late = arrivals.send(v9(FLOWS, sequence=batches * per_batch))

    kept = len(late) // 28
    counted = arrivals.counted()
    assert 0 < kept < batches * per_batch
    assert kept + counted["sets-without-template"] == counted["sets-waiting"]
    assert counted["sets-waiting"] == batches * per_batch


def test_case_08_a_template_id_used_again_has_its_new_layout() -> None:
    """A redefinition holds from there on, also inside one batch, and not before."""
    arrivals = Arrivals()

    rows = arrivals.send(
        v9(FLOWS, flows(), sequence=1),
        v9(template(256, SWAPPED), data(256, SWAPPED, swapped_flow()), sequence=2),
        v9(data(256, SWAPPED, swapped_flow()), sequence=3),
    )

    assert [(row["src"], row["dst"]) for row in rows] == [("192.0.2.1", "198.51.100.1")] * 3


def test_case_08_an_invalid_redefinition_deletes_the_old_layout() -> None:
    """Whoever redefines a template to nonsense no longer sends the old layout."""
    arrivals = Arrivals()
    impossible = flow_set(0, b"\x01\x00\x00\x09" + b"\x00\x08\x00\x04")  # 9 fields, 1 there.

    arrivals.send(v9(FLOWS, flows(), sequence=1))
    rows = arrivals.send(v9(impossible, sequence=2), v9(flows(), sequence=3))

    assert rows == []


def test_case_08_after_a_restart_old_templates_are_doubted_until_they_come_again() -> None:
    """Uptime gone back means a new start: what the old template decodes is counted apart."""
    arrivals = Arrivals()
    after = {"uptime_ms": 20_000, "export_ms": NOON_MS + 60_000}
    flow = v4_flow(first=10_000, last=15_000)
    source, target, *rest = flow

    arrivals.send(v9(FLOWS, flows(), sequence=9))
    assert arrivals.counted().get("sets-unconfirmed", 0) == 0
    doubtful = arrivals.send(v9(flows(flow), sequence=0, **after), at_ms=NOON_MS + 60_000)
    redefined = v9(
        template(256, SWAPPED), data(256, SWAPPED, [target, source, *rest]), sequence=1, **after
    )
    sure = arrivals.send(redefined, at_ms=NOON_MS + 61_000)

    assert [(row["src"], row["dst"]) for row in doubtful + sure] == [
        ("192.0.2.1", "198.51.100.1")
    ] * 2
    assert arrivals.counted()["exporter-restarted"] > 0
    assert arrivals.counted()["sets-unconfirmed"] == 1


def test_case_08_data_that_no_longer_fits_its_template_is_noticed() -> None:
    """Bytes behind the last record that are no zeros: the template may be stale, counted."""
    arrivals = Arrivals()
    longer = (*V4_FLOW, (10, 2), (14, 2))

    arrivals.send(v9(FLOWS, flows(), sequence=1))
    arrivals.send(v9(data(256, longer, [*v4_flow(), 3, 4]), sequence=2))

    assert arrivals.counted()["padding-odd"] == 1


def test_case_08_a_withdrawn_template_is_gone() -> None:
    """Data behind a withdrawal (RFC 7011, section 8.1) is not decoded by the old layout."""
    arrivals = Arrivals()
    described = template(256, V4_FLOW, version=10)

    before = arrivals.send(ipfix(described, flows(), sequence=0))
    after = arrivals.send(ipfix(withdrawal(256), sequence=1), ipfix(flows(), sequence=1))

    assert (len(before), after) == (1, [])


def test_case_09_a_template_belongs_to_exporter_domain_and_version() -> None:
    """The same id of another exporter, domain or version is another template."""
    arrivals = Arrivals()
    swapped = template(256, SWAPPED), data(256, SWAPPED, swapped_flow())
    ten = template(256, SWAPPED, version=10), data(256, SWAPPED, swapped_flow())

    described = arrivals.decode(
        [
            ("192.0.2.250", v9(FLOWS, domain=1)),
            ("192.0.2.251", v9(*swapped, domain=1)),
            ("192.0.2.250", v9(*swapped, domain=2)),
            ("192.0.2.250", ipfix(*ten, domain=1)),
            ("192.0.2.250", v9(flows(), domain=1, sequence=1)),
        ]
    )

    rows = arrivals.rows(described)
    assert len(rows) == 4
    assert {(row["src"], row["dst"]) for row in rows} == {("192.0.2.1", "198.51.100.1")}
    assert arrivals.send(v9(flows()), source="192.0.2.252") == []


def test_case_10_exporters_behind_one_address_are_told_apart_by_their_domain() -> None:
    """Behind a NAT two routers share the address: domain and rate still separate them."""
    arrivals = Arrivals()
    options: tuple[Field, ...] = ((1, 4), (34, 4))
    described = options_template(512, options[:1], options[1:])

    arrivals.send(v9(described, data(512, options, (0, 1_000)), FLOWS, domain=1))
    arrivals.send(v9(described, data(512, options, (0, 50)), template(256, SWAPPED), domain=2))
    rows = arrivals.send(v9(flows(), domain=1), v9(data(256, SWAPPED, swapped_flow()), domain=2))

    assert sorted(row["sampling_interval"] for row in rows) == [50, 1_000]
    assert {row["src"] for row in rows} == {"192.0.2.1"}
    assert {row["source"] for row in rows} == {"192.0.2.250"}


@pytest.mark.parametrize("padding", [0, 1, 2, 3])
def test_case_11_padding_behind_records_is_no_record(padding: int) -> None:
    """A data set padded to a multiple of 4 has its records and nothing more."""
    rows = Arrivals().send(v9(FLOWS, data(256, V4_FLOW, v4_flow(), padding=padding)))

    assert len(rows) == 1


@pytest.mark.parametrize("padding", [4, 5, 6, 7])
@pytest.mark.parametrize("version", [9, 10])
def test_case_11_padding_behind_a_template_is_no_template(version: int, padding: int) -> None:
    """Template sets end in up to 7 zero bytes: no template 0 comes of it, nothing is malformed."""
    arrivals = Arrivals()
    described = template(256, V4_FLOW, version=version, padding=padding)

    (row,) = arrivals.send((v9 if version == 9 else ipfix)(described, flows()))

    assert row["packets"] == 10


def test_case_11_a_long_tail_of_zeros_is_skipped() -> None:
    """One set in a datagram filled up with zeros: the set is good, the tail is nothing."""
    rows = Arrivals().send(v9(FLOWS, flows(), bytes(1_200)))

    assert len(rows) == 1


@pytest.mark.parametrize("length", [0, 1, 2, 3])
@pytest.mark.parametrize("version", [9, 10])
def test_case_11_a_set_of_no_length_ends_its_datagram(version: int, length: int) -> None:
    """A set shorter than its own header neither loops nor takes the good set before it away."""
    arrivals = Arrivals()
    put = v9 if version == 9 else ipfix
    described = template(256, V4_FLOW, version=version)

    rows = arrivals.send(put(described, flows(), flow_set(256, b"", length=length), flows()))

    assert len(rows) == 1
    assert any(reason.startswith("malformed") for reason in arrivals.counted())


@pytest.mark.parametrize("octets", [0, 1, 254, 255, 256, 1_000])
def test_case_12_fields_of_variable_length_are_stepped_over(octets: int) -> None:
    """A length byte, or 255 and two bytes; what stands behind is found."""
    fields = ((8, 4), (12, 4), (82, VARIABLE), *V4_FLOW[2:])
    source, target, *rest = v4_flow()

    rows = Arrivals().send(
        ipfix(
            template(256, fields, version=10),
            data(
                256,
                fields,
                [source, target, b"x" * octets, *rest],
                [source, target, b"", *rest],
                [source, target, b"y" * 3, *rest],
            ),
        )
    )

    assert [(row["dst_port"], row["bytes"]) for row in rows] == [(443, 1_000)] * 3


def test_case_12_padding_shorter_than_the_least_record_is_no_record() -> None:
    """A field of variable length takes at least 1 byte: 3 bytes of padding hold no record."""
    fields = (*V4_FLOW, (82, VARIABLE), (83, VARIABLE))

    rows = Arrivals().send(
        ipfix(
            template(256, fields, version=10),
            data(256, fields, [*v4_flow(), b"ge-0/0/1", b""], padding=3),
        )
    )

    assert len(rows) == 1


def test_case_12_a_length_beyond_the_set_is_counted_and_the_records_before_it_stay() -> None:
    """A record that claims more octets than its set has is malformed; the first one is good."""
    fields = (*V4_FLOW, (82, VARIABLE))
    arrivals = Arrivals()
    described = template(256, fields, version=10)
    good = data(256, fields, [*v4_flow(), b"ok"])
    body = good[4:] + good[4:-3] + b"\xfa" + b"no"

    rows = arrivals.send(ipfix(described, flow_set(256, body)))

    assert len(rows) == 1
    assert any(reason.startswith("malformed") for reason in arrivals.counted())


def test_case_13_a_field_of_no_length_has_no_value_and_does_no_harm() -> None:
    """A field of length 0 is absent; the others are read."""
    fields = ((8, 4), (12, 4), (61, 0), *V4_FLOW[2:], (10, 0))

    source, target, *rest = v4_flow()
    (row,) = Arrivals().send(
        v9(template(256, fields), data(256, fields, [source, target, b"", *rest, b""]))
    )

    assert (row["dst_port"], row["packets"], row["observed"]) == (443, 10, -1)


def test_case_13_a_template_of_no_length_at_all_yields_no_records() -> None:
    """Records of 0 bytes would be without end: such a template is refused, counted."""
    arrivals = Arrivals()

    rows = arrivals.send(v9(template(256, [(8, 0)]), flow_set(256, bytes(64))))

    assert rows == []
    assert sum(arrivals.counted().values()) > 1


@pytest.mark.parametrize(
    "field", [(8, 50), (4, 33), (7, 9), (27, 4), (61, 300)], ids=lambda field: f"IE{field[0]}"
)
def test_case_13_an_absurd_width_does_no_harm(field: tuple[int, int]) -> None:
    """50 bytes for an IPv4 address: no crash, and the fields behind it are in their place."""
    fields = (field, *(each for each in V4_FLOW if each[0] != field[0]))
    values = [value for each, value in zip(V4_FLOW, v4_flow(), strict=True) if each[0] != field[0]]

    rows = Arrivals().send(v9(template(256, fields), data(256, fields, [bytes(field[1]), *values])))

    assert [row["packets"] for row in rows] in ([10], [])


@pytest.mark.parametrize("width", [1, 2, 3, 4, 5, 6, 7, 8])
def test_case_13_numbers_come_in_any_width(width: int) -> None:
    """Reduced-size encoding: counters of 3, 5, 6 and 7 bytes have their value."""
    fields = ((8, 4), (12, 4), (7, 2), (11, 2), (4, 1), (6, 1), (2, 8), (1, width))
    octets = 2 ** min(8 * width, 50) - 1
    packets = octets // 1_000 + 1

    (row,) = Arrivals().send(
        v9(
            template(256, fields),
            data(256, fields, ["192.0.2.1", "198.51.100.1", 1, 2, 17, 0, packets, octets]),
        )
    )

    assert (row["packets"], row["bytes"]) == (packets, octets)


def test_case_13_an_element_that_stands_twice_has_its_first_value() -> None:
    """OVS and others name an element twice: the first one counts, and both are stepped over."""
    fields = ((8, 4), (8, 4), *V4_FLOW[1:])
    source, *rest = v4_flow()

    (row,) = Arrivals().send(
        v9(template(256, fields), data(256, fields, [source, "203.0.113.9", *rest]))
    )

    assert (row["src"], row["dst"]) == ("192.0.2.1", "198.51.100.1")


def test_case_13_of_a_tunnel_the_inner_packet_is_the_flow() -> None:
    """Cisco and Huawei name addresses, ports and protocol twice for SRv6: outside, then inside."""
    outer: tuple[Field, ...] = ((27, 16), (28, 16), (7, 2), (11, 2), (4, 1), (6, 1), (2, 4), (1, 4))
    inner: tuple[Field, ...] = ((8, 4), (12, 4), (7, 2), (11, 2), (4, 1), (6, 1))
    values: list[Value] = ["2001:db8::1", "2001:db8::2", 0, 0, 4, 0, 7, 700]
    values += ["192.0.2.1", "198.51.100.1", 40_000, 443, 6, 0x12]

    (row,) = Arrivals().send(
        ipfix(template(256, outer + inner, version=10), data(256, outer + inner, values))
    )

    assert (row["src"], row["dst"], row["proto"]) == ("192.0.2.1", "198.51.100.1", 6)
    assert (row["src_port"], row["dst_port"], row["tcp_flags"]) == (40_000, 443, 0x12)
    assert (row["packets"], row["bytes"]) == (7, 700)


def test_case_13_a_template_of_285_fields_is_read() -> None:
    """The largest template seen in the field has 285 fields."""
    unknown = [(30_000 + number, 2) for number in range(285 - len(V4_FLOW))]
    fields = (*unknown, *V4_FLOW)

    (row,) = Arrivals().send(
        v9(template(256, fields), data(256, fields, [*[0] * len(unknown), *v4_flow()]))
    )

    assert (row["src"], row["bytes"]) == ("192.0.2.1", 1_000)


def test_case_13_vendors_fields_of_v9_carry_no_enterprise_number() -> None:
    """Field types from 32768 of NetFlow v9 have 4 bytes in a template, not the 8 of IPFIX."""
    fields = ((40_000, 4), *V4_FLOW, (57_590, 2))

    (row,) = Arrivals().send(v9(template(256, fields), data(256, fields, [1, *v4_flow(), 2])))

    assert (row["dst"], row["packets"]) == ("198.51.100.1", 10)


def test_case_13_an_enterprises_element_is_not_the_standard_one_of_its_number() -> None:
    """Element 8 of some enterprise is no source address."""
    fields: tuple[Field, ...] = (*V4_FLOW[1:], (8, 4, 32_473))
    source, *rest = v4_flow()

    rows = Arrivals().send(
        ipfix(template(256, fields, version=10), data(256, fields, [*rest, source]))
    )

    assert all(row["src"] != "192.0.2.1" for row in rows)
