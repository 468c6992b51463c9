"""
What receiving costs: datagrams over loopback into blocks, each with its exporter's number.

    python benchmarks/receive_datagrams.py --rates 33000 100000 300000 --seconds 5

The sender runs on a core of its own; loss is what the kernel counted as dropped.
"""

import argparse
import os
import re
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from measuring import peak_rss_mib, this_machine

from hinomi.collect.listen import SocketMeter, open_sockets
from hinomi.collect.receive import Pace, Receiver, sources_of
from hinomi.collect.wire.sources import Sources


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What one rate came to."""

    sent: int
    received: int
    dropped: int
    cpu_s: float
    blocks: int
    readings: int
    stalled_ms: float


def measure(
    rate: int, seconds: float, *, buffer_bytes: int, pace: Pace, options: list[str]
) -> Cost:
    """Receive what a sender in another process sends at *rate* datagrams a second."""
    listening = open_sockets(["127.0.0.1:0"], receive_buffer_bytes=buffer_bytes)
    receiving = listening.sockets[0]
    meter, sources = SocketMeter(receiving), Sources.allowing(["127.0.0.0/8"])
    receiver = Receiver([receiving], pace=pace)
    receiver.start()
    target = f"127.0.0.1:{receiving.getsockname()[1]}"
    sender = _sender(rate * 30, seconds, target, options)
    block = receiver.take(60.0)  # The sender makes its datagrams up first: that is not measured.
    cpu_s = time.process_time()
    while block is not None or sender.poll() is None:
        if block is not None:
            sources_of(block, sources)
            block.release()
        block = receiver.take(0.2)
    receiver.stop()
    while receiver.take() is not None:
        pass
    cpu_s = time.process_time() - cpu_s
    found = re.search(r"in ([\d,]+) datagrams", sender.communicate()[0])
    dropped = meter.read().dropped
    listening.close()
    got = receiver.received
    return Cost(
        sent=int(found[1].replace(",", "")) if found else 0,
        received=got.datagrams,
        dropped=dropped,
        cpu_s=cpu_s,
        blocks=got.blocks,
        readings=got.readings,
        stalled_ms=got.stalled_ms,
    )


def _sender(
    records_per_s: int, seconds: float, target: str, options: list[str]
) -> subprocess.Popen[str]:
    replay = str(Path(__file__).with_name("replay.py"))
    command = [sys.executable, replay, "--rate", str(records_per_s), "--seconds", str(seconds)]
    cores = sorted(os.sched_getaffinity(0))
    return subprocess.Popen(
        [*command, *options, target],
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: os.sched_setaffinity(0, {cores[-1]}),  # noqa: PLW1509 - no threads yet.
    )


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure each rate, and print a table."""
    parser = argparse.ArgumentParser(description="Measure the receiver on loopback.")
    parser.add_argument("--rates", type=int, nargs="+", default=[33_000, 100_000, 200_000])
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--buffer-mib", type=int, default=32)
    parser.add_argument("--pause-ms", type=float, default=Pace().pause_ms)
    parser.add_argument("--exporters", type=int, default=20)
    chosen = parser.parse_args(arguments)
    print(this_machine())
    print(
        "| datagrams/s | received | dropped | CPU us a datagram | a block | a reading | stalled |"
    )
    print("|---|---|---|---|---|---|---|")
    for rate in chosen.rates:
        cost = measure(
            rate,
            chosen.seconds,
            buffer_bytes=chosen.buffer_mib << 20,
            pace=Pace(pause_ms=chosen.pause_ms),
            options=["--exporters", str(chosen.exporters)],
        )
        print(
            f"| {cost.sent / chosen.seconds:,.0f} | {cost.received:,} | {cost.dropped:,} | "
            f"{cost.cpu_s * 1e6 / cost.received:.2f} | {cost.received / cost.blocks:.0f} | "
            f"{cost.received / cost.readings:.0f} | {cost.stalled_ms:.0f} ms |"
        )
    print(f"resident at most {peak_rss_mib():.0f} MiB")


if __name__ == "__main__":
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:1])
    main()
