"""The collector as a process: its announcements, its ends, its workers."""

import os
import re
import signal
import socket
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from collectors import EXPORTER, home_that_collects, read
from exporting import v5, v5_record
from hinomi.clock import wall_clock
from hinomi.collect.accounting import unaccounted
from hinomi.errors import Conflict, HinomiError
from hinomi.model.window import Window
from hinomi.services.collecting import CollectRequest, collect_flows
from hinomi.services.home import open_home
from hinomi.services.mandates import Operation, mandate_for
from loopback import PATIENCE_S, send, wait_for
from terminal import hinomi

_LISTENING = re.compile(r"listening on 127\.0\.0\.1:(\d+)")


class Process:
    """``hinomi collect`` as a process of its own."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.folder = folder
        command = [sys.executable, "-m", "hinomi", "--home", str(folder), "collect", *options]
        self.process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        self.said: list[str] = []
        assert self.process.stderr is not None
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        wait_for(lambda: self._match() is not None or self.process.poll() is not None)
        found = self._match()
        assert found is not None, self.said
        self.port = int(found[1])

    def _read(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.said.append(line)

    def _match(self) -> re.Match[str] | None:
        return _LISTENING.search("".join(self.said))

    def send(self, *payloads: bytes, source: str = EXPORTER) -> None:
        """Send datagrams to it."""
        send(payloads, ("127.0.0.1", self.port), source=source)

    def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Send it a signal and give its exit code."""
        self.process.send_signal(number)
        code = self.process.wait(PATIENCE_S * 3)
        self._reader.join(2.0)  # Workers that were stopped hold its other end.
        return code


@contextmanager
def process(folder: Path, *options: str) -> Iterator[Process]:
    """Run a collector; whatever a test leaves running is killed."""
    running = Process(folder, *options)
    try:
        yield running
    finally:
        if running.process.poll() is None:
            running.process.kill()
            running.process.wait(PATIENCE_S)


def stored_ports(folder: Path) -> list[int]:
    """Give the line's port of each stored record, in order."""
    home = open_home(folder)
    mandate = mandate_for(Operation.DETECT, home.clock)
    batches = home.lake().scan(Window(), mandate)
    return sorted(port for batch in batches for port in batch.column("line_port").to_pylist())


def datagram(first: int, count: int = 1) -> bytes:
    """Make a datagram of version 5 whose flows began just now, from ports *first* and on."""
    records = [v5_record(src_port=first + each) for each in range(count)]
    return v5(*records, sequence=first, export_ms=wall_clock())


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_an_end_on_request_stores_everything(tmp_path: Path, number: signal.Signals) -> None:
    """Both signals end it with exit code 0 and nothing lost."""
    folder = home_that_collects(tmp_path / "lab")

    with process(folder) as running:
        running.send(*(datagram(port, 10) for port in range(1, 500, 10)))
        assert running.end(number) == 0, running.said

    assert stored_ports(folder) == list(range(1, 501))
    assert unaccounted(read(folder)) == 0


def test_a_kill_loses_at_most_what_came_since_the_last_flush(tmp_path: Path) -> None:
    """What was flushed is there once, what came after is gone, and a new run goes on."""
    folder = home_that_collects(tmp_path / "lab", flush_seconds=1)

    with process(folder) as running:
        running.send(datagram(1, 10))
        wait_for(lambda: stored_ports(folder) == list(range(1, 11)))
        config = folder / "config.toml"
        config.write_text(
            config.read_text("utf-8").replace("flush_seconds = 1", "flush_seconds = 3600")
        )
        running.send(datagram(11, 10))
        assert running.end(signal.SIGKILL) == -signal.SIGKILL

    assert set(range(1, 11)) <= set(stored_ports(folder)) <= set(range(1, 21))
    with process(folder) as running:
        running.send(datagram(21, 10))
        assert running.end() == 0
    ports = stored_ports(folder)
    assert set(range(21, 31)) <= set(ports)
    assert len(ports) == len(set(ports))
    assert not any((folder / "lake" / "staging").iterdir())


def test_several_workers_share_the_port(tmp_path: Path) -> None:
    """Each exporter meets one worker; the status and the lake add up."""
    folder = home_that_collects(tmp_path / "lab")
    exporters = [f"127.0.1.{last}" for last in range(1, 9)]

    with process(folder, "--workers", "2") as running:
        wait_for(lambda: len(read(folder).workers) == 2)
        for number, exporter in enumerate(exporters):
            running.send(datagram(1 + 10 * number, 10), source=exporter)
        wait_for(lambda: read(folder).total("records") == 80)
        assert running.end() == 0, running.said

    status = read(folder)
    assert sorted(status.exporters) == exporters
    assert (status.rows.stored, unaccounted(status)) == (80, 0)
    assert stored_ports(folder) == list(range(1, 81))


def test_workers_that_still_start_end_in_order(tmp_path: Path) -> None:
    """A stop right after the start is no failure, and what waited in the kernel is stored."""
    folder = home_that_collects(tmp_path / "lab")

    with process(folder, "--workers", "2") as running:
        running.send(datagram(1, 10))
        assert running.end() == 0, running.said

    assert stored_ports(folder) == list(range(1, 11))


def test_a_worker_that_dies_is_started_again(tmp_path: Path) -> None:
    """Its sockets stay open meanwhile: what arrives waits for the next one."""
    folder = home_that_collects(tmp_path / "lab")

    with process(folder, "--workers", "2") as running:
        wait_for(lambda: len(read(folder).workers) == 2)
        before = {name: each.pid for name, each in read(folder).workers.items()}
        for pid in before.values():
            os.kill(pid, signal.SIGKILL)
        running.send(datagram(1, 10))
        wait_for(
            lambda: all(each.pid != before[name] for name, each in read(folder).workers.items())
        )
        wait_for(lambda: read(folder).total("records") == 10)
        assert running.end() == 0, running.said

    assert stored_ports(folder) == list(range(1, 11))


def pids_of(folder: Path) -> list[int]:
    """Give the processes of all workers that wrote a status."""
    return [each.pid for each in read(folder).workers.values()]


def is_alive(pid: int) -> bool:
    """Tell whether a process still runs; one that waits to be reaped does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


def test_workers_end_with_a_parent_that_was_killed(tmp_path: Path) -> None:
    """They store what they have; until they are gone no second collector starts beside them."""
    folder = home_that_collects(tmp_path / "lab")

    with process(folder, "--workers", "2") as running:
        wait_for(lambda: len(read(folder).workers) == 2)
        pids = pids_of(folder)
        running.send(datagram(1, 10))
        wait_for(lambda: read(folder).total("records") == 10)
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        try:
            running.end(signal.SIGKILL)
            with pytest.raises(Conflict, match="a collector runs on"):
                collect_flows(open_home(folder), CollectRequest(), lambda _line: None)
        finally:
            for pid in pids:
                os.kill(pid, signal.SIGCONT)
        wait_for(lambda: not any(is_alive(pid) for pid in pids))

    assert stored_ports(folder) == list(range(1, 11))
    with process(folder) as running:
        assert running.end() == 0


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_home_that_is_removed_ends_the_collector(tmp_path: Path, workers: str) -> None:
    """It says so, and makes no new home without key and register."""
    folder = home_that_collects(tmp_path / "lab", flush_seconds=1)

    with process(folder, "--workers", workers) as running:
        wait_for(lambda: len(read(folder).workers) == int(workers))
        folder.rename(tmp_path / "elsewhere")
        running.send(datagram(1, 10))
        assert running.process.wait(PATIENCE_S * 3) == 78

    assert "was removed or replaced" in "".join(running.said)
    assert not folder.exists()


@pytest.mark.parametrize("target", ["nowhere", "127.0.0.1:0", "no.such.invalid:9995"])
def test_a_wrong_forward_is_refused_before_anything_is_opened(tmp_path: Path, target: str) -> None:
    """The message names the option, and no socket is open by then."""
    folder = home_that_collects(tmp_path / "lab")
    said: list[str] = []

    with pytest.raises(HinomiError, match="--forward: "):
        collect_flows(open_home(folder), CollectRequest(forward=target), said.append)

    assert said == []


def test_prometheus_reads_the_same_numbers(tmp_path: Path) -> None:
    """The endpoint on this machine serves what `collect status` shows."""
    folder = home_that_collects(tmp_path / "lab")
    config = folder / "config.toml"
    text = config.read_text("utf-8").replace('metrics = ""', 'metrics = "127.0.0.1:29752"')
    config.write_text(text, "utf-8")

    with process(folder) as running:
        running.send(datagram(1, 10))
        wait_for(lambda: read(folder).total("records") == 10)
        with urllib.request.urlopen("http://127.0.0.1:29752/metrics", timeout=10) as answer:
            metrics = answer.read().decode()
        assert running.end() == 0

    assert f'hinomi_collect_records_total{{exporter="{EXPORTER}"}} 10.0' in metrics
    assert "hinomi_collect_unaccounted 0.0" in metrics


def test_one_home_has_one_collector(tmp_path: Path) -> None:
    """A second one says so and changes nothing."""
    folder = home_that_collects(tmp_path / "lab")

    with process(folder) as running:
        with pytest.raises(Conflict, match="a collector runs on"):
            collect_flows(open_home(folder), CollectRequest(), lambda _line: None)
        assert running.end() == 0


def test_whoever_forgot_the_allow_list_is_told(tmp_path: Path) -> None:
    """Without exporters nothing is believed, and the first line says what to do."""
    folder = home_that_collects(tmp_path / "lab", allow="")

    with process(folder) as running:
        assert running.end() == 0

    assert "nobody may send yet" in "".join(running.said)


def test_datagrams_are_passed_on_unchanged(tmp_path: Path) -> None:
    """The collector that the provider already runs gets the same bytes."""
    folder = home_that_collects(tmp_path / "lab")
    payload = datagram(1, 3)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", 0))
        other.settimeout(PATIENCE_S)
        with process(folder, "--forward", f"127.0.0.1:{other.getsockname()[1]}") as running:
            running.send(payload)
            assert other.recv(65_535) == payload
            assert running.end() == 0

    assert stored_ports(folder) == [1, 2, 3]
    assert read(folder).counts["forwarded"] == 1


def test_beginning_and_end_are_journalled(tmp_path: Path) -> None:
    """The journal says when reception began, what was stored, and when it ended."""
    folder = home_that_collects(tmp_path / "lab")
    with process(folder) as running:
        running.send(datagram(1))
        assert running.end() == 0

    stages = [
        entry["stage"]
        for entry in open_home(folder).journal().entries()
        if entry["operation"] == "collect"
    ]
    assert stages == ["begins", "storing", "stored", "ended"]
    assert hinomi("journal", "verify", home=folder).code == 0


@pytest.mark.parametrize(("options", "forwarded"), [((), 1), (("--forward", ""), 0)])
def test_where_to_pass_on_may_stand_in_the_configuration(
    tmp_path: Path, options: tuple[str, ...], forwarded: int
) -> None:
    """The option on the command line wins, also when it says nowhere."""
    folder = home_that_collects(tmp_path / "lab")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", 0))
        config, target = folder / "config.toml", f"127.0.0.1:{other.getsockname()[1]}"
        text = config.read_text("utf-8")
        config.write_text(text.replace('forward = ""', f'forward = "{target}"'), "utf-8")
        with process(folder, *options) as running:
            running.send(datagram(1))
            assert running.end() == 0

    assert read(folder).counts.get("forwarded", 0) == forwarded
