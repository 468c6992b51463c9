"""
Collectors as processes on one core, under datagrams that a sender on the other core replays.

Ours is `hinomi collect` on a home of its own, the peers are nfdump's `nfcapd` and `sfcapd`,
with LZ4, as that is their faster setting. All receive the same datagrams over loopback and
end by SIGTERM; what counts is all that each used from the moment it listened to its end.
"""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec
from measuring import peak_rss_mib

from hinomi.collect.accounting import DROPPED, KEPT
from hinomi.config import CollectConfig, read_config, render_config
from hinomi.services.collecting import collect_status
from hinomi.services.home import open_home

FLUSH_S: Final = 10
"""How often both sides finish a file, so that a short run does it several times."""

BUFFER_MIB: Final = 32
HOST: Final = "127.0.0.1"
OWN: Final = "198.18.0.0/15\n"
"""The own network of `export_payloads`."""

_TICK: Final = os.sysconf("SC_CLK_TCK")
_SETTLE_S: Final = 0.7
_PATIENCE_S: Final = 60.0
_SENT: Final = re.compile(r"([\d,]+) records in ([\d,]+) datagrams.* in ([\d.]+) s")


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What is sent."""

    protocol: str
    rate: int  # Records a second.
    seconds: float
    records_per_datagram: int = 30
    exporters: int = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of a load."""

    collector: str
    load: Load
    sent: int  # Records.
    sent_per_s: float
    stored: int  # Records of which something was written.
    dropped: int  # Records left out for a reason that was counted.
    kernel_drops: int  # Datagrams.
    cpu_s: float
    peak_mib: float
    disk_bytes: int

    @property
    def lost(self) -> int:
        """Records that were sent and are nowhere."""
        return self.sent - self.stored - self.dropped

    @property
    def cpu_per_million(self) -> float:
        """CPU seconds for a million records that arrived."""
        return self.cpu_s * 1e6 / max(1, self.sent - self.lost)

    @property
    def bytes_per_record(self) -> float:
        """Bytes on disk."""
        return self.disk_bytes / max(1, self.stored)


class Process:
    """A collector pinned to one core; its memory and the kernel's drops are watched."""

    def __init__(self, command: Sequence[str], core: int, port: int) -> None:
        """Start *command*, which will listen on *port*."""
        self._port = port
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 - closed by `end`.
        self._process = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=self._log,
            preexec_fn=lambda: os.sched_setaffinity(0, {core}),  # noqa: PLW1509 - no threads yet.
        )  # fmt: skip
        self.peak_mib = 0.0
        self.kernel_drops = 0
        self.cpu_s = 0.0
        self._base_s = 0.0
        self._is_over = threading.Event()
        self._watch: threading.Thread | None = None

    @property
    def pid(self) -> int:
        """The process itself."""
        return self._process.pid

    def wait_ready(self, *, settle_s: float = _SETTLE_S) -> None:
        """Wait until it listens and is at rest; what it used so far does not count."""
        deadline = time.monotonic() + _PATIENCE_S
        while _drops(self._port) is None:
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise SystemExit(f"{self._process.args!r} does not listen:\n{self._said()}")
            time.sleep(0.05)
        time.sleep(settle_s)
        self._base_s = self.used_s()
        self._watch = threading.Thread(target=self._look, daemon=True)
        self._watch.start()

    def used_s(self) -> float:
        """CPU seconds so far, of all its threads."""
        text = Path(f"/proc/{self.pid}/stat").read_text(encoding="ascii", errors="replace")
        fields = text.rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICK

    def end(self) -> None:
        """Ask it to end, and take the sum."""
        os.kill(self.pid, signal.SIGTERM)  # Not by Popen, which would reap it without its sums.
        _, status, usage = os.wait4(self.pid, 0)
        self._process.returncode = os.waitstatus_to_exitcode(status)
        self._is_over.set()
        if self._watch is not None:
            self._watch.join()
        self.cpu_s = usage.ru_utime + usage.ru_stime - self._base_s
        if self._process.returncode not in {0, -signal.SIGTERM}:
            raise SystemExit(f"{self._process.args!r} failed:\n{self._said()}")
        self._log.close()

    def kill(self) -> None:
        """End it if it still runs."""
        if self._process.returncode is None:
            self._process.kill()
            self._process.wait()

    def _look(self) -> None:
        while not self._is_over.wait(0.05):
            with suppress(OSError):  # It ends just now.
                self.peak_mib = max(self.peak_mib, peak_rss_mib(self.pid))
            self.kernel_drops = max(self.kernel_drops, _drops(self._port) or 0)

    def _said(self) -> str:
        self._log.seek(0)
        return self._log.read().decode(errors="replace")


def free_port() -> int:
    """Give a UDP port that nobody uses just now."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def cores() -> tuple[int, int]:
    """Give the collector's core and the sender's; with one core they share it."""
    allowed = sorted(os.sched_getaffinity(0))
    return allowed[0], allowed[-1]


def hinomi(load: Load, parent: Path) -> Outcome:
    """Put *load* on our own collector."""
    with tempfile.TemporaryDirectory(prefix="hinomi-bench-", dir=parent) as folder:
        home, port = make_home(Path(folder)), free_port()
        listen = ["collect", "--listen", f"{HOST}:{port}"]
        process, sent, seconds = _under(load, [*OURS, "--home", str(home), *listen], port)
        status = collect_status(open_home(home))
        return Outcome(
            collector="hinomi",
            load=load,
            sent=sent,
            sent_per_s=sent / seconds,
            stored=status.total(KEPT),
            dropped=sum(status.total(reason) for reason in DROPPED),
            kernel_drops=process.kernel_drops,
            cpu_s=process.cpu_s,
            peak_mib=process.peak_mib,
            disk_bytes=_bytes(home / "lake", "*.parquet"),
        )


def nfdump(load: Load, parent: Path) -> Outcome | None:
    """Put *load* on nfdump's collector of its protocol; None where nfdump is missing."""
    name = "sfcapd" if load.protocol == "sflow" else "nfcapd"
    program = shutil.which(name)
    if program is None or shutil.which("nfdump") is None:
        return None
    with tempfile.TemporaryDirectory(prefix="hinomi-bench-", dir=parent) as folder:
        port = free_port()
        command = [
            program, "-b", HOST, "-p", str(port), *_folder_and_lz4(program, folder),
            "-t", str(FLUSH_S), "-B", str(BUFFER_MIB << 20),
        ]  # fmt: skip
        process, sent, seconds = _under(load, command, port)
        return Outcome(
            collector=name,
            load=load,
            sent=sent,
            sent_per_s=sent / seconds,
            stored=_flows_in(folder),
            dropped=0,
            kernel_drops=process.kernel_drops,
            cpu_s=process.cpu_s,
            peak_mib=process.peak_mib,
            disk_bytes=_bytes(Path(folder), "nfcapd.*"),
        )


OURS: Final = [sys.executable, "-m", "hinomi"]


def make_home(parent: Path, change: Callable[[CollectConfig], CollectConfig] | None = None) -> Path:
    """Make an operational home that registers 1 in 10,000 and believes all of loopback."""
    home, own = parent / "home", parent / "own.txt"
    own.write_text(OWN, encoding="utf-8")
    command = [*OURS, "--home", str(home), "init", "--own-prefixes", str(own)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    path = home / "config.toml"
    config = read_config(path)
    collect = msgspec.structs.replace(
        config.collect,
        allow=("127.0.0.0/8",),
        flush_seconds=FLUSH_S,
        receive_buffer_mib=BUFFER_MIB,
        metrics="",
    )
    collect = change(collect) if change is not None else collect
    path.write_text(render_config(msgspec.structs.replace(config, collect=collect)), "utf-8")
    return home


def _under(load: Load, command: Sequence[str], port: int) -> tuple[Process, int, float]:
    """Run *command* on its core until all of *load* is sent; records and seconds of the sender."""
    core, other = cores()
    process = Process(command, core, port)
    try:
        process.wait_ready()
        sent, seconds = _send(load, port, other)
        time.sleep(_SETTLE_S)
        process.end()
    finally:
        process.kill()
    return process, sent, seconds


def _send(load: Load, port: int, core: int) -> tuple[int, float]:
    command = [
        sys.executable, str(Path(__file__).with_name("replay.py")), f"{HOST}:{port}",
        "--protocol", load.protocol, "--rate", str(load.rate), "--seconds", str(load.seconds),
        "--records-per-datagram", str(load.records_per_datagram),
        "--exporters", str(load.exporters),
    ]  # fmt: skip
    said = subprocess.run(
        command, check=True, stdout=subprocess.PIPE, text=True,
        preexec_fn=lambda: os.sched_setaffinity(0, {core}),
    ).stdout  # fmt: skip
    found = _SENT.match(said)
    if found is None:
        raise SystemExit(f"the sender said {said!r}")
    return int(found[1].replace(",", "")), float(found[3])


def _drops(port: int) -> int | None:
    """Give the datagrams for *port* that found no room so far; None where nobody listens."""
    for line in Path("/proc/net/udp").read_text(encoding="ascii").splitlines()[1:]:
        fields = line.split()
        if int(fields[1].rpartition(":")[2], 16) == port:
            return int(fields[-1])
    return None


def _folder_and_lz4(program: str, folder: str) -> list[str]:
    """Give the options that nfdump 1.7 and its older and newer versions name differently."""
    help_text = subprocess.run(
        [program, "-h"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    ).stdout
    lz4 = "-z=lz4" if "-z=lz4" in help_text else "-y"
    return ["-w" if "-w flowdir" in help_text else "-l", folder, lz4]


def _flows_in(folder: str) -> int:
    said = subprocess.run(
        ["nfdump", "-I", "-R", folder], check=True, stdout=subprocess.PIPE, text=True
    ).stdout
    found = re.search(r"^Flows: (\d+)", said, re.MULTILINE)
    return int(found[1]) if found else 0


def _bytes(folder: Path, pattern: str) -> int:
    return sum(path.stat().st_size for path in folder.rglob(pattern))
