"""
How a hub serves its list: members' nodes over real TLS, so many requests a second.

    PYTHONPATH=tests .venv/bin/python benchmarks/hubload.py --seconds 60

The hub is `hinomi serve hub` in a process of its own; the nodes are connections of another one,
each with a certificate and a token of its own. Requests go out at times that are fixed beforehand,
and each is timed from then: one that had to wait for the one before it counts as long as it waited.
"""

import argparse
import asyncio
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from measuring import MIB, peak_rss_mib, this_machine

from hinomi.clock import wall_clock
from hinomi.services.hub.editions import Editions
from hubtls import client_context, give_tls
from openhub import Node, SetClock, configure, join, make_hub, node_of, put_snapshot, serving

_TICKS: Final = os.sysconf("SC_CLK_TCK")

_LIST: Final = "/v1/snapshots/{number}/listings.json"
_COLLECTION: Final = "/taxii2/list/collections/{collection}"

FORMS: Final = {
    "gzip": ((_LIST, "gzip"),),
    "plain": ((_LIST, "identity"),),
    "pull": (
        ("/v1/snapshots/latest", "identity"),
        ("/v1/snapshots?after={before}", "identity"),
        (_LIST, "gzip"),
        ("/v1/snapshots/{number}/envelope", "identity"),
    ),
    "taxii": (
        (f"{_COLLECTION}/objects/?limit=100", "identity"),
        (f"{_COLLECTION}/manifest/", "identity"),
        (f"{_COLLECTION}/objects/", "identity"),
        (f"{_COLLECTION}/objects/?match[version]=all", "identity"),
    ),
    "misp": (
        ("/misp/manifest.json", "gzip"),
        ("/misp/hashes.csv", "gzip"),
        ("/misp/{event}.json", "gzip"),
    ),
}
"""What nodes ask for, one after the other: path and coding."""

_DAY_MS: Final = 86_400_000
_WORDS: Final = "words.json"  # What stands for the names in paths.


@dataclass(frozen=True, slots=True)
class Load:
    """What is asked of the hub."""

    members: int
    per_second: float
    seconds: float
    form: str


def main(arguments: Sequence[str] | None = None) -> None:
    """Make a hub, let it answer, ask, and tell."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[1] if __doc__ else "")
    parser.add_argument("--listings", type=int, default=20_000)
    parser.add_argument("--versions", type=int, default=1, help="lists, every third day one")
    parser.add_argument("--members", type=int, default=200)
    parser.add_argument("--per-second", type=float, default=100.0)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--form", choices=[*FORMS], action="append")
    parser.add_argument("--ask", nargs=2, metavar=("FOLDER", "PORT"), help=argparse.SUPPRESS)
    chosen = parser.parse_args(arguments)
    if chosen.ask:
        load = Load(chosen.members, chosen.per_second, chosen.seconds, chosen.form[0])
        asyncio.run(ask_all(Path(chosen.ask[0]), int(chosen.ask[1]), load))
        return
    print(f"{this_machine()}; load before: {os.getloadavg()[0]:.1f}")
    with tempfile.TemporaryDirectory(prefix="hinomi-hubload-") as folder:
        prepare(Path(folder), chosen.listings, chosen.versions, chosen.members)
        for form in chosen.form or FORMS:
            measure(Path(folder), Load(chosen.members, chosen.per_second, chosen.seconds, form))


def prepare(folder: Path, listings: int, versions: int, members: int) -> None:
    """Make a hub with so many lists, each with a version of every entry, and its members."""
    clock = SetClock(wall_clock())
    home = make_hub(folder / "hub", clock)
    configure(home.folder, metrics="")
    authority = give_tls(home)
    draw = random.Random(20_000)  # noqa: S311 - of a benchmark.
    drawn = [draw.getrandbits(32) for _ in range(listings)]
    with home.casebook() as casebook:
        today_ms = clock.now_ms
        for back in reversed(range(versions)):
            clock.now_ms = today_ms - back * 3 * _DAY_MS
            put_snapshot(home, casebook, listings, lambda number: drawn[number - 1])
        for number in range(members):
            name = f"isp-{number}"
            join(casebook, name, fingerprint=authority.issue(folder, name))
        editions = Editions(lambda: home, casebook)
        words = {
            "number": versions,
            "before": versions - 1,
            "collection": json.loads(editions.taxii_resources().collection)["id"],
            "event": max(editions.newest().misp.events),
        }
    (folder / _WORDS).write_text(json.dumps(words), "utf-8")


def measure(folder: Path, load: Load) -> None:
    """Let the hub answer a load, and print what came of it."""
    with serving(folder / "hub") as running:
        pid = running.process.pid
        before, started = cpu_s(pid), time.monotonic()
        asked = subprocess.run(
            [
                sys.executable, __file__, "--ask", str(folder), str(running.port),
                "--members", str(load.members), "--per-second", str(load.per_second),
                "--seconds", str(load.seconds), "--form", load.form,
            ],
            stdout=subprocess.PIPE, check=True,
        )  # fmt: skip
        used, wall = cpu_s(pid) - before, time.monotonic() - started
        found = json.loads(asked.stdout)
        peak = peak_rss_mib(pid)
        running.end()
    latencies: list[float] = sorted(found["seconds"])

    def quantile(share: float) -> float:
        return 1000 * latencies[min(int(share * len(latencies)), len(latencies) - 1)]

    print(
        f"{load.form}: {load.members} nodes, {len(latencies)} requests in {found['wall_s']:.1f} s "
        f"({len(latencies) / found['wall_s']:.0f}/s), statuses {found['statuses']}: "
        f"p50 {quantile(0.5):.1f}, p95 {quantile(0.95):.1f}, p99 {quantile(0.99):.1f}, most "
        f"{quantile(1):.1f} ms; {found['bytes'] / MIB / found['wall_s']:.1f} MiB/s; "
        f"hub {used:.1f} s of CPU in {wall:.1f} s, {peak:.0f} MiB; "
        f"asking {found['cpu_s']:.1f} s of CPU; load after {os.getloadavg()[0]:.1f}"
    )


def cpu_s(pid: int) -> float:
    """Give the CPU time of a process, of all its threads."""
    fields = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


@dataclass(slots=True)
class Asked:
    """What came of all requests."""

    seconds: list[float]
    statuses: dict[str, int]
    length: int = 0


async def ask_all(folder: Path, port: int, load: Load) -> None:
    """Ask as every node, and print what came of it as JSON."""
    found = Asked([], {})
    words = json.loads((folder / _WORDS).read_text("utf-8"))
    form = [(path.format(**words), coding) for path, coding in FORMS[load.form]]
    connections = [
        await asyncio.open_connection(
            "127.0.0.1",
            port,
            ssl=client_context(folder / "hub", folder, f"isp-{number}"),
            limit=1 << 20,
        )
        for number in range(load.members)
    ]
    every_s = load.members / load.per_second
    begins = time.perf_counter() + 2.0  # Handshakes are over.
    started_cpu = time.process_time()
    await asyncio.gather(
        *(
            ask_as(
                node_of(f"isp-{number}"),
                connection,
                [
                    begins + number / load.per_second + turn * every_s
                    for turn in range(int(load.seconds / every_s))
                ],
                form,
                found,
            )
            for number, connection in enumerate(connections)
        )
    )
    told = {
        "seconds": found.seconds,
        "statuses": found.statuses,
        "bytes": found.length,
        "wall_s": time.perf_counter() - begins,
        "cpu_s": time.process_time() - started_cpu,
    }
    print(json.dumps(told))


async def ask_as(
    node: Node,
    connection: tuple[asyncio.StreamReader, asyncio.StreamWriter],
    times: Sequence[float],
    form: Sequence[tuple[str, str]],
    found: Asked,
) -> None:
    """Ask as one node at *times*, s of the performance counter."""
    reader, writer = connection
    for turn, due in enumerate(times):
        path, coding = form[turn % len(form)]
        await asyncio.sleep(max(due - time.perf_counter(), 0))
        writer.write(
            f"GET {path} HTTP/1.1\r\nHost: hub\r\nAccept-Encoding: {coding}\r\n"
            f"Authorization: Bearer {node.token}\r\n\r\n".encode()
        )
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0])
        await reader.readexactly(length)
        found.seconds.append(time.perf_counter() - due)
        status = head[9:12].decode()
        found.statuses[status] = found.statuses.get(status, 0) + 1
        found.length += length
    writer.close()


if __name__ == "__main__":
    main()
