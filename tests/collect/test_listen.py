"""Sockets for exporters: which worker meets whom, what the kernel tells, what goes wrong."""

import socket
from collections import defaultdict
from ipaddress import IPv6Address
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hinomi.collect.listen import (
    Listening,
    SocketMeter,
    accept_again,
    open_sockets,
    refuse_more,
    worker_of,
    wrapped_difference,
)
from hinomi.errors import ConfigError, Unavailable
from loopback import bound, ipv4, name_of_socket, send

SMALL: Final = 1 << 16


def _waiting(receiving: socket.socket) -> list[tuple[str, bytes]]:
    """Take what waits at a socket: who sent it, and what."""
    found: list[tuple[str, bytes]] = []
    while True:
        try:
            payload, name = receiving.recvfrom(100)
        except BlockingIOError:
            return found
        found.append((name[0], payload))


def _exporters(listening: Listening) -> list[dict[str, int]]:
    """Count for each worker the datagrams of each sender, over all its sockets."""
    counts = []
    for sockets in listening.workers:
        by_sender: defaultdict[str, int] = defaultdict(int)
        for receiving in sockets:
            for sender, _ in _waiting(receiving):
                by_sender[sender] += 1
        counts.append(dict(by_sender))
    return counts


def test_one_exporter_always_meets_the_same_worker() -> None:
    """Whatever ports an exporter sends from, one worker gets it all, as `worker_of` foretells."""
    listening = open_sockets(["127.0.0.1:0"], workers=3, receive_buffer_bytes=1 << 20)
    to = name_of_socket(listening.sockets[0])
    senders = [f"127.0.{third}.{last}" for third in (0, 7) for last in range(2, 22)]
    for sender in senders:
        for _ in range(8):
            send([b"x"], to, source=sender)  # Each time from another port.
    found = _exporters(listening)
    listening.close()

    assert listening.is_by_source
    for worker, counts in enumerate(found):
        assert counts == {s: 8 for s in senders if worker_of(ipv4(s), 3) == worker}
        assert counts, "a worker without any of forty exporters"


def test_exporters_over_ipv6_meet_the_worker_foretold(loopback_v6: list[str]) -> None:
    """The same holds for IPv6 addresses, whose every word counts."""
    listening = open_sockets(["[::1]:0"], workers=3, receive_buffer_bytes=1 << 20)
    port = listening.sockets[0].getsockname()[1]
    for sender in loopback_v6:
        for _ in range(4):
            with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as sending:
                sending.setsockopt(socket.IPPROTO_IPV6, 75, 1)  # IPV6_TRANSPARENT.
                sending.bind((sender, 0))
                sending.sendto(b"x", ("::1", port))
    found = _exporters(listening)
    listening.close()

    for worker, counts in enumerate(found):
        raw = {s: socket.inet_pton(socket.AF_INET6, s) for s in loopback_v6}
        assert counts == {s: 4 for s in loopback_v6 if worker_of(raw[s], 3) == worker}


@pytest.fixture
def loopback_v6() -> list[str]:
    """Name senders that differ in every word; skip where foreign sources may not be used."""
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as trial:
        try:
            trial.setsockopt(socket.IPPROTO_IPV6, 75, 1)
        except PermissionError:
            pytest.skip("sending from foreign IPv6 addresses needs CAP_NET_RAW")
    words = [
        f"2001:db8:{second}::{third}:0:{last}"
        for second in "01"
        for third in "01"
        for last in "123"
    ]
    return [str(IPv6Address(text)) for text in [*words, "::1"]]


def test_workers_share_every_address_and_one_port_each() -> None:
    """Each worker has one socket an address, in their order, IPv6 apart from IPv4."""
    listening = open_sockets(["127.0.0.1:0", "[::1]:0"], workers=2)
    names = [[name_of_socket(one) for one in sockets] for sockets in listening.workers]
    listening.close()

    assert names[0] == names[1]
    assert [host for host, _ in names[0]] == ["127.0.0.1", "::1"]
    assert all(port for _, port in names[0])


def test_ipv4_and_ipv6_listen_on_one_port() -> None:
    """A socket for IPv6 leaves IPv4 to its neighbour."""
    with bound() as trial:
        port = name_of_socket(trial)[1]
    listening = open_sockets([f"0.0.0.0:{port}", f"[::]:{port}"])
    send([b"four"], ("127.0.0.1", port))
    send([b"six"], ("::1", port), source="::1")
    over_v4, over_v6 = (_waiting(one) for one in listening.workers[0])
    listening.close()

    assert over_v4 == [("127.0.0.1", b"four")]
    assert over_v6 == [("::1", b"six")]


def test_sockets_can_be_handed_to_workers_and_never_block() -> None:
    """A child process may inherit them, and reading an empty one returns at once."""
    listening = open_sockets(["127.0.0.1:0"], workers=2)

    assert all(one.get_inheritable() and not one.getblocking() for one in listening.sockets)
    listening.close()


def test_what_finds_no_room_is_counted_by_the_kernel() -> None:
    """Queued bytes grow up to the capacity; each datagram is either received or a drop."""
    listening = open_sockets(["127.0.0.1:0"], receive_buffer_bytes=SMALL)
    receiving = listening.sockets[0]
    meter = SocketMeter(receiving)
    empty = meter.read()
    send([b"x" * 80] * 1000, name_of_socket(receiving))
    full = meter.read()
    received = len(_waiting(receiving))
    listening.close()

    assert (empty.queued_bytes, empty.dropped) == (0, 0)
    assert 0.9 * full.capacity_bytes < full.queued_bytes <= 1.1 * full.capacity_bytes
    assert full.dropped > 0
    assert received + full.dropped == 1000


def test_a_meter_begins_at_nothing_and_goes_on() -> None:
    """Drops before the meter was made are not its own; it counts on from reading to reading."""
    listening = open_sockets(["127.0.0.1:0"], receive_buffer_bytes=SMALL)
    receiving = listening.sockets[0]
    to = name_of_socket(receiving)
    send([b"x" * 80] * 1000, to)
    meter = SocketMeter(receiving)
    before = meter.read().dropped
    send([b"x" * 80] * 30, to)
    middle = meter.read().dropped
    send([b"x" * 80] * 5, to)
    after = meter.read().dropped
    listening.close()

    assert (before, middle, after) == (0, 30, 35)


@given(before=st.integers(0, 2**32 - 1), more=st.integers(0, 2**32 - 1))
def test_a_counter_of_32_bits_may_wrap(before: int, more: int) -> None:
    """The difference is right on both sides of the wrap."""
    assert wrapped_difference((before + more) % 2**32, before) == more


def test_a_receive_buffer_beyond_reach_is_told() -> None:
    """What the kernel does not grant, the operator reads, with the remedy."""
    listening = open_sockets(["127.0.0.1:0"], receive_buffer_bytes=(1 << 31) - 1)
    listening.close()

    assert listening.granted_bytes < (1 << 31) - 1
    assert len(listening.warnings) == 1
    assert "net.core.rmem_max" in listening.warnings[0]


def test_a_receive_buffer_that_is_granted_needs_no_word() -> None:
    """A modest wish is met in full."""
    listening = open_sockets(["127.0.0.1:0"], receive_buffer_bytes=SMALL)
    listening.close()

    assert listening.granted_bytes == SMALL
    assert listening.warnings == []


def test_refusing_more_keeps_what_waits_and_counts_the_rest() -> None:
    """At the end the kernel's queue is emptied while nothing is added to it."""
    listening = open_sockets(["127.0.0.1:0"])
    receiving = listening.sockets[0]
    meter, to = SocketMeter(receiving), name_of_socket(receiving)
    send([b"before"], to)
    refuse_more(receiving)
    send([b"after"] * 3, to)
    left = [payload for _, payload in _waiting(receiving)]
    dropped = meter.read().dropped
    accept_again(receiving)
    accept_again(receiving)  # Twice is no error.
    send([b"again"], to)
    again = [payload for _, payload in _waiting(receiving)]
    listening.close()

    assert (left, dropped, again) == ([b"before"], 3, [b"again"])


@pytest.mark.parametrize("workers", [1, 2])
def test_an_address_in_use_is_told_in_one_line(workers: int) -> None:
    """A second collector on the same port is noticed, also by a group of workers."""
    first = open_sockets(["127.0.0.1:0"], workers=workers)
    port = name_of_socket(first.sockets[0])[1]
    with pytest.raises(Unavailable, match=rf"127\.0\.0\.1:{port} is in use"):
        open_sockets(["127.0.0.1:0", f"127.0.0.1:{port}"], workers=2)
    first.close()


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("192.0.2.1:2055", "is no address of this machine"),
        ("[2001:db8::1]:2055", "is no address of this machine"),
        ("localhost:2055", "localhost is no IP address"),
        ("2055", "is not ADDRESS:PORT"),
        ("::1:2055", "is not ADDRESS:PORT"),
        ("127.0.0.1:", "is not ADDRESS:PORT"),
        ("127.0.0.1:70000", "is not ADDRESS:PORT"),
        ("127.0.0.1:-1", "is not ADDRESS:PORT"),
        (":2055", "is not ADDRESS:PORT"),
    ],
)
def test_an_address_that_cannot_be_listened_on_is_told(address: str, message: str) -> None:
    """What is wrong with it stands in one line that names it."""
    with pytest.raises(ConfigError, match=message) as raised:
        open_sockets([address])
    assert "\n" not in str(raised.value)
