"""Exporters on the loopback interface: real UDP sockets, each with an address of its own."""

import socket
import struct
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import pytest

from hinomi.collect.receive import Block, Receiver

PATIENCE_S = 60.0
"""How long a test waits for what must happen, before it fails."""


def name_of_socket(receiving: socket.socket) -> tuple[str, int]:
    """Give where a socket listens."""
    host, port = receiving.getsockname()[:2]
    return host, port


def bound(address: str = "127.0.0.1", port: int = 0) -> socket.socket:
    """Open a UDP socket bound to an address of this machine."""
    opened = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_DGRAM)
    opened.bind((address, port))
    # Not settimeout(): with that Python waits also where a call asks not to.
    patience = struct.pack("@ll", int(PATIENCE_S), 0)
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, patience)
    return opened


def send(
    payloads: Sequence[bytes], to: tuple[str, int], *, source: str = "127.0.0.1", port: int = 0
) -> None:
    """Send each payload in a datagram of its own; loopback delivers before this returns."""
    with bound(source, port) as sending:
        for payload in payloads:
            sending.sendto(payload, to)


def wait_for(happened: Callable[[], bool]) -> None:
    """Wait until something has happened; fail if it does not."""
    ends_s = time.monotonic() + PATIENCE_S
    while not happened():
        if time.monotonic() > ends_s:
            pytest.fail("it did not happen in time")
        time.sleep(0.002)


@contextmanager
def running(receiver: Receiver) -> Iterator[Receiver]:
    """Run a receiver, and end it whatever happens."""
    receiver.start()
    try:
        yield receiver
    finally:
        receiver.stop(within_s=0.0)
        receiver.join(PATIENCE_S)
        assert not receiver.is_alive()


def taken(receiver: Receiver) -> Block:
    """Take a block that must come."""
    block = receiver.take(PATIENCE_S)
    assert block is not None
    return block


def payloads_of(block: Block) -> list[bytes]:
    """Copy the payloads out of a block."""
    return [
        block.buffer[start : start + length].tobytes()
        for start, length in zip(block.start.tolist(), block.length.tolist(), strict=True)
    ]


def rest_of(receiver: Receiver) -> list[bytes]:
    """Take and release everything until the receiver has ended."""
    payloads: list[bytes] = []
    while True:
        block = receiver.take(PATIENCE_S)
        if block is None:
            assert receiver.is_over
            return payloads
        payloads += payloads_of(block)
        block.release()


def ipv4(text: str) -> bytes:
    """Give an IPv4 address as its 16 mapped bytes."""
    return bytes(10) + b"\xff\xff" + socket.inet_aton(text)
