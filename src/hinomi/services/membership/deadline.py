"""
One deadline over a whole request: its name, the connection, TLS, headers and body, both ways.

Timeouts of a library are on each step alone: whoever answers one byte at a time keeps within all of
them for ever. So a request is made in a thread of its own, and is left when its time is over.
"""

import socket
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, Final, TypeVar

_ENDS_S: Final = 2.0
"""So long a request whose connection was cut has to notice it."""

T = TypeVar("T")


class Overdue(Exception):
    """The time is over, and what was begun is left."""


class Connection:
    """
    The connection of a client, so that somebody who does not read from it can cut it.

    It holds a second descriptor of the socket: to close the first one under whoever reads from it
    would let that reader go on in the next file that is opened.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._second: socket.socket | None = None
        self._is_cut = False

    def trace(self, event: str, info: Mapping[str, Any]) -> None:
        """
        Take note of a new connection; for the extension ``trace`` of httpx.

        Raises:
            Overdue: If it was cut meanwhile.
        """
        if event != "connection.connect_tcp.complete":
            return
        stream = info["return_value"]
        with self._lock:
            if self._is_cut:
                stream.close()
                raise Overdue
            self._let_go()
            self._second = stream.get_extra_info("socket").dup()

    def cut(self) -> None:
        """End the connection, and every one that would follow, whatever waits for it."""
        with self._lock:
            self._is_cut = True
            if self._second is not None:
                with suppress(OSError):  # It has ended by itself.
                    self._second.shutdown(socket.SHUT_RDWR)
            self._let_go()

    def close(self) -> None:
        """Let go of the second descriptor; the connection stays as it is."""
        with self._lock:
            self._let_go()

    def _let_go(self) -> None:
        if self._second is not None:
            self._second.close()
            self._second = None


def within(seconds: float, does: Callable[[], T], connection: Connection) -> T:
    """
    Do something over a connection, and leave it when its time is over.

    Args:
        seconds: How long it may take.
        does: What; it is done in another thread.
        connection: Over which; it is cut where the time is over.

    Returns:
        What it gives.

    Raises:
        Overdue: If its time is over. The thread ends with its connection, or at the latest with
            this process where it waits for a name or for a connection.
        Exception: What it raises itself.
    """
    given: list[T] = []
    raised: list[BaseException] = []

    def run() -> None:
        try:
            given.append(does())
        except BaseException as error:  # noqa: BLE001 - raised where it was asked for, below.
            raised.append(error)

    thread = threading.Thread(target=run, name="asks the hub", daemon=True)
    thread.start()
    is_over = True
    try:
        thread.join(max(seconds, 0.0))
        is_over = thread.is_alive()
    finally:  # Also where a person ends the command meanwhile.
        if is_over:
            connection.cut()
            thread.join(_ENDS_S)
    if is_over:
        raise Overdue
    if raised:
        raise raised.pop()
    return given.pop()
