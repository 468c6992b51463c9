"""Headers of NetFlow v9, and restarts that sysUptime tells of."""

import numpy as np
import pytest

from builders import NOON_MS
from exporting import UPTIME_MS, flows, v9
from hinomi.collect.wire.datagrams import Datagrams
from hinomi.collect.wire.ledger import Ledger
from hinomi.collect.wire.sets.netflow9 import (
    MALFORMED_HEADER,
    STREAM_REFUSED,
    Uptimes,
    read_headers,
)
from hinomi.collect.wire.sets.walk import Messages
from hinomi.collect.wire.streams import Streams


def read(
    *payloads: bytes, streams: Streams | None = None, ledger: Ledger | None = None
) -> Messages:
    """Read the headers of datagrams of exporter 0."""
    batch = Datagrams.pack(payloads, [0] * len(payloads), [NOON_MS] * len(payloads))
    return read_headers(batch, streams or Streams(), ledger or Ledger())


def restarts(*uptimes: int) -> list[int]:
    """Tell in which of some batches of one datagram each the stream restarted."""
    known, streams = Uptimes(), Streams()
    found = [
        known.restarted(read(v9(uptime_ms=uptime), streams=streams).headers, 1).size
        for uptime in uptimes
    ]
    return np.flatnonzero(found).tolist()


def test_the_header_says_when_who_and_which() -> None:
    """Times in ms, sequence and domain as they stand."""
    headers = read(v9(domain=7, sequence=2**32 - 1)).headers

    assert headers.domain.tolist() == [7]
    assert headers.sequence.tolist() == [2**32 - 1]
    assert headers.export_ms.tolist() == [NOON_MS]
    assert headers.uptime_ms.tolist() == [UPTIME_MS]
    assert headers.arrived_ms.tolist() == [NOON_MS]


def test_a_datagram_that_ends_in_its_header_is_malformed() -> None:
    """The others of the batch are read."""
    ledger = Ledger()
    messages = read(v9()[:19], v9(sequence=5), v9()[:2], ledger=ledger)

    assert messages.headers.sequence.tolist() == [5]
    assert ledger.total(MALFORMED_HEADER) == 2


def test_domains_beyond_the_limit_are_refused() -> None:
    """Their datagrams are counted and not read."""
    ledger = Ledger()
    messages = read(
        *(v9(flows(), domain=domain) for domain in (1, 2, 1)),
        streams=Streams(most_per_source=1),
        ledger=ledger,
    )

    assert messages.headers.domain.tolist() == [1, 1]
    assert ledger.total(STREAM_REFUSED) == 1


def test_uptime_that_goes_back_is_a_restart() -> None:
    """It is told once, and the new uptime counts from then on."""
    assert restarts(3_600_000, 3_601_000, 1_000, 2_000) == [2]


@pytest.mark.parametrize(
    "uptimes",
    [
        (3_600_000, 3_595_000, 3_601_000),
        (2**32 - 1_000, 500),
        (0, 2**32 - 1),
    ],
)
def test_reordering_and_the_wrap_are_no_restarts(uptimes: tuple[int, ...]) -> None:
    """A step back of seconds, and one of 49.7 days, are ordinary."""
    assert restarts(*uptimes) == []


def test_each_stream_has_its_own_uptime() -> None:
    """Two domains of one exporter may have started at different times."""
    known, streams = Uptimes(), Streams()
    for _ in range(2):
        headers = read(
            v9(domain=1, uptime_ms=9_000_000), v9(domain=2, uptime_ms=5), streams=streams
        ).headers
        assert known.restarted(headers, len(streams.known)).size == 0
