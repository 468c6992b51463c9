"""Datagrams in and out by the hundred, over real sockets."""

import errno
import socket

import numpy as np
import pytest

from hinomi.collect.messages import SLOT_BYTES, SLOTS, UNTOLD, Outbox, Slots
from hinomi.collect.wire.datagrams import SPARE_BYTES
from loopback import bound, ipv4, name_of_socket, send

BOTH_WAYS = pytest.mark.parametrize("is_plain", [False, True], ids=["at-once", "one-by-one"])


def _payloads(slots: Slots, count: int) -> list[bytes]:
    length = slots.length(count)
    return [
        slots.buffer[at : at + size].tobytes()
        for at, size in zip(slots.start[:count].tolist(), length.tolist(), strict=True)
    ]


@BOTH_WAYS
def test_datagrams_arrive_in_order_with_their_senders(is_plain: bool) -> None:  # noqa: FBT001
    """Payload, length and IPv4 address of each are those that were sent."""
    slots = Slots(8, is_plain=is_plain)
    with bound() as receiving:
        send([b"first", b""], name_of_socket(receiving), source="127.0.0.2")
        send([b"third"], name_of_socket(receiving), source="127.0.0.3")

        assert slots.receive(receiving, 0) == 3
    assert _payloads(slots, 3) == [b"first", b"", b"third"]
    assert [row.tobytes() for row in slots.addresses(3)] == [
        ipv4("127.0.0.2"), ipv4("127.0.0.2"), ipv4("127.0.0.3"),
    ]  # fmt: skip


@BOTH_WAYS
def test_ipv6_senders_keep_their_sixteen_bytes(is_plain: bool) -> None:  # noqa: FBT001
    """An IPv6 address is taken as it is, beside IPv4 in the same slots."""
    slots = Slots(4, is_plain=is_plain)
    with bound("::1") as over_v6, bound() as over_v4:
        send([b"six"], name_of_socket(over_v6), source="::1")
        send([b"four"], name_of_socket(over_v4))
        assert slots.receive(over_v6, 0) == 1
        assert slots.receive(over_v4, 1) == 1

    assert _payloads(slots, 2) == [b"six", b"four"]
    assert slots.addresses(2)[0].tobytes() == socket.inet_pton(socket.AF_INET6, "::1")
    assert slots.addresses(2)[1].tobytes() == ipv4("127.0.0.1")


@BOTH_WAYS
def test_no_datagram_is_no_error(is_plain: bool) -> None:  # noqa: FBT001
    """Where nothing waits, nothing is taken and nobody waits."""
    with bound() as receiving:
        assert Slots(1, is_plain=is_plain).receive(receiving, 0) == 0


@BOTH_WAYS
def test_a_datagram_longer_than_its_slot_is_seen_to_be_cut(is_plain: bool) -> None:  # noqa: FBT001
    """Cut datagrams are marked, those that just fit are not, and no neighbour is overwritten."""
    slots = Slots(4, is_plain=is_plain)
    sent = [b"a" * SLOT_BYTES, b"b" * (SLOT_BYTES + 1), b"c"]
    with bound() as receiving:
        send(sent, name_of_socket(receiving))
        assert slots.receive(receiving, 0) == 3

    assert slots.is_cut(3).tolist() == [False, True, False]
    assert slots.length(3).tolist() == [SLOT_BYTES, SLOT_BYTES, 1]
    assert _payloads(slots, 3) == [sent[0], sent[1][:SLOT_BYTES], b"c"]


@BOTH_WAYS
def test_slots_fill_up_from_where_the_last_reading_ended(is_plain: bool) -> None:  # noqa: FBT001
    """What finds no slot waits for the next reading, also when slots are used again."""
    slots = Slots(3, is_plain=is_plain)
    with bound() as receiving:
        send([b"1", b"2", b"3", b"4"], name_of_socket(receiving), source="127.0.0.9")
        assert slots.receive(receiving, 1) == 2
        assert slots.receive(receiving, 0) == 2

    assert _payloads(slots, 3) == [b"3", b"4", b"2"]
    assert {row.tobytes() for row in slots.addresses(3)} == {ipv4("127.0.0.9")}


def test_the_buffer_has_spare_bytes_behind_the_last_slot() -> None:
    """Whoever reads wide numbers at the end of the last datagram stays inside."""
    assert Slots(2).buffer.size == 2 * SLOT_BYTES + SPARE_BYTES


def test_a_closed_socket_is_an_error_and_not_silence() -> None:
    """Reading a socket that is gone raises."""
    receiving = bound()
    receiving.close()

    with pytest.raises(OSError, match="Bad file descriptor") as raised:
        Slots(1).receive(receiving, 0)
    assert raised.value.errno == errno.EBADF


@pytest.mark.parametrize("count", [0, SLOTS + 1])
def test_no_more_slots_than_one_call_fills(count: int) -> None:
    """A number of slots that one call cannot fill is the caller's bug."""
    with pytest.raises(ValueError, match="slots are outside"):
        Slots(count)


@BOTH_WAYS
def test_payloads_go_out_in_order_and_unchanged(is_plain: bool) -> None:  # noqa: FBT001
    """Any choice of places in the buffer goes out as datagrams, more than one call moves too."""
    buffer = np.arange(256, dtype=np.uint8)
    start = np.arange(SLOTS + 5, dtype=np.int64) % 200
    length = np.arange(SLOTS + 5, dtype=np.int64) % 50
    with bound() as receiving, bound() as sending:
        receiving.setsockopt(socket.SOL_SOCKET, 33, 16 << 20)
        sending.connect(name_of_socket(receiving))
        sent = Outbox(is_plain=is_plain).send(sending, buffer, start, length)

        assert sent == (SLOTS + 5, 0)
        for begin, size in zip(start.tolist(), length.tolist(), strict=True):
            assert receiving.recv(300) == buffer[begin : begin + size].tobytes()


@BOTH_WAYS
def test_sending_stops_at_what_the_kernel_refuses(is_plain: bool) -> None:  # noqa: FBT001
    """A payload that no datagram can hold stops it: what went before is told, then the reason."""
    buffer = np.zeros(70_000, dtype=np.uint8)
    start, length = np.zeros(3, dtype=np.int64), np.array([1, 70_000, 1])
    outbox = Outbox(is_plain=is_plain)
    with bound() as receiving, bound() as sending:
        sending.connect(name_of_socket(receiving))
        sent = outbox.send(sending, buffer, start, length)
        again = outbox.send(sending, buffer, start[1:], length[1:])

    assert sent == (1, errno.EMSGSIZE if is_plain else UNTOLD)
    assert again == (0, errno.EMSGSIZE)
    assert not again.has_no_room
    assert not again.is_unreachable
