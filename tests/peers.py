"""Real exporters and collectors of others, run on the loopback interface by their programs."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import tarfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pytest

from captures import FLOWS
from loopback import PATIENCE_S, bound, name_of_socket, send, wait_for

NDPI: Final = FLOWS / "ndpi" / "ndpi-default-pcaps.tar.zst"

PACKAGES: Final = {
    "softflowd": "softflowd",
    "pmacctd": "pmacct",
    "nfcapd": "nfdump",
    "nfdump": "nfdump",
    "sfcapd": "nfdump-sflow",
    "java": "default-jre-headless",
    "chromium": "chromium",
    "initdb": "postgresql",
}
"""Debian's package of each program."""

_PATH: Final = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"
_BUFFER_BYTES: Final = 4 << 20
_PMACCTD_S: Final = 60.0


def program(name: str) -> str:
    """Find a program; the test skips without it, or fails where every peer is required."""
    # Debian keeps PostgreSQL's programs apart, by version: the newest of them.
    apart = sorted(
        Path("/usr/lib/postgresql").glob("*/bin"), key=lambda each: int(each.parent.name)
    )
    path = ":".join([_PATH, *map(str, reversed(apart))])
    found = shutil.which(name, path=path)
    if found is None:
        reason = f"{name} is not installed (Debian: apt install {PACKAGES[name]})"
        if os.environ.get("HINOMI_REQUIRE_PEERS") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    return found


def unpacked(folder: Path, *names: str) -> list[Path]:
    """Unpack some captures of nDPI's collection into *folder*; skip without the real data."""
    if not NDPI.is_file():
        pytest.skip("../shared/data is absent")
    paths = {}
    with (
        pa.CompressedInputStream(pa.OSFile(str(NDPI)), "zstd") as plain,
        tarfile.open(fileobj=plain, mode="r|") as archive,
    ):
        for member in archive:
            name = Path(member.name).name
            content = archive.extractfile(member) if name in names else None
            if content is not None:
                paths[name] = folder / name
                paths[name].write_bytes(content.read())
            if len(paths) == len(names):
                break
    assert set(paths) == set(names)
    return [paths[name] for name in names]


def softflowd(capture: Path, version: int, folder: Path, *, interval: int = 1) -> list[bytes]:
    """Let softflowd export the flows of a capture, sampled 1 in *interval*; give its datagrams."""
    with _recording() as recording:
        host, port = name_of_socket(recording)
        command = [
            program("softflowd"), "-r", str(capture), "-n", f"{host}:{port}", "-v", str(version),
            "-s", str(interval), "-d", "-a", "-p", str(folder / "softflowd.pid"), "-c", "none",
        ]  # fmt: skip
        subprocess.run(command, check=True, capture_output=True, timeout=PATIENCE_S)
        return _received(recording)


def pmacctd(capture: Path, plugins: Sequence[dict[str, str]], folder: Path) -> list[list[bytes]]:
    """
    Let pmacctd export the packets of a capture by several plugins at the same time.

    Args:
        capture: A pcap file.
        plugins: The settings of each: `plugins` names it, `*_receiver` is filled in.
        folder: For its configuration.

    Returns:
        The datagrams of each plugin, in its order.
    """
    found = program("pmacctd")
    runs = []
    for number, settings in enumerate(plugins):
        recording = _open_recording()
        host, port = name_of_socket(recording)
        lines = {
            "daemonize": "false",
            "pcap_savefile": str(capture),
            "aggregate": "src_host, dst_host, src_port, dst_port, proto, tos, tcpflags",
            "plugin_pipe_size": "20000000",
            "plugin_buffer_size": "20000",  # Smaller ones lose packets.
            f"{settings['plugins']}_receiver": f"{host}:{port}",
        } | settings
        path = folder / f"pmacctd-{number}.conf"
        path.write_text("".join(f"{key}: {value}\n" for key, value in lines.items()), "utf-8")
        running = subprocess.Popen(
            [found, "-f", str(path)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        runs.append((recording, running))
    datagrams = []
    for recording, running in runs:
        running.wait(_PMACCTD_S)
        datagrams.append(_received(recording))
        recording.close()
    return datagrams


def captured(payloads: Sequence[bytes], folder: Path, *, by: str = "nfcapd") -> Path:
    """
    Send datagrams to nfcapd, or to sfcapd, and give the file that it wrote.

    It is ended only when its socket is empty, so that it has seen every datagram.
    """
    folder.mkdir()
    with bound() as free:
        host, port = name_of_socket(free)
    command = [program(by), "-p", str(port), "-b", host, "-w", str(folder), "-t", "3600"]
    command += ["-B", str(_BUFFER_BYTES)]
    running = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_for(lambda: _waiting(port) is not None)
        for payload in payloads:
            send([payload], (host, port))
            wait_for(lambda: (_waiting(port) or 0) < _BUFFER_BYTES // 4)
        wait_for(lambda: _waiting(port) == 0)
        time.sleep(0.05)  # What was taken from the socket last is still in its hands.
        running.send_signal(signal.SIGTERM)
        running.wait(PATIENCE_S)
    finally:
        running.kill()
    (path,) = (path for path in folder.iterdir() if path.stat().st_size > 0)
    return path


def totals(path: Path) -> tuple[int, int, int]:
    """Give flows, packets and bytes of a file of nfcapd, as nfdump sums them up."""
    said = _nfdump("-r", str(path), "-I")
    found = dict(line.split(": ", 1) for line in said.splitlines() if ": " in line)
    return int(found["Flows"]), int(found["Packets"]), int(found["Bytes"])


def printed(path: Path) -> list[dict[str, Any]]:
    """Give the records of a file of nfcapd as nfdump prints them."""
    said = _nfdump("-r", str(path), "-o", "json", "-q").strip().rstrip(",")
    records: list[dict[str, Any]] = json.loads(f"[{said}]")
    return records


def nfdump_version() -> str:
    """Give the version of nfdump, such as "1.7.1"."""
    found = re.search(r"\d+(\.\d+)+", _nfdump("-V"))
    assert found is not None
    return found[0]


def _nfdump(*arguments: str) -> str:
    command = [program("nfdump"), *arguments]
    said = subprocess.run(command, check=True, capture_output=True, text=True, timeout=PATIENCE_S)
    return said.stdout


def _open_recording() -> socket.socket:
    recording = bound()
    recording.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER_BYTES)
    return recording


@contextmanager
def _recording() -> Iterator[socket.socket]:
    with _open_recording() as recording:
        yield recording


def _received(recording: socket.socket) -> list[bytes]:
    """Take everything out of a socket whose sender has ended."""
    datagrams = []
    while True:
        try:
            datagrams.append(recording.recv(65_535, socket.MSG_DONTWAIT))
        except BlockingIOError:
            break
    assert _drops(recording) == 0
    return datagrams


def _drops(receiving: socket.socket) -> int:
    return int(_of_socket(name_of_socket(receiving)[1])[12])


def _waiting(port: int) -> int | None:
    """Give the bytes that wait in the socket bound to *port*; None if there is none."""
    columns = _of_socket(port)
    return int(columns[4].split(":")[1], 16) if columns else None


def _of_socket(port: int) -> list[str]:
    """Give the columns of the kernel's table for a UDP port."""
    for line in Path("/proc/net/udp").read_text("ascii").splitlines()[1:]:
        columns = line.split()
        if int(columns[1].split(":")[1], 16) == port:
            return columns
    return []
