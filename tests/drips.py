"""A server that answers one byte at a time, or not at all, on the loopback interface."""

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

GIVES_UP_S: Final = 60.0
"""Then it hangs up: whoever waits for it without an end is told something else by that."""

_PAUSE_S: Final = 0.02
_OK: Final = b"HTTP/1.1 200 OK\r\n"
_PACKED: Final = (
    _OK
    + b"Content-Encoding: gzip\r\nContent-Length: 60000\r\n\r\n\x1f\x8b\x08"
    + bytes(6)
    + b"\x03"
)
_FILLS: Final = {
    "handshake": (b"\x16\x03\x03\x3f\xff", b"\x02"),  # A record of TLS of 16,383 bytes.
    "status line": (b"HTTP/1.1 200 ", b"O"),
    "headers": (_OK + b"X: ", b"x"),
    "more headers": (_OK, b"X: x\r\n"),
    "interim": (b"", b"HTTP/1.1 103 Early Hints\r\n\r\n"),
    "body": (_OK + b"Content-Length: 60000\r\n\r\n", b"x"),
    "large body": (_OK + b"Content-Length: 3000000000\r\n\r\n", b"x" * 64),
    "chunks": (_OK + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
    "packed": (_PACKED, b"\0\0\0\xff\xff"),  # Blocks of DEFLATE that hold nothing.
    "nothing": (b"", b""),
}
PLACES: Final = tuple(_FILLS)
"""Where it begins to drip."""


@contextmanager
def dripping(place: str, folder: Path) -> Iterator[str]:
    """
    Let a server drip from some place on, until this ends.

    Args:
        place: One of `PLACES`, or "connection": then no connection is ever taken.
        folder: Holds `server.pem`, `server.key` and `authority.pem`.

    Yields:
        Its address.
    """
    ends = threading.Event()
    with socket.socket() as door, _opened(door, place) as is_open:
        url = f"https://127.0.0.1:{door.getsockname()[1]}"
        thread = threading.Thread(target=_serve, args=(door, place, folder, ends))
        if is_open:
            thread.start()
        try:
            yield url
        finally:
            ends.set()
            if is_open:
                thread.join()


@contextmanager
def _opened(door: socket.socket, place: str) -> Iterator[bool]:
    """Open the door, or fill the queue before it; tell whether anybody answers."""
    door.bind(("127.0.0.1", 0))
    if place != "connection":
        door.listen(8)
        door.settimeout(_PAUSE_S)
        yield True
        return
    door.listen(0)
    waiting = [socket.socket() for _ in range(4)]
    try:
        for each in waiting:
            each.settimeout(0.0)
            each.connect_ex(door.getsockname())
        yield False
    finally:
        for each in waiting:
            each.close()


def _serve(door: socket.socket, place: str, folder: Path, ends: threading.Event) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "server.pem", folder / "server.key")
    context.load_verify_locations(folder / "authority.pem")
    context.verify_mode = ssl.CERT_REQUIRED
    while not ends.is_set():
        with suppress(OSError):  # Nobody came yet, or whoever came went away.
            came, _ = door.accept()
            with came:
                came.settimeout(5.0)
                if place == "handshake":
                    _drip(came, place, ends)
                else:
                    with context.wrap_socket(came, server_side=True) as line:
                        line.recv(65_536)
                        _drip(line, place, ends)


def _drip(line: socket.socket, place: str, ends: threading.Event) -> None:
    begins, fill = _FILLS[place]
    line.sendall(begins)
    for _ in range(int(GIVES_UP_S / _PAUSE_S)):
        if ends.wait(_PAUSE_S):
            return
        line.sendall(fill)
