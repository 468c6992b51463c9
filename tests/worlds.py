"""A small world of a few thousand records, written by hand: what tests of the benchmark measure."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from builders import HOUR_MS, NOON_MS

ACK = 0x10
HOURS = 24
LINES = 60
CCS = {
    ("192.0.2.1", 48_101): range(1, 16),  # Known.
    ("192.0.2.2", 6_667): range(1, 13),
    ("198.18.1.9", 5_050): range(1, 9),  # On an own line.
}
"""C&C servers and the numbers of the lines that meet them."""

_TRUTH = """\
address,protocol,port,family,tier,label,known,detectable,members,packets_a_day
192.0.2.1,tcp,48101,moth,1,cc,1,1,15,5000
192.0.2.2,tcp,6667,moth,1,cc,0,1,12,5000
198.18.1.9,tcp,5050,wasp,1,cc,0,1,8,5000
203.0.113.1,tcp,443,web,,web,0,1,,
"""


def write_small_world(folder: Path, *, interval: int = 1_000) -> Path:
    """Write a world of a day, of 60 lines, 40 web servers and three C&Cs, at 1 in *interval*."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = [
        exchange
        for hour in range(HOURS)
        for line in range(1, LINES + 1)
        for exchange in _exchanges(hour, line)
    ]
    names = ("ts_ms", "src_addr", "dst_addr", "src_port", "dst_port")
    columns = dict(zip(names, map(list, zip(*rows, strict=True)), strict=True))
    constant = {"sampling_interval": interval, "proto": 6, "tcp_flags": ACK, "packets": 1}
    constant |= {"bytes": 90, "duration_ms": 0}
    table = pa.table(columns | {name: [value] * len(rows) for name, value in constant.items()})
    pq.write_table(table.append_column("exporter", pa.array(["edge"] * len(rows))), _flows(folder))
    (folder / "own-networks.txt").write_text("198.18.0.0/15,ppp,32,private\n")
    (folder / "known-cc.csv").write_text("address,protocol,port\n192.0.2.1,tcp,48101\n")
    (folder / "truth.csv").write_text(_TRUTH)
    return folder


def _flows(folder: Path) -> Path:
    return folder / "flows.parquet"


def _exchanges(hour: int, line: int) -> list[tuple[int, str, str, int, int]]:
    """Give the packets of one line in one hour, there and back."""
    servers = [(f"203.0.113.{1 + (line * 7 + hour * step) % 40}", 443) for step in (3, 11)]
    if hour % 4 == line % 4:
        servers += [end for end, lines in CCS.items() if line in lines]
    packets = []
    for place, (address, port) in enumerate(servers):
        ts_ms = NOON_MS + hour * HOUR_MS + line * 1_000 + place
        own, client_port = f"198.18.0.{line}", 40_000 + hour * 100 + line
        packets.append((ts_ms, own, address, client_port, port))
        packets.append((ts_ms + 40, address, own, port, client_port))
    return packets
