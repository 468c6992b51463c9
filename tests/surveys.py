"""A small network, surveyed: what the tests of judging, habits and reasons look at."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.parquet as pq

from builders import HOUR_MS, NOON_MS, conversation, conversations, knock, talk
from hinomi.detect import passes
from hinomi.engine.duckdb import DuckEngine
from hinomi.govern.parameters import default_register
from hinomi.model.address import parse_address
from hinomi.model.listed import ListEntry
from hinomi.model.service import Service

CC: Final = "203.0.113.1"
CC_PORT: Final = 6667
LOADER: Final = "203.0.113.2"
LOADER_PORT: Final = 9999
WEB: Final = "198.51.100.1"
LINES: Final = 800
BOTS: Final = range(1, 17)
"""Lines that scan port 23, hold on to the C&C and fetch once from the loader."""

Row = dict[str, int]


def small_network(sampling_interval: int = 10_000) -> list[Row]:
    """Give a day of 800 lines with one to nine web sites each, 16 of them bots as well."""
    day = 24 * HOUR_MS
    shape = {"sampling_interval": sampling_interval}
    rows = [
        row
        for line in range(1, LINES + 1)
        for site in range(1 + line % 9)
        for again in (0, 2 * HOUR_MS)
        for row in talk(
            line,
            f"198.51.100.{1 + site}",
            NOON_MS + (line * 7_919_000 + site * 60_000 + again) % day,
            **shape,
            size=900,
        )
    ]
    for bot in BOTS:
        offset = bot * 1_234_567
        rows += [
            knock(bot, f"198.51.100.{host}", NOON_MS + offset + host, remote_port=23, **shape)
            for host in range(100, 130)
        ]
        for hour in range(0, 24, 4):
            at = NOON_MS + (hour * HOUR_MS + offset) % day
            rows += talk(bot, CC, at, remote_port=CC_PORT, **shape)
        rows += talk(
            bot, LOADER, NOON_MS + offset, remote_port=LOADER_PORT, **shape, packets=9, size=13_000
        )
    return rows


def clock(line: int, server: str, *, contacts: int = 60, **changed: object) -> list[Row]:
    """Give a line that calls a server every minute, each time from another port, unsampled."""
    return [
        row
        for tick in range(contacts)
        for row in talk(line, server, NOON_MS + tick * 60_000, line_port=40_000 + tick, **changed)
    ]


def towards(line: int, own: int, ts_ms: int, **changed: object) -> list[Row]:
    """Give an answered exchange of a line with a service on another line: the client's view."""
    ends = {"remote_own": 1, "remote_hi": 1, "remote_lo": own}
    return [
        conversation(
            **{
                **ends,
                "line_lo": line,
                "ts_ms": ts_ms,
                "direction": direction,
                "tcp_flags": 0x18,
                "packets": 2,
                "bytes": 200,
                **changed,
            }
        )
        for direction in (0, 1)
    ]


def survey(
    engine: DuckEngine,
    folder: Path,
    rows: Iterable[Mapping[str, int]],
    *,
    buckets: int = 1,
    choose: passes.Choose | None = None,
) -> passes.Survey:
    """Write *rows* to a file in *folder* and make the first pass over it."""
    path = folder / f"survey-{len(list(folder.iterdir()))}.parquet"
    pq.write_table(pa.Table.from_batches([conversations(rows)]), path)
    records = engine.table([path])
    return passes.survey(
        engine,
        records,
        passes.extent(engine, records),
        buckets=buckets,
        register=default_register(),
        tell=lambda _: None,
        choose=choose,
    )


def row_of(found: passes.Survey, address: str, port: int) -> int:
    """Give the row of a TCP service outside the own network."""
    base = parse_address(address)
    (row,) = [
        at
        for at, each in enumerate(found.services.to_pylist())
        if (each["remote_hi"], each["remote_lo"], each["remote_own"]) == (*base, 0)
        and (each["proto"], each["remote_port"]) == (6, port)
    ]
    return row


def entry(address: str, port: int | None = None, **changed: object) -> ListEntry:
    """Give a list's entry for one address."""
    values = {"base": parse_address(address), "port": port} | changed
    return ListEntry(**values)  # type: ignore[arg-type]


def service(address: str, port: int) -> Service:
    """Give a TCP service outside the own network."""
    return Service(parse_address(address), 6, port)
