"""Headers of IPFIX messages: the stated length and the datagram's own."""

import pytest

from builders import NOON_MS
from exporting import flow_set, flows, ipfix
from hinomi.collect.wire.datagrams import Datagrams
from hinomi.collect.wire.ledger import Ledger
from hinomi.collect.wire.sets.groups import UNKNOWN_UPTIME
from hinomi.collect.wire.sets.ipfix import BYTES_BEHIND_MESSAGE, MALFORMED_LENGTH, read_headers
from hinomi.collect.wire.sets.netflow9 import MALFORMED_HEADER, STREAM_REFUSED
from hinomi.collect.wire.sets.walk import Messages
from hinomi.collect.wire.streams import Streams


def read(*payloads: bytes, most: int = 256) -> tuple[Messages, Ledger]:
    """Read the headers of messages of exporter 0."""
    ledger = Ledger()
    batch = Datagrams.pack(payloads, [0] * len(payloads), [NOON_MS] * len(payloads))
    return read_headers(batch, Streams(most_per_source=most), ledger), ledger


def test_the_header_says_when_who_and_which() -> None:
    """There is no uptime in it."""
    messages, _ = read(ipfix(domain=9, sequence=3))

    assert messages.headers.domain.tolist() == [9]
    assert messages.headers.sequence.tolist() == [3]
    assert messages.headers.export_ms.tolist() == [NOON_MS]
    assert messages.headers.uptime_ms.tolist() == [UNKNOWN_UPTIME]


@pytest.mark.parametrize("payload", [ipfix()[:2], ipfix()[:15], ipfix(length=15)])
def test_a_message_that_ends_in_its_header_is_malformed(payload: bytes) -> None:
    """Whether the datagram or its length field says so."""
    messages, ledger = read(payload, ipfix(sequence=1))

    assert messages.headers.sequence.tolist() == [1]
    assert ledger.total(MALFORMED_HEADER) == 1


def test_a_message_ends_where_its_length_says() -> None:
    """What follows in the datagram is counted and not read."""
    payload = ipfix(flow_set(256, b"abcd"))
    messages, ledger = read(payload + b"tail")

    assert (messages.end - messages.begin).tolist() == [8]
    assert messages.is_whole.all()
    assert ledger.total(BYTES_BEHIND_MESSAGE) == 1


def test_a_message_never_ends_behind_its_datagram() -> None:
    """A length field that claims more is counted, and not believed."""
    messages, ledger = read(ipfix(flow_set(256, b"abcd"), length=65_535))

    assert (messages.end - messages.begin).tolist() == [8]
    assert not messages.is_whole.any()
    assert ledger.total(MALFORMED_LENGTH) == 1


def test_domains_beyond_the_limit_are_refused() -> None:
    """Their messages are counted and not read."""
    messages, ledger = read(ipfix(flows(), domain=1), ipfix(flows(), domain=2), most=1)

    assert messages.headers.domain.tolist() == [1]
    assert ledger.total(STREAM_REFUSED) == 1
