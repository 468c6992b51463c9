"""What is asked over a connection ends with its time, whatever it waits for."""

import socket
import threading
from collections.abc import Iterator

import httpcore
import pytest

from hinomi.services.membership.deadline import Connection, Overdue, within

CONNECTED = "connection.connect_tcp.complete"


@pytest.fixture(name="ends")
def two_ends_of_a_connection() -> Iterator[tuple[httpcore.NetworkStream, socket.socket]]:
    """Give a connection on the loopback interface: as a client has it, and the other end."""
    with socket.create_server(("127.0.0.1", 0)) as door:
        stream = httpcore.SyncBackend().connect_tcp("127.0.0.1", door.getsockname()[1])
        other, _ = door.accept()
        with other:
            yield stream, other
        stream.close()


def test_what_is_done_in_time_is_given() -> None:
    """As if it had been done where it was asked for."""
    assert within(60.0, lambda: 7, Connection()) == 7


@pytest.mark.parametrize("error", [ValueError("seven"), KeyboardInterrupt()])
def test_what_goes_wrong_in_time_is_raised(error: BaseException) -> None:
    """Also where it ends the command."""

    def fails() -> None:
        raise error

    with pytest.raises(type(error)) as caught:
        within(60.0, fails, Connection())
    assert caught.value is error


def test_whoever_reads_is_woken(ends: tuple[httpcore.NetworkStream, socket.socket]) -> None:
    """The connection is cut, and the reader finds that it has ended."""
    stream, other = ends
    connection, woken = Connection(), threading.Event()
    connection.trace(CONNECTED, {"return_value": stream})

    def reads() -> None:
        assert stream.read(1) == b""
        woken.set()

    with pytest.raises(Overdue):
        within(0.05, reads, connection)
    assert woken.wait(60.0)
    assert other.recv(1) == b""


def test_whoever_waits_for_something_else_is_left() -> None:
    """Such as for a name; it ends with the process."""
    goes_on = threading.Event()

    with pytest.raises(Overdue):
        within(0.05, goes_on.wait, Connection())
    goes_on.set()


def test_a_line_that_was_cut_takes_no_connection(
    ends: tuple[httpcore.NetworkStream, socket.socket],
) -> None:
    """Whoever was connecting meanwhile asks nothing."""
    stream, other = ends
    connection = Connection()
    connection.cut()

    with pytest.raises(Overdue):
        connection.trace(CONNECTED, {"return_value": stream})
    assert other.recv(1) == b""


def test_a_line_that_is_closed_leaves_the_connection(
    ends: tuple[httpcore.NetworkStream, socket.socket],
) -> None:
    """It holds a second descriptor of it, and lets that go; other events say nothing to it."""
    stream, other = ends
    connection = Connection()
    connection.trace("connection.start_tls.started", {})
    connection.trace(CONNECTED, {"return_value": stream})

    connection.close()
    connection.cut()

    other.sendall(b"x")
    assert stream.read(1) == b"x"
