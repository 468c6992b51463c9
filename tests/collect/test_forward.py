"""Passing on: the other collector gets the same datagrams, and nobody waits for it."""

import ctypes
import shutil
import socket
import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from ipaddress import ip_address
from pathlib import Path
from typing import Final, TypeVar

import numpy as np
import pytest
from numpy.typing import NDArray

from hinomi.collect.forward import (
    CUT,
    FAILED,
    FORWARDED,
    NO_ROOM,
    OTHER_FAMILY,
    PORT_GIVEN_UP,
    UNREACHABLE,
    Forwarder,
)
from hinomi.collect.listen import open_sockets
from hinomi.collect.messages import SLOT_BYTES
from hinomi.collect.receive import Block, Pace, Receiver
from hinomi.collect.wire.sources import REFUSED
from hinomi.errors import ConfigError, Unavailable
from loopback import bound, name_of_socket, rest_of, running, send, taken

T = TypeVar("T")
_CLONE_NEWNET: Final = 0x40000000

Sending = tuple[str, list[bytes]]
"""An exporter and what it sends."""


def _received(*sendings: Sending) -> Block:
    """Receive what exporters send over loopback, as one block."""
    listening = open_sockets(["127.0.0.1:0", "[::1]:0"])
    over_v4, over_v6 = listening.sockets
    with running(Receiver(listening.sockets, pace=Pace(window_ms=60_000.0))) as receiver:
        for source, payloads in sendings:
            to = name_of_socket(over_v6 if ":" in source else over_v4)
            send(payloads, to, source=source)
        receiver.stop()
        block = taken(receiver)
        assert rest_of(receiver) == []
    listening.close()
    return block


def _numbered(block: Block, number_of: Callable[[str], int]) -> NDArray[np.int32]:
    texts = [ip_address(row.tobytes()) for row in block.addresses]
    plain = [str(getattr(text, "ipv4_mapped", None) or text) for text in texts]
    return np.array([number_of(text) for text in plain], dtype=np.int32)


@pytest.fixture
def collector() -> Iterator[socket.socket]:
    """Listen as the other collector does."""
    with bound() as opened:
        yield opened


def _target(collector: socket.socket) -> str:
    return "{}:{}".format(*name_of_socket(collector))


def _arrived(collector: socket.socket, count: int) -> list[tuple[str, int, bytes]]:
    """Take datagrams at the other collector: address, port, payload."""
    got = [collector.recvfrom(SLOT_BYTES) for _ in range(count)]
    return [(name[0], name[1], payload) for payload, name in got]


def test_each_exporter_has_a_port_of_its_own(collector: socket.socket) -> None:
    """Payloads go on unchanged, in each exporter's order, from one port per exporter."""
    block = _received(("127.0.0.2", [b"a1", b""]), ("127.0.0.3", [b"b1"]), ("127.0.0.2", [b"a3"]))
    forwarder = Forwarder(_target(collector))
    forwarder.forward(block, _numbered(block, {"127.0.0.2": 0, "127.0.0.3": 1}.__getitem__))
    got = _arrived(collector, 4)
    forwarder.close()

    ports = {payload: port for _, port, payload in got}
    assert [payload for _, _, payload in got if payload != b"b1"] == [b"a1", b"", b"a3"]
    assert ports[b"a1"] == ports[b""] == ports[b"a3"] != ports[b"b1"]
    assert forwarder.counts[FORWARDED] == 4


def test_the_port_stays_from_block_to_block(collector: socket.socket) -> None:
    """An exporter keeps its port here though it changes its own."""
    forwarder = Forwarder(_target(collector))
    for payload in (b"first", b"second"):
        forwarder.forward(_received(("127.0.0.2", [payload])), np.zeros(1, np.int32))
    (_, first, _), (_, second, _) = _arrived(collector, 2)
    forwarder.close()

    assert first == second


def test_only_allowed_exporters_are_passed_on(collector: socket.socket) -> None:
    """What a refused address sends, the other collector does not get."""
    block = _received(("127.0.0.2", [b"allowed"]), ("127.0.0.66", [b"spoofed"] * 3))
    numbers = _numbered(block, lambda text: 0 if text == "127.0.0.2" else REFUSED)
    forwarder = Forwarder(_target(collector))
    forwarder.forward(block, numbers)
    forwarder.forward(block, np.full(4, REFUSED, np.int32))
    forwarder.forward(block, numbers)
    got = [payload for _, _, payload in _arrived(collector, 2)]
    forwarder.close()

    assert got == [b"allowed"] * 2
    assert forwarder.counts[FORWARDED] == 2


def test_a_cut_datagram_is_counted_and_not_passed_on(collector: socket.socket) -> None:
    """It could not go unchanged."""
    block = _received(("127.0.0.2", [b"x" * (SLOT_BYTES + 1), b"whole"]))
    forwarder = Forwarder(_target(collector))
    forwarder.forward(block, np.zeros(2, np.int32))
    got = _arrived(collector, 1)
    forwarder.close()

    assert [payload for _, _, payload in got] == [b"whole"]
    assert (forwarder.counts[CUT], forwarder.counts[FORWARDED]) == (1, 1)


def test_the_number_of_ports_is_bounded(collector: socket.socket) -> None:
    """The exporter silent for longest gives its port up; its datagrams still go, from another."""
    forwarder = Forwarder(_target(collector), most_ports=2)
    open_before = len(list(Path("/proc/self/fd").iterdir()))
    ports = []
    for number in (0, 1, 0, 2, 0, 1):
        forwarder.forward(_received(("127.0.0.2", [b"x"])), np.array([number], np.int32))
        ports.append(_arrived(collector, 1)[0][1])
    open_after = len(list(Path("/proc/self/fd").iterdir()))
    forwarder.close()

    assert open_after - open_before == 2
    assert ports[0] == ports[2] == ports[4]
    assert forwarder.counts[PORT_GIVEN_UP] == 2
    assert forwarder.counts[FORWARDED] == 6


def test_a_collector_that_is_down_is_noticed_and_harms_nothing() -> None:
    """Its machine answers that nobody listens: counted; once it is back it gets all again."""
    block = _received(("127.0.0.2", [b"x"] * 20))
    numbers = np.zeros(20, np.int32)
    with bound() as gone:
        target = name_of_socket(gone)
    forwarder = Forwarder(f"127.0.0.1:{target[1]}")
    forwarder.forward(block, numbers)
    lost = forwarder.counts[UNREACHABLE]
    with bound(port=target[1]) as back:
        forwarder.forward(block, numbers)
        got = [payload for _, _, payload in _arrived(back, 20)]
    forwarder.close()

    assert lost >= 10
    assert got == [b"x"] * 20


def test_what_finds_no_room_is_counted_after_a_short_wait() -> None:
    """Where the network takes nothing, all but the first few are dropped, counted, in time."""
    block = _received(("127.0.0.2", [b"x" * 1000] * 20))

    def forward_into_the_void() -> Forwarder:
        _run("ip link add v0 type veth peer name v1")
        _run("ip addr add 192.0.2.1/24 dev v0")
        for device in ("v0", "v1"):
            _run(f"ip link set {device} up")
        # Nobody answers for 192.0.2.9: packets wait, and fill the socket's send buffer.
        forwarder = Forwarder("192.0.2.9:2055", send_buffer_bytes=4608, patience_ms=20.0)
        forwarder.forward(block, np.zeros(20, np.int32))
        forwarder.close()
        return forwarder

    forwarder = _in_a_network_of_its_own(forward_into_the_void)
    assert forwarder.counts[NO_ROOM] > 10
    assert forwarder.counts[NO_ROOM] + forwarder.counts[FORWARDED] == 20


def test_a_collector_without_a_route_is_counted_unreachable() -> None:
    """Nothing is sent, everything is counted, and the next block is tried again."""
    block = _received(("127.0.0.2", [b"x"] * 3))

    def forward_nowhere() -> Forwarder:
        forwarder = Forwarder("192.0.2.9:2055")
        for _ in range(2):
            forwarder.forward(block, np.zeros(3, np.int32))
        return forwarder

    forwarder = _in_a_network_of_its_own(forward_nowhere)
    assert +forwarder.counts == {FAILED: 6}


def test_a_long_datagram_with_a_kept_address_goes_in_pieces() -> None:
    """Over links of 1,500 bytes the kernel cuts it up, and the other side puts it together."""
    _needs_foreign_sources()
    long = bytes(range(256)) * 34
    block = _received(("127.0.0.2", [long]))

    def forward_over_a_narrow_link() -> tuple[str, int, bytes]:
        _run("ip link set lo up mtu 1500")
        with bound() as collector:
            forwarder = Forwarder(_target(collector), keeps_source=True)
            forwarder.forward(block, np.zeros(1, np.int32))
            forwarder.close()
            return _arrived(collector, 1)[0]

    address, _, payload = _in_a_network_of_its_own(forward_over_a_narrow_link)
    assert (address, payload) == ("127.0.0.2", long)


def test_an_ipv6_exporter_keeps_its_address_towards_ipv6_only() -> None:
    """Addresses of one family cannot stand in packets of the other: those are counted."""
    _needs_foreign_sources()
    block = _received(("127.0.0.2", [b"four"] * 2), ("::1", [b"six"]))
    numbers = _numbered(block, {"127.0.0.2": 0, "::1": 1}.__getitem__)
    with bound("::1") as collector:
        forwarder = Forwarder("[{}]:{}".format(*name_of_socket(collector)), keeps_source=True)
        forwarder.forward(block, numbers)
        got = _arrived(collector, 1)
        forwarder.close()
    with bound() as collector:
        other = Forwarder(_target(collector), keeps_source=True)
        other.forward(block, numbers)
        other.close()

    assert [(address, payload) for address, _, payload in got] == [("::1", b"six")]
    assert (forwarder.counts[OTHER_FAMILY], other.counts[OTHER_FAMILY]) == (2, 1)


def test_from_our_own_address_both_families_go(collector: socket.socket) -> None:
    """Without keeping addresses an IPv6 exporter is passed on over IPv4 too."""
    block = _received(("127.0.0.2", [b"four"]), ("::1", [b"six"]))
    forwarder = Forwarder(_target(collector))
    forwarder.forward(block, np.array([0, 1], np.int32))
    got = {payload for _, _, payload in _arrived(collector, 2)}
    forwarder.close()

    assert got == {b"four", b"six"}


@pytest.mark.parametrize("listen_on", ["127.0.0.1:0", "0.0.0.0:0"])
def test_forwarding_to_ourselves_is_refused(listen_on: str) -> None:
    """A datagram that we send to ourselves would never end."""
    listening = open_sockets([listen_on])
    port = name_of_socket(listening.sockets[0])[1]
    with pytest.raises(ConfigError, match="is where we listen"):
        Forwarder(f"127.0.0.1:{port}", listening=listening.sockets)
    # The same port of another machine, and another port of this one, are other collectors.
    Forwarder(f"192.0.2.1:{port}", listening=listening.sockets)
    Forwarder(f"127.0.0.1:{port ^ 1}", listening=listening.sockets)
    listening.close()


@pytest.mark.parametrize(
    ("target", "raised", "message"),
    [
        ("192.0.2.1", ConfigError, "is not ADDRESS:PORT"),
        ("192.0.2.1:0", ConfigError, "names no port"),
        ("no-such-host.invalid:2055", Unavailable, "cannot be looked up"),
    ],
)
def test_a_target_that_is_none_is_told(target: str, raised: type[Exception], message: str) -> None:
    """What is wrong with it stands in one line."""
    with pytest.raises(raised, match=message):
        Forwarder(target)


def test_the_exporters_address_can_be_kept(collector: socket.socket) -> None:
    """The other collector sees the exporter's address, with right checksums, also in pieces."""
    _needs_foreign_sources()
    long = bytes(range(256)) * 34  # Longer than most links carry in one packet.
    block = _received(("127.0.0.2", [b"short", long]), ("127.0.0.3", [b"other"]))
    forwarder = Forwarder(_target(collector), keeps_source=True)
    forwarder.forward(block, _numbered(block, {"127.0.0.2": 0, "127.0.0.3": 1}.__getitem__))
    got = _arrived(collector, 3)
    forwarder.close()

    assert [(address, payload) for address, _, payload in got] == [
        ("127.0.0.2", b"short"), ("127.0.0.2", long), ("127.0.0.3", b"other"),
    ]  # fmt: skip
    assert got[0][1] == got[1][1]


def _needs_foreign_sources() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as trial:
        try:
            trial.setsockopt(socket.IPPROTO_IP, 19, 1)  # IP_TRANSPARENT.
        except PermissionError:
            pytest.skip("keeping the exporter's address needs CAP_NET_RAW")


def _run(command: str) -> None:
    subprocess.run(command.split(), check=True, capture_output=True)


def _in_a_network_of_its_own(run: Callable[[], T]) -> T:
    """Run in a thread with a network namespace of its own; skip where that is not permitted."""
    libc = ctypes.CDLL(None, use_errno=True)
    if shutil.which("ip") is None:
        pytest.skip("needs the program ip (iproute2)")

    def enter_and_run() -> T | None:
        return run() if libc.unshare(_CLONE_NEWNET) == 0 else None

    with ThreadPoolExecutor(1) as pool:
        result = pool.submit(enter_and_run).result()
    if result is None:
        pytest.skip("a network namespace needs CAP_SYS_ADMIN")
    return result
