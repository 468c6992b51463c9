"""
How often a C&C server appears next to earlier ones: a list frozen, and what came after it.

Run from the root of the project, with the real data beside it (about a minute):

    .venv/bin/python benchmarks/context_history.py

A feed's daily lists up to the frozen day make one history table; every address that is listed
first after that day is a later C&C. The remote addresses of captures of ordinary traffic and of
a transit ISP are looked up in the same table. No address is printed.
"""

import ipaddress
import sys
import tarfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa

from hinomi.clock import parse_time
from hinomi.collect.context.catalogue import parse_context
from hinomi.collect.files.catalogue import find_format
from hinomi.collect.files.reading import ReadOptions, Tally
from hinomi.detect.context import ContextColumns, context_columns
from hinomi.errors import HinomiError
from hinomi.model.address import Address, parse_address, render_address
from hinomi.model.context import DAY_MS, SCHEMAS, UNKNOWN, ContextKind, ContextTable, TableStatement

DATA: Final = Path(__file__).resolve().parents[2] / "shared" / "data"
ARCHIVE: Final = DATA / "feeds" / "c2intelfeeds" / "IPPortC2s-daily-history.tar.zst"
ROUTES: Final = DATA / "feeds" / "pyasn" / "data" / "ipasn6_20151101.dat.gz"
FROZEN: Final = ("2024-10-01", "2025-01-01", "2025-07-01", "2026-01-01")
LISTS: Final = {"IPPortC2s.csv", "IPPortC2s-30day.csv"}
ORDINARY: Final = {
    "office-lan": "office-lan/conn.log.labeled.gz",
    "windows-normal-008": "windows-normal-008/data/conn.log.labeled.gz",
    "windows-normal-010": "windows-normal-010/data/conn.log.labeled.gz",
    "bittorrent-normal": "bittorrent-normal/CTU-Normal-7-2013-13-07.binetflow.gz",
    "p2p-zeus-like": "p2p-zeus-like/conn.log.gz",
}
TRANSIT: Final = DATA / "nfcapd" / "nfcapd-large-bz2"

Place = tuple[int, int]


def first_listings() -> dict[Place, str]:
    """Give each address of the daily lists with the first day it stands there."""
    found: dict[Place, str] = {}
    with (
        pa.input_stream(str(ARCHIVE), compression="zstd") as plain,
        tarfile.open(fileobj=plain, mode="r|") as tar,
    ):
        for member in tar:  # In the order of days.
            day, _, name = member.name.partition("/")
            file = tar.extractfile(member)
            if name not in LISTS or file is None:
                continue
            for line in file.read().decode().split("\n")[1:]:
                text = line.split(",")[0].strip()
                if text:
                    address = parse_address(text)
                    place = address.hi, address.lo
                    found[place] = min(day, found.get(place, day))
    return found


def remotes(path: Path) -> set[Place]:
    """Give the global addresses that speak in a flow file."""
    form = find_format(path, None)
    if form is None:
        raise HinomiError(f"{path} is no flow file")
    found: set[Place] = set()
    options = ReadOptions(keep_good=True, latest_ms=2**50)
    for batch in form.read(path, options, Tally()):
        for end in ("src", "dst"):
            halves = [batch[f"{end}_{half}"].to_numpy() for half in ("hi", "lo")]
            found |= set(zip(*(half.tolist() for half in halves), strict=True))
    return {place for place in found if _is_global(place)}


def _is_global(place: Place) -> bool:
    return ipaddress.ip_address(render_address(Address(*place))).is_global


def history(listed: dict[Place, str], day: str) -> ContextTable:
    """Freeze the list at the end of *day*."""
    rows = sorted((*place, parse_time(first)) for place, first in listed.items() if first <= day)
    columns = np.array(rows, dtype=np.int64).reshape(-1, 3).T
    return _table(ContextKind.HISTORY, columns, day)


def _table(kind: ContextKind, columns: Iterable[np.ndarray], day: str) -> ContextTable:
    rows = pa.Table.from_arrays([pa.array(each) for each in columns], schema=SCHEMAS[kind])
    stated = TableStatement(
        kind=kind, source="feed", licence="", day=day, rows=rows.num_rows, sha256="", added_ms=0
    )
    return ContextTable(statement=stated, rows=rows)


def look(places: Iterable[Place], tables: list[ContextTable], day: str) -> ContextColumns:
    """Look addresses up as of the day after *day*."""
    halves = np.array(sorted(places), dtype=np.int64).reshape(-1, 2).T
    zero = np.zeros(halves.shape[1], dtype=np.int64)
    services = pa.table(
        {"remote_hi": halves[0], "remote_lo": halves[1], "remote_own": zero, "remote_port": zero}
    )
    return context_columns(services, tables, parse_time(day) + DAY_MS)


def shares(found: ContextColumns) -> Iterator[str]:
    """Give the share of addresses that have earlier listed neighbours, in per cent."""
    yield f"{found.listed_near.size:,}"
    for counts, least in (
        (found.listed_near, 1), (found.listed_wide, 1), (found.listed_wide, 3),
        (found.listed_as, 1), (found.listed_as, 10),
    ):  # fmt: skip
        yield f"{100 * np.mean(counts >= least):.1f}"
    yield f"{100 * np.mean(found.listed_as == UNKNOWN):.1f}"


def main() -> None:
    """Print one table for each frozen day."""
    if not ARCHIVE.is_file():
        sys.exit("no feeds/c2intelfeeds in ../shared/data: nothing to measure")
    listed = first_listings()
    routes = parse_context(ContextKind.ROUTES, ROUTES, "2015-11-01").rows
    ordinary = {name: remotes(DATA / "flows" / path) for name, path in ORDINARY.items()}
    ordinary["all these captures"] = set().union(*ordinary.values())
    try:
        ordinary["transit ISP (nfcapd)"] = remotes(TRANSIT)
    except HinomiError as error:
        print(f"without the transit ISP: {error}", file=sys.stderr)
    print(f"{len(listed):,} addresses, {min(listed.values())} to {max(listed.values())}\n")
    for day in FROZEN:
        tables = [
            history(listed, day),
            _table(ContextKind.ROUTES, (each.to_numpy() for each in routes.columns), "2015-11-01"),
        ]
        later = {place for place, first in listed.items() if first > day}
        print(f"Frozen at {day}: {tables[0].rows.num_rows:,} addresses listed.\n")
        print("| addresses | number | /24 | /20 | /20, 3 or more | AS | AS, 10 or more | no AS |")
        print("|---|---|---|---|---|---|---|---|")
        for name, places in {"later C&Cs": later, **ordinary}.items():
            print("|", " | ".join([name, *shares(look(places, tables, day))]), "|")
        print()


if __name__ == "__main__":
    main()
