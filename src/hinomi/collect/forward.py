"""
Passing datagrams on, unchanged, to the collector that a provider already runs.

Collectors keep templates by the address that datagrams come from. So either the exporter's own
address is kept, which needs a privilege, or each exporter at least has a port of its own here.
Whatever does not go out at once is counted and forgotten: reception never waits for others.

Source: ip(7), IP_TRANSPARENT; ipv6(7); udp(7) for errors of connected sockets.
"""

import select
import socket
import time
from collections import Counter, OrderedDict
from collections.abc import Sequence
from ipaddress import IPv6Address, ip_address
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from hinomi.collect.messages import UNTOLD, Outbox
from hinomi.collect.receive import Block
from hinomi.collect.wire.sources import REFUSED
from hinomi.errors import ConfigError, Unavailable
from hinomi.listening import split_address

_IP_TRANSPARENT: Final = 19
_IPV6_TRANSPARENT: Final = 75
_SEND_BUFFER_BYTES: Final = 4 << 20  # About one block of 1,400-byte datagrams.

_MOST_ANSWERS: Final = 8  # Of one exporter in one block; then the rest is not tried.

FORWARDED: Final = "forwarded"
"""Datagrams that the kernel took."""

NO_ROOM: Final = "forward-no-room"
"""Datagrams dropped: the kernel had no room for them in time."""

UNREACHABLE: Final = "forward-unreachable"
"""Answers that nobody listens there, and datagrams that were not tried after some of them."""

FAILED: Final = "forward-failed"
"""Datagrams dropped: the kernel refused them, for example without a route."""

CUT: Final = "forward-cut"
"""Datagrams dropped: they were longer than we read, so they cannot go unchanged."""

OTHER_FAMILY: Final = "forward-other-family"
"""Datagrams dropped: an IPv6 exporter's address cannot be kept towards IPv4, nor the reverse."""

PORT_GIVEN_UP: Final = "forward-port-given-up"
"""Exporters whose local port was given up for another's: later they come from a new one."""


class Forwarder:
    """
    Sends what allowed exporters send to one other collector.

    Args:
        target: ``HOST:PORT`` of the other collector; a name is looked up once, here.
        keeps_source: Send from the exporter's address (CAP_NET_RAW or CAP_NET_ADMIN, and a
            network that lets foreign sources pass) instead of from our own.
        most_ports: Exporters that have a socket at a time; the one silent longest gives way.
        patience_ms: How long one call may wait altogether for room in the kernel.
        send_buffer_bytes: Room to ask for each socket; the kernel may give less.
        listening: Our own sockets, to notice a circle.

    Raises:
        ConfigError: If *target* is no such thing or ourselves, or the privilege is missing.
        Unavailable: If the name of *target* cannot be looked up.

    Notes:
        What addresses send that are not allowed is not passed on: the other collector would
        believe it. The port is ours in both modes, and one for each exporter whatever ports
        it uses. Behind a kept source address nobody tells us that the collector is down.
    """

    def __init__(
        self,
        target: str,
        *,
        keeps_source: bool = False,
        most_ports: int = 256,
        patience_ms: float = 10.0,
        send_buffer_bytes: int = _SEND_BUFFER_BYTES,
        listening: Sequence[socket.socket] = (),
    ) -> None:
        self.counts: Counter[str] = Counter()
        self._family, self._target = resolve_forward(target)
        _check_no_circle(target, self._family, self._target, listening)
        self._keeps_source = keeps_source
        self._most_ports = most_ports
        self._patience_s = patience_ms / 1000
        self._send_buffer_bytes = send_buffer_bytes
        self._outbox = Outbox()
        self._ports: OrderedDict[int, socket.socket] = OrderedDict()  # By exporter; oldest first.
        self._give_up_s = 0.0
        if keeps_source:
            self._check_privilege()

    def forward(self, block: Block, source: NDArray[np.int32]) -> None:
        """
        Send the block's datagrams of allowed exporters, each exporter's in their order.

        Args:
            block: n datagrams.
            source: Number of the exporter of each, shape (n,); `sources.REFUSED` stays here.
        """
        self._give_up_s = time.monotonic() + self._patience_s
        is_allowed = source != REFUSED
        self.counts[CUT] += int(np.count_nonzero(is_allowed & block.is_cut))
        rows = np.flatnonzero(is_allowed & ~block.is_cut)
        if not rows.size:
            return
        rows = rows[np.argsort(source[rows], kind="stable")]
        begins = np.flatnonzero(np.diff(source[rows], prepend=REFUSED))
        for part in np.split(rows, begins[1:]):
            self._forward_one(block, int(source[part[0]]), part)

    def close(self) -> None:
        """Close all sockets."""
        for sending in self._ports.values():
            sending.close()
        self._ports.clear()

    def _forward_one(self, block: Block, number: int, rows: NDArray[np.int64]) -> None:
        """Send the *rows* of one exporter."""
        address = IPv6Address(block.addresses[rows[0]].tobytes())
        if self._keeps_source and (address.ipv4_mapped is None) == (self._family == socket.AF_INET):
            self.counts[OTHER_FAMILY] += rows.size
            return
        try:
            sending = self._port_of(number, str(address.ipv4_mapped or address))
            if sending.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
                self.counts[UNREACHABLE] += 1  # The answer to an earlier one; now it is cleared.
        except OSError:
            self.counts[FAILED] += rows.size
            return
        answers = 0
        while rows.size:
            sent = self._outbox.send(sending, block.buffer, block.start[rows], block.length[rows])
            self.counts[FORWARDED] += sent.datagrams
            rows = rows[sent.datagrams :]
            if sent.error == UNTOLD and _has_room(sending, 0.0) and answers < _MOST_ANSWERS:
                answers += 1  # Not for want of room: it was an answer to an earlier datagram.
                self.counts[UNREACHABLE] += 1
            elif sent.error:
                if answers < _MOST_ANSWERS and sent.has_no_room and self._waited_for_room(sending):
                    continue
                reason = NO_ROOM if sent.has_no_room else FAILED
                is_down = sent.is_unreachable or answers == _MOST_ANSWERS
                self.counts[UNREACHABLE if is_down else reason] += rows.size
                return

    def _waited_for_room(self, sending: socket.socket) -> bool:
        """Wait as long as this call still may; say if there is room."""
        left_s = self._give_up_s - time.monotonic()
        return left_s > 0 and _has_room(sending, left_s)

    def _port_of(self, number: int, address: str) -> socket.socket:
        """Give the exporter's own socket, a new one if it has none (any more)."""
        sending = self._ports.get(number)
        if sending is not None:
            self._ports.move_to_end(number)
            return sending
        sending = self._open(address if self._keeps_source else None)
        if len(self._ports) >= self._most_ports:
            self._ports.popitem(last=False)[1].close()
            self.counts[PORT_GIVEN_UP] += 1
        self._ports[number] = sending
        return sending

    def _open(self, source_address: str | None) -> socket.socket:
        sending = socket.socket(self._family, socket.SOCK_DGRAM)
        try:
            sending.setblocking(False)  # noqa: FBT003 - socket's own signature.
            sending.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, self._send_buffer_bytes)
            if source_address is not None:
                _allow_any_source(sending)
                sending.bind((source_address, 0))
            sending.connect(self._target)
        except BaseException:
            sending.close()
            raise
        return sending

    def _check_privilege(self) -> None:
        with socket.socket(self._family, socket.SOCK_DGRAM) as trial:
            try:
                _allow_any_source(trial)
            except PermissionError:
                raise ConfigError(
                    "collect.forward: to keep the exporters' addresses the service needs "
                    "CAP_NET_RAW; give it that, or forward from our own address"
                ) from None


def _has_room(sending: socket.socket, within_s: float) -> bool:
    """Tell if the kernel can take a datagram, now or within a time."""
    poll = select.poll()
    poll.register(sending, select.POLLOUT)
    return bool(poll.poll(within_s * 1000))


def parse_forward(target: str, where: str = "collect.forward") -> tuple[str, int]:
    """
    Parse where to pass datagrams on to: host and port; nothing is looked up.

    Args:
        target: What the operator wrote.
        where: Where it was written, for messages.

    Raises:
        ConfigError: If it is not HOST:PORT.
    """
    host, port = split_address(target, where)
    if not port:
        raise ConfigError(f"{where}: {target} names no port")
    return host, port


def _allow_any_source(sending: socket.socket) -> None:
    """Let the socket send from an address that is not ours."""
    if sending.family == socket.AF_INET6:
        sending.setsockopt(socket.IPPROTO_IPV6, _IPV6_TRANSPARENT, 1)
    else:
        sending.setsockopt(socket.IPPROTO_IP, _IP_TRANSPARENT, 1)


def resolve_forward(target: str, where: str = "collect.forward") -> tuple[int, tuple[Any, ...]]:
    """
    Look up where to pass datagrams on to: address family and socket address.

    Args:
        target: What the operator wrote.
        where: Where it was written, for messages.

    Raises:
        ConfigError: If it is not HOST:PORT.
        Unavailable: If its name cannot be looked up.
    """
    host, port = parse_forward(target, where)
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)[0]
    except OSError:
        raise Unavailable(f"{where}: the name {host} cannot be looked up") from None
    return family, address


def _check_no_circle(
    text: str, family: int, target: tuple[Any, ...], listening: Sequence[socket.socket]
) -> None:
    """Refuse a target that is one of our own sockets: its datagrams would never end."""
    for receiving in listening:
        name = receiving.getsockname()
        if receiving.family != family or name[1] != target[1]:
            continue
        here, there = ip_address(name[0].partition("%")[0]), ip_address(target[0].partition("%")[0])
        if here == there or (here.is_unspecified and _is_ours(family, target)):
            raise ConfigError(f"collect.forward: {text} is where we listen; name the other one")


def _is_ours(family: int, target: tuple[Any, ...]) -> bool:
    """Tell if an address belongs to this machine."""
    with socket.socket(family, socket.SOCK_DGRAM) as trial:
        try:
            trial.bind((target[0], 0, *target[2:]))
        except OSError:
            return False
    return True
