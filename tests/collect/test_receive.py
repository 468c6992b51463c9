"""The receiver: everything that arrives is handed on in blocks, or counted."""

import queue
import socket
from collections.abc import Iterator

import numpy as np
import pytest

from builders import NOON_MS
from exporting import v5, v5_record
from hinomi.collect.listen import SocketMeter, open_sockets
from hinomi.collect.messages import SLOT_BYTES, SLOTS
from hinomi.collect.receive import Block, Pace, Receiver, sources_of
from hinomi.collect.wire.datagrams import SPARE_BYTES
from hinomi.collect.wire.sources import REFUSED, Sources
from hinomi.errors import Unavailable
from loopback import (
    ipv4,
    name_of_socket,
    payloads_of,
    rest_of,
    running,
    send,
    taken,
    wait_for,
)

QUICK = Pace(pause_ms=1.0, window_ms=20.0)


@pytest.fixture
def receiving() -> Iterator[socket.socket]:
    """Listen on loopback with a large buffer."""
    listening = open_sockets(["127.0.0.1:0"], receive_buffer_bytes=4 << 20)
    yield listening.sockets[0]
    listening.close()


def test_a_quiet_site_gets_its_block_after_the_window(receiving: socket.socket) -> None:
    """A few datagrams do not wait for a full block; they come with sender and time."""
    with running(Receiver([receiving], pace=QUICK, clock=lambda: NOON_MS)) as receiver:
        send([b"one", b"two"], name_of_socket(receiving), source="127.0.0.5")
        block = taken(receiver)

        assert payloads_of(block) == [b"one", b"two"]
        assert {row.tobytes() for row in block.addresses} == {ipv4("127.0.0.5")}
        assert block.arrived_ms.tolist() == [NOON_MS, NOON_MS]
        assert block.buffer.size == SLOTS * SLOT_BYTES + SPARE_BYTES
        block.release()
    assert receiver.received.datagrams == 2
    assert receiver.received.octets == 6


def test_nothing_received_is_no_block(receiving: socket.socket) -> None:
    """Taking gives up after its time, and the receiver goes on."""
    with running(Receiver([receiving], pace=QUICK)) as receiver:
        assert receiver.take(0.01) is None
        assert not receiver.is_over


def test_full_blocks_come_in_order_without_loss(receiving: socket.socket) -> None:
    """Blocks are used again and again; nothing is lost, doubled or out of order."""
    sent = [number.to_bytes(4, "big") for number in range(6 * SLOTS)]
    pace = Pace(pause_ms=1.0, window_ms=20.0, blocks=2)
    got: list[bytes] = []
    with running(Receiver([receiving], pace=pace)) as receiver:
        for first in range(0, len(sent), 500):
            send(sent[first : first + 500], name_of_socket(receiving))
            while (block := receiver.take(0.0)) is not None:
                got += payloads_of(block)
                block.release()
        receiver.stop()
        got += rest_of(receiver)

    assert got == sent
    assert receiver.received.datagrams == len(sent)


def test_several_sockets_fill_one_block(receiving: socket.socket) -> None:
    """What arrives over IPv4 and over IPv6 comes together."""
    other = open_sockets(["[::1]:0"])
    with running(Receiver([receiving, *other.sockets], pace=QUICK)) as receiver:
        send([b"four"], name_of_socket(receiving))
        send([b"six"], name_of_socket(other.sockets[0]), source="::1")
        receiver.stop()
        assert sorted(rest_of(receiver)) == [b"four", b"six"]
    other.close()


def test_stopping_hands_over_all_that_the_kernel_held(receiving: socket.socket) -> None:
    """Everything that was accepted before the stop comes out; what comes later is a drop."""
    sent = [number.to_bytes(4, "big") for number in range(2500)]
    send(sent, name_of_socket(receiving))
    meter = SocketMeter(receiving)
    with running(Receiver([receiving], pace=Pace(window_ms=60_000.0))) as receiver:
        receiver.stop()
        assert rest_of(receiver) == sent
        send([b"late"], name_of_socket(receiving))

    assert meter.read() == (0, meter.read().capacity_bytes, 1)
    assert receiver.received.unread_bytes == 0


def test_a_socket_serves_the_next_receiver(receiving: socket.socket) -> None:
    """After one receiver was stopped another may take its place."""
    with running(Receiver([receiving])) as first:
        first.stop()
        assert rest_of(first) == []
    with running(Receiver([receiving], pace=QUICK)) as second:
        send([b"again"], name_of_socket(receiving))
        assert payloads_of(taken(second)) == [b"again"]


def test_without_a_free_block_the_wait_is_counted(receiving: socket.socket) -> None:
    """Memory is bounded: nothing is read meanwhile, and reading goes on after a release."""
    pace = Pace(pause_ms=1.0, window_ms=1.0, blocks=2)
    with running(Receiver([receiving], pace=pace)) as receiver:
        to = name_of_socket(receiving)
        send([b"1"], to)
        first = taken(receiver)
        send([b"2"], to)
        second = taken(receiver)
        assert receiver.received.stalls == 0  # No block is free, but nothing waits either.
        send([b"3"], to)
        wait_for(lambda: receiver.received.stalled_ms > 0)
        assert receiver.take(0.0) is None

        first.release()
        third = taken(receiver)
        assert (payloads_of(second), payloads_of(third)) == ([b"2"], [b"3"])
    assert receiver.received.stalls == 1


def test_while_it_waits_the_kernel_counts_what_is_lost() -> None:
    """Received and dropped sum up to what was sent, however slow the consumer is."""
    listening = open_sockets(["127.0.0.1:0"], receive_buffer_bytes=1 << 16)
    receiving = listening.sockets[0]
    meter = SocketMeter(receiving)
    with running(Receiver([receiving], pace=Pace(blocks=1, window_ms=1.0))) as receiver:
        send([b"x" * 80], name_of_socket(receiving))
        held = taken(receiver)
        send([b"x" * 80] * 2000, name_of_socket(receiving))
        wait_for(lambda: receiver.received.stalls == 1)
        held.release()
        receiver.stop()
        received = 1 + len(rest_of(receiver))
        dropped = meter.read().dropped

    assert dropped > 0
    assert received + dropped == 2001
    listening.close()


def test_a_stop_does_not_wait_for_ever_for_a_consumer(receiving: socket.socket) -> None:
    """If nobody releases blocks the end comes all the same, and says what was left unread."""
    pace = Pace(pause_ms=1.0, window_ms=1.0, blocks=1)
    with running(Receiver([receiving], pace=pace)) as receiver:
        send([b"1"], name_of_socket(receiving))
        taken(receiver)
        send([b"2"], name_of_socket(receiving))
        receiver.stop(within_s=0.05)
        receiver.join(10.0)

        assert receiver.received.unread_bytes > 0
        assert receiver.take() is None
        assert receiver.is_over


def test_cut_datagrams_are_handed_over_and_counted(receiving: socket.socket) -> None:
    """A datagram longer than a slot is marked, its beginning is there."""
    with running(Receiver([receiving], pace=QUICK)) as receiver:
        send([b"y" * (SLOT_BYTES + 7), b"z"], name_of_socket(receiving))
        block = taken(receiver)

    assert block.is_cut.tolist() == [True, False]
    assert block.length.tolist() == [SLOT_BYTES, 1]
    assert receiver.received.truncated == 1


def test_a_block_is_released_once(receiving: socket.socket) -> None:
    """Giving memory back twice would give two readers the same block."""
    with running(Receiver([receiving], pace=QUICK)) as receiver:
        send([b"x"], name_of_socket(receiving))
        block = taken(receiver)
        block.release()
        with pytest.raises(ValueError, match="released before"):
            block.release()


def test_a_receiver_that_fails_says_so_after_its_last_block() -> None:
    """A socket that is gone ends the receiver: the consumer is told, not left waiting."""
    listening = open_sockets(["127.0.0.1:0"])
    receiving = listening.sockets[0]
    receiver = Receiver([receiving], pace=Pace(pause_ms=1.0, window_ms=60_000.0))
    with running(receiver):
        send([b"x"], name_of_socket(receiving))
        wait_for(lambda: receiver.received.readings == 1)
        listening.close()
        assert payloads_of(taken(receiver)) == [b"x"]
        with pytest.raises(Unavailable, match="receiving ended"):
            receiver.take(10.0)


def test_sources_get_numbers_in_the_order_of_arrival(receiving: socket.socket) -> None:
    """Allowed senders are numbered as they appear; others are refused and counted."""
    sources = Sources.allowing(["127.0.1.0/24", "::1"])
    other = open_sockets(["[::1]:0"])
    with running(Receiver([receiving], pace=Pace(window_ms=60_000.0))) as receiver:
        for sender in ("127.0.1.9", "127.0.2.1", "127.0.1.3", "127.0.2.1", "127.0.1.9"):
            send([b"x"], name_of_socket(receiving), source=sender)
        receiver.stop()
        block = taken(receiver)
        numbers = sources_of(block, sources)
    other.close()

    assert numbers.dtype == np.int32
    assert numbers.tolist() == [0, REFUSED, 1, REFUSED, 0]
    assert [sources.text(number) for number in (0, 1)] == ["127.0.1.9", "127.0.1.3"]
    assert sources.refused == {ipv4("127.0.2.1"): 2}
    batch = block.datagrams(numbers)
    assert batch.source.tolist() == [0, 1, 0]
    assert [batch.payload(row) for row in range(3)] == [b"x"] * 3


def test_sources_of_both_families_are_told_apart(receiving: socket.socket) -> None:
    """IPv4 and IPv6 senders in one block, some equal in one half of their address."""
    other = open_sockets(["[::1]:0"])
    sources = Sources.allowing(["0.0.0.0/0", "::/0"])
    with running(Receiver([receiving, *other.sockets], pace=QUICK)) as receiver:
        send([b"x"] * 2, name_of_socket(receiving))
        send([b"x"] * 3, name_of_socket(other.sockets[0]), source="::1")
        receiver.stop()
        block = taken(receiver)
        by_row = [sources.text(number) for number in sources_of(block, sources).tolist()]
    other.close()

    assert sorted(by_row) == ["127.0.0.1"] * 2 + ["::1"] * 3
    assert len(block.datagrams(sources_of(block, sources))) == 5


def block_from(*addresses: bytes, payload: bytes) -> Block:
    """Make a block of one datagram from each address."""
    count = len(addresses)
    return Block(
        buffer=np.frombuffer(payload * count + bytes(64), np.uint8),
        start=np.arange(count) * len(payload),
        length=np.full(count, len(payload)),
        arrived_ms=np.zeros(count, np.int64),
        addresses=np.frombuffer(b"".join(addresses), np.uint8).reshape(-1, 16),
        is_cut=np.zeros(count, np.bool_),
        _slots=None,
        _free=queue.LifoQueue(),
    )


def test_noise_takes_no_number_that_exporters_need() -> None:
    """Once half the numbers are gone, a new sender of a wide prefix has to send an export."""
    sources = Sources.allowing(["192.0.2.0/24"], most=4)
    senders = [ipv4(f"192.0.2.{last}") for last in range(8)]

    noise = block_from(*senders[:2], payload=b"\0\x09\0\0")
    assert sources_of(noise, sources).tolist() == [0, 1]
    assert sources_of(block_from(*senders[2:], payload=b"\0\x09\0\0"), sources).max() == REFUSED
    assert sources_of(block_from(senders[5], payload=v5(v5_record())), sources).tolist() == [2]
    assert sources_of(noise, sources).tolist() == [0, 1]
    assert sources.over_limit == 6
