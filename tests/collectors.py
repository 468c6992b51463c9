"""A collector of a home of one's own, on loopback, in a thread of the test."""

import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from builders import NOON_MS
from hinomi.collect.accounting import CollectStatus
from hinomi.collect.listen import open_sockets
from hinomi.services.collecting import collect_status
from hinomi.services.collector import Collector, Signals, WorkerTask
from hinomi.services.home import Home, open_home
from loopback import PATIENCE_S, name_of_socket, send
from terminal import hinomi, make_home

EXPORTER = "127.0.1.1"


def home_that_collects(
    folder: Path, *, sampling: int | None = 1, allow: str = "127.0.0.0/8", flush_seconds: int = 3600
) -> Path:
    """Make a home whose own network is 192.0.2.0/24, that lets loopback send."""
    home = make_home(folder, sampling=sampling)
    config = home / "config.toml"
    text = config.read_text("utf-8")
    for option, value in (
        ("listen", '["127.0.0.1:0"]'),
        ("allow", f'["{allow}"]' if allow else "[]"),
        ("flush_seconds", str(flush_seconds)),
        ("metrics", '""'),
        ("receive_buffer_mib", "1"),
    ):
        before = next(line for line in text.splitlines() if line.startswith(f"{option} = "))
        text = text.replace(before, f"{option} = {value}")
    config.write_text(text, "utf-8")
    assert hinomi("config", "check", home=home).code == 0
    return home


@dataclass(slots=True)
class Running:
    """A collector that runs, and what a test may ask of it."""

    collector: Collector
    signals: Signals
    port: int
    folder: Path

    def send(self, *payloads: bytes, source: str = EXPORTER) -> None:
        """Send datagrams to it, as one exporter."""
        send(payloads, ("127.0.0.1", self.port), source=source)

    def status(self) -> CollectStatus:
        """Read the status that it wrote last."""
        return read(self.folder)


def read(folder: Path) -> CollectStatus:
    """Read what the collector of the home at *folder* said last."""
    return collect_status(open_home(folder))


@contextmanager
def collecting(
    folder: Path, *, clock: Callable[[], int] = lambda: NOON_MS, task: WorkerTask | None = None
) -> Iterator[Running]:
    """Run a collector of the home at *folder* at noon; leave when it has made all durable."""
    home: Home = open_home(folder, clock)
    listening = open_sockets(["127.0.0.1:0"], receive_buffer_bytes=1 << 20)
    sockets: Sequence[socket.socket] = listening.workers[0]
    collector, signals = Collector(home, task or WorkerTask(), sockets), Signals()
    failures: list[BaseException] = []

    def run() -> None:
        try:
            collector.run(signals)
        except BaseException as error:  # noqa: BLE001 - told by the test's own thread.
            failures.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        yield Running(collector, signals, name_of_socket(sockets[0])[1], folder)
    finally:
        signals.is_ending = True
        thread.join(PATIENCE_S)
        listening.close()
    if thread.is_alive():
        pytest.fail("the collector did not end")
    if failures:
        raise failures[0]
