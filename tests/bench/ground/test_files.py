"""Files hold what they were given: flows in order of time, truth by the book, networks."""

import csv
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from hinomi.bench.addressing import render_code
from hinomi.bench.ground.book import CC, Book, Sighting
from hinomi.bench.ground.draws import Draws
from hinomi.bench.ground.files import (
    window_start,
    write_flows,
    write_lists,
    write_networks,
    write_truth,
)
from hinomi.bench.ground.records import Records
from hinomi.bench.profiled.scene import Scene, new_host
from hinomi.bench.recording import SCHEMA
from hinomi.bench.spec import DAY_MS

CC_SERVICE, TRAP = (0xF0000001, 6, 4_444), (0xF0000002, 17, 53)


def test_flows_are_written_in_order_of_time(bare: Scene, tmp_path: Path) -> None:
    """Times count from the window's start; all rows tell the same interval."""
    columns = dict.fromkeys(Records.__dataclass_fields__, np.array([1, 1, 1]))
    ends = {"src": bare.lines.v4[:3], "dst": np.full(3, new_host(bare.draws("x")))}
    records = Records(**columns | ends | {"ts_ms": np.array([30, 10, 20])})
    write_flows(tmp_path / "flows.parquet", records, bare.lines, starts_ms=100, interval=2_000)
    table = pq.read_table(tmp_path / "flows.parquet")

    assert table.schema.names == SCHEMA.names
    assert table["ts_ms"].to_pylist() == [110, 120, 130]
    assert table["sampling_interval"].to_pylist() == [2_000] * 3
    order = [1, 2, 0]
    assert table["src_addr"].to_pylist() == [render_code(int(ends["src"][at])) for at in order]


def test_truth_follows_the_book(tmp_path: Path) -> None:
    """A C&C has tier, design and who was seen; an innocent has none of these."""
    book = Book()
    book.name(CC_SERVICE, CC, "family", 1)
    book.name(TRAP, "community")
    seen = {CC_SERVICE: Sighting(seen=6, members=9, detectable=True)}
    write_truth(tmp_path / "truth.csv", book, seen, {TRAP}, {"family": "irc"})
    with (tmp_path / "truth.csv").open(encoding="utf-8", newline="") as file:
        server, trap = csv.DictReader(file)

    assert (server["address"], server["protocol"], server["port"]) == ("240.0.0.1", "tcp", "4444")
    assert (server["tier"], server["known"], server["detectable"]) == ("1", "0", "1")
    assert (server["bots"], server["members"], server["design"]) == ("6", "9", "irc")
    assert (trap["tier"], trap["known"], trap["detectable"], trap["bots"]) == ("", "1", "0", "")


def test_lists_and_networks_are_plain_text(bare: Scene, tmp_path: Path) -> None:
    """A header and the rows; one prefix a line, IPv6 last."""
    paths = write_lists(tmp_path, {"benign": [("240.0.0.9", "tcp", "80")]})
    write_networks(tmp_path / "own.txt", bare.lines)
    networks = (tmp_path / "own.txt").read_text("utf-8").splitlines()

    assert paths["benign"].read_text("utf-8") == "address,protocol,port\n240.0.0.9,tcp,80\n"
    assert len(networks) == bare.lines.blocks.size + 1
    assert networks[-1] == "3fff:800::/24"


def test_a_window_begins_at_midnight() -> None:
    """UTC, and not on the same day whatever the seed."""
    starts = {window_start(Draws(seed, "dense", "date")) for seed in range(20)}

    assert all(start % DAY_MS == 0 for start in starts)
    assert len(starts) > 10
