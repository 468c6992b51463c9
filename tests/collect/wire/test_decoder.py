"""Every protocol in one decoder, and what it keeps over a restart."""

from ipaddress import IPv4Address, IPv6Address

import numpy as np
import pytest

from arrivals import EXPORTER, Arrivals
from builders import NOON_MS
from exporting import (
    V4_FLOW,
    data,
    flow_sample,
    frame,
    ipfix,
    options_template,
    sflow,
    template,
    v4_flow,
    v5,
    v5_record,
    v9,
)
from hinomi.collect.wire.datagrams import Datagrams
from hinomi.collect.wire.decoder import (
    DATAGRAM_BYTES,
    DATAGRAMS,
    MALFORMED_SHORT,
    MALFORMED_VERSION,
    RECORDS,
    Decoder,
)
from hinomi.collect.wire.sequences.places import LOST
from hinomi.collect.wire.sets.pending import SETS_WITHOUT_TEMPLATE
from hinomi.collect.wire.sources import Sources
from hinomi.model.exporter import SequenceUnit

ONE_OF_EACH = (
    v5(v5_record(src_port=5)),
    v9(template(256, V4_FLOW), data(256, V4_FLOW, v4_flow(src_port=9))),
    ipfix(template(256, V4_FLOW, version=10), data(256, V4_FLOW, v4_flow(src_port=10))),
    sflow(flow_sample(frame())),
)


def test_one_batch_may_hold_every_protocol() -> None:
    """Each datagram is read by its own version, whatever port it came to."""
    arrivals = Arrivals()

    rows = arrivals.send(*ONE_OF_EACH)

    assert [row["src_port"] for row in rows[:3]] == [5, 9, 10]
    assert len(rows) == 4
    counted = arrivals.counted()
    assert counted[DATAGRAMS] == 4
    assert counted[DATAGRAM_BYTES] == sum(map(len, ONE_OF_EACH))
    assert counted[RECORDS] == 4


@pytest.mark.parametrize("payload", [b"", b"\0", b"\0\x09", b"\0\0\0"])
def test_what_is_too_short_to_have_a_version_is_counted(payload: bytes) -> None:
    """It never borrows the bytes of the datagram behind it."""
    arrivals = Arrivals()

    rows = arrivals.send(payload, ONE_OF_EACH[0])

    assert len(rows) == 1
    assert arrivals.counted()[MALFORMED_SHORT] == 1


@pytest.mark.parametrize("version", [0, 1, 7, 8, 11, 255, 65_535])
def test_other_versions_are_counted(version: int) -> None:
    """NetFlow v1, v7 and v8, and whatever else arrives, is no export that is read here."""
    arrivals = Arrivals()

    assert arrivals.send(version.to_bytes(2, "big") + bytes(60)) == []
    assert arrivals.counted()[MALFORMED_VERSION] == 1


def test_an_empty_batch_gives_nothing() -> None:
    """No datagrams, no records, no counts."""
    arrivals = Arrivals()

    assert arrivals.send() == []
    assert arrivals.counted() == {}


def test_what_is_kept_lets_another_run_go_on() -> None:
    """Templates, rates and start times are known at once, under other numbers of exporters."""
    first = Arrivals()
    options = options_template(512, [(1, 4)], [(34, 4)])
    first.send(
        v9(template(256, V4_FLOW), options, data(512, [(1, 4), (34, 4)], (0, 4_000))),
        source="192.0.2.9",
    )

    second = Arrivals()
    second.number("192.0.2.1")  # Numbers differ from those of the first run.
    second.decoder.restore(first.decoder.keep())
    (row,) = second.send(v9(data(256, V4_FLOW, v4_flow()), sequence=1), source="192.0.2.9")

    assert (row["source"], row["sampling_interval"]) == ("192.0.2.9", 4_000)


def test_what_is_no_longer_allowed_is_not_taken_up() -> None:
    """The allow-list of the new run decides."""
    first = Arrivals()
    first.send(v9(template(256, V4_FLOW), data(256, V4_FLOW, v4_flow())), source="192.0.2.9")
    assert first.decoder.keep().templates
    sources = Sources.allowing(["198.51.100.0/24"])
    decoder = Decoder(sources)

    decoder.restore(first.decoder.keep())

    assert decoder.keep().templates == ()
    assert sources.addresses == []
    assert sources.refused == {}


def test_junk_does_not_outlive_a_restart() -> None:
    """Senders and domains that never gave a record are forgotten; the others stay together."""
    first = Arrivals()
    for last in range(1, 4):
        first.send(b"\0\x09\0\0", source=f"192.0.2.{last}")
    first.send(*(v9(template(256, V4_FLOW), domain=number) for number in range(5)))
    first.send(*ONE_OF_EACH)

    kept = first.decoder.keep()
    assert len(first.sources.addresses) == 4
    assert [IPv6Address(address).ipv4_mapped for address in kept.addresses] == [
        IPv4Address(EXPORTER)
    ]
    assert {(each.source, each.version, each.domain) for each in kept.positions} == {
        (0, 5, 0), (0, 9, 0), (0, 10, 0), (0, 0, 0),
    }  # fmt: skip
    assert [(each.version, each.domain) for each in kept.templates] == [(9, 0), (10, 0)]
    assert first.decoder.templates() == {3: 6}

    second = Arrivals()
    second.decoder.restore(kept)
    again = second.decoder.keep()  # Though none of them was heard this time.
    assert again.addresses == kept.addresses
    assert again.templates == kept.templates
    assert set(again.positions) == set(kept.positions)


def test_trusted_agents_name_the_exporter() -> None:
    """Behind address translation sFlow's own agent address tells exporters apart."""
    sources = Sources.allowing(["::/0"])
    decoder = Decoder(sources, trust_agents=True)
    number = sources.number(b"\0" * 10 + b"\xff\xff" + bytes([192, 0, 2, 250]))

    batch = Datagrams.pack([sflow(flow_sample(frame()))], [number], [NOON_MS])
    records = decoder.decode(batch)

    assert len(records) == 1
    assert sources.text(int(records.source[0])) != EXPORTER
    assert np.unique(records.source).size == 1


def test_at_the_end_nothing_is_held_back() -> None:
    """Wide gaps are claimed and sets without template given up: the account is complete."""
    arrivals = Arrivals()
    arrivals.send(
        *(v9(template(256, V4_FLOW), data(256, V4_FLOW, v4_flow()), sequence=number)
          for number in (0, 1_000)),
        v9(data(300, V4_FLOW, v4_flow()), sequence=1_001),
    )  # fmt: skip
    before = arrivals.counted()

    arrivals.decoder.settle()

    lost, waiting = LOST[SequenceUnit.DATAGRAMS], SETS_WITHOUT_TEMPLATE
    assert (before.get(lost), before.get(waiting)) == (None, None)
    counts = arrivals.counted()
    assert (counts[lost], counts[waiting]) == (999, 1)
    assert arrivals.decoder.waiting == 0
