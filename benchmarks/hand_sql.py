"""
The measures of the first pass in hand-written DuckDB SQL, as a yardstick for our own.

    python benchmarks/hand_sql.py --records 5000000

The same rules, hash buckets and memory, for DuckDB alone: temporary tables instead of
scratch files, joins only where they decide something. Both are run over the same lake in
processes of their own, their rows are compared, and the ratio of CPU seconds is printed.
"""

import argparse
import json
import pickle
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import duckdb
import numpy as np
import pyarrow as pa
from made_up_lake import MadeUp, write_lake
from measuring import Stopwatch, peak_rss_mib

from hinomi.detect import bursts, passes
from hinomi.detect.columns import ints
from hinomi.detect.orient import EPHEMERAL_PORTS, LINE, SERVICE
from hinomi.detect.ports import INFRASTRUCTURE, MAIL, STANDING, WEB
from hinomi.engine.duckdb import BUCKET_ROWS, DuckEngine
from hinomi.govern.parameters import default_register
from hinomi.model.flow import CONVERSATIONS

_S: Final = ", ".join(SERVICE)
_L: Final = ", ".join(LINE)
_ENDPOINT: Final = f"{_L}, line_port, proto"
_PEER: Final = "remote_hi, remote_lo, remote_port"

_FLOW: Final = """
CREATE VIEW flow AS
SELECT ts_ms, duration_ms, proto, direction, line_hi, line_lo, line_net, line_port, remote_port,
       remote_hi, remote_lo, remote_own, tcp_flags, line_class, remote_class,
       greatest(CASE WHEN scaled THEN packets // sampling_interval ELSE packets END, 1) AS packets,
       CASE WHEN scaled THEN bytes // sampling_interval ELSE bytes END AS bytes
FROM (SELECT *, counts_scaled = 1 AND sampling_interval > 1 AS scaled,
             CASE WHEN line_port < 1024 THEN 0 WHEN line_port < 32768 THEN 1 ELSE 2 END
                 AS line_class,
             CASE WHEN remote_port < 1024 THEN 0 WHEN remote_port < 32768 THEN 1 ELSE 2 END
                 AS remote_class
      FROM read_parquet(?))
WHERE proto NOT IN (1, 58) AND (remote_own = 1 OR CASE
    WHEN remote_hi = 0 AND remote_lo >> 32 = 65535 THEN
        (remote_lo >> 24) & 255 NOT IN (0, 127)
        AND (remote_lo >> 24) & 255 NOT BETWEEN 224 AND 239
        AND remote_lo <> 281474976710655 AND remote_lo >> 16 <> 4294945278
    ELSE NOT (remote_hi < 0 AND (remote_hi >= -72057594037927936 OR
        remote_hi BETWEEN -108086391056891904 AND -90071992547409921))
        AND NOT (remote_hi = 0 AND remote_lo IN (0, 1)) END)
"""

_PART: Final = "((({end}_lo % {n} + {end}_hi % {n}) % {n}) + {n}) % {n}"

_SPLIT: Final = """
COPY (SELECT {columns}, {part} AS bucket FROM flow WHERE {where}) TO '{folder}'
(FORMAT parquet, COMPRESSION lz4, PARTITION_BY (bucket))
"""

_DOUBTFUL: Final = "line_class <= remote_class"

_SERVERS: Final = f"""
INSERT INTO servers
SELECT {_ENDPOINT}, count(*) AS peers
FROM (SELECT DISTINCT {_ENDPOINT}, {_PEER} FROM {{source}})
GROUP BY ALL HAVING count(*) > 1
"""

_ORIENTED: Final = f"""
CREATE TEMP TABLE oriented AS
WITH mine AS (
    SELECT *,
           proto = 6 AND (tcp_flags = 2 AND direction = 0
               OR tcp_flags = 18 AND packets = 1 AND direction = 1) AS for_remote,
           proto = 6 AND (tcp_flags = 2 AND direction = 1
               OR tcp_flags = 18 AND packets = 1 AND direction = 0) AS for_line
    FROM {{source}}),
doubtful AS (SELECT * FROM mine WHERE line_class <= remote_class),
fans AS (
    SELECT {_S}, count(*) AS line_ends
    FROM (SELECT DISTINCT {_S}, {_L}, line_port FROM doubtful) GROUP BY ALL)
SELECT * FROM mine WHERE line_class > remote_class AND NOT for_line
UNION ALL BY NAME
SELECT d.* FROM doubtful d LEFT JOIN servers USING ({_ENDPOINT}) LEFT JOIN fans USING ({_S})
WHERE d.for_remote OR NOT d.for_line AND (servers.peers IS NULL
    OR d.line_class = d.remote_class AND servers.peers <= coalesce(fans.line_ends, 1))
"""

_BUSY: Final = f"""
SELECT {_S}, ts_ms // 600000 AS bin, count(*) AS records, count(DISTINCT ({_L})) AS lines
FROM oriented SEMI JOIN (
    SELECT {_S}, ts_ms // 600000 AS bin FROM oriented GROUP BY ALL HAVING count(*) >= {{least}}
) crowded ON {" AND ".join(f"oriented.{name} = crowded.{name}" for name in SERVICE)}
    AND oriented.ts_ms // 600000 = crowded.bin
GROUP BY ALL HAVING count(DISTINCT ({_L})) >= {{least}}
"""

_TOTALS: Final = f"""
SELECT {_S}, count(*) AS records, min(ts_ms) AS first_ms, max(ts_ms) AS last_ms
FROM oriented SEMI JOIN busy USING ({_S}) GROUP BY ALL
"""

_PAIRS: Final = f"""
INSERT INTO pairs
SELECT {{bucket}} AS bucket, * EXCLUDE (talks, flagless), CASE
    WHEN proto <> 6 THEN packets_in > 0
    ELSE talks > 0 OR flagless > 0 AND (packets_out > 0 AND packets_in > 0
        OR bytes_out + bytes_in > (packets_out + packets_in) * 64) END::BIGINT AS spoke
FROM (
    SELECT {_S}, {_L}, min(line_net) AS line_net, count(*) AS records,
        coalesce(sum(packets) FILTER (direction = 0), 0)::BIGINT AS packets_out,
        coalesce(sum(packets) FILTER (direction <> 0), 0)::BIGINT AS packets_in,
        coalesce(sum(bytes) FILTER (direction = 0), 0)::BIGINT AS bytes_out,
        coalesce(sum(bytes) FILTER (direction <> 0), 0)::BIGINT AS bytes_in,
        min(ts_ms) AS first_ms, max(ts_ms + duration_ms) AS last_ms,
        CASE WHEN min(line_port) = max(line_port) THEN 1 ELSE 2 END::BIGINT AS ports,
        count(*) FILTER (for_remote) AS votes,
        count(*) FILTER (proto = 6 AND tcp_flags = 2 AND direction = 0) AS syn_out,
        count(*) FILTER (proto = 6 AND tcp_flags >= 0 AND direction <> 0
            AND tcp_flags & 12 = 4) AS refused,
        count(*) FILTER (proto = 6 AND tcp_flags >= 0 AND tcp_flags & 16 = 16
            AND (tcp_flags & 4 = 0 OR tcp_flags & 8 = 8)
            AND NOT (tcp_flags & 26 = 18 AND packets = 1)) AS talks,
        count(*) FILTER (proto = 6 AND tcp_flags < 0) AS flagless
    FROM {{source}} GROUP BY ALL)
"""

_QUIET: Final = f"""(SELECT o.* FROM oriented o ANTI JOIN cut
    ON {" AND ".join(f"o.{name} = cut.{name}" for name in SERVICE)}
    AND o.ts_ms // 600000 = cut.bin)"""

_SERVICES: Final = f"""
CREATE OR REPLACE TEMP TABLE here AS
SELECT * FROM (
    SELECT {_S}, count(*) AS lines, sum(spoke)::BIGINT AS clients,
        count(*) FILTER (syn_out > 0 AND spoke = 0) AS silent,
        count(*) FILTER (refused > 0 AND spoke = 0) AS refused,
        count(*) FILTER (spoke = 1 AND records > 1) AS several,
        count(*) FILTER (spoke = 1 AND last_ms - first_ms >= 3600000) AS returned,
        sum(votes)::BIGINT AS votes, count(*) FILTER (ports > 1) AS ports,
        sum(records)::BIGINT AS records,
        sum(packets_out)::BIGINT AS packets_out, sum(packets_in)::BIGINT AS packets_in,
        sum(bytes_out)::BIGINT AS bytes_out, sum(bytes_in)::BIGINT AS bytes_in,
        min(first_ms) AS first_ms, max(last_ms) AS last_ms,
        count(DISTINCT line_net) FILTER (spoke = 1) AS nets
    FROM pairs WHERE bucket = {{bucket}} GROUP BY ALL)
"""

_USUAL: Final = ", ".join(str(port) for port in (*INFRASTRUCTURE, *MAIL, *WEB, *STANDING))

_LINES: Final = f"""
INSERT INTO lines
SELECT {_L}, sum(pair.spoke)::BIGINT AS services,
       count(*) FILTER (pair.spoke = 0 AND pair.packets_out > 0) AS tries,
       count(*) FILTER (pair.spoke = 1 AND here.clients = 1
           AND (remote_port >= {EPHEMERAL_PORTS} OR remote_port NOT IN ({_USUAL}))) AS lonely
FROM pairs pair JOIN here USING ({_S}) WHERE bucket = {{bucket}} GROUP BY ALL
"""

_PROBES: Final = f"""
SELECT {_L}, remote_port,
    count(*) FILTER (spoke = 0 AND (syn_out > 0
        OR packets_in = 0 AND bytes_out <= packets_out * 64)) AS targets,
    sum(spoke)::BIGINT AS spoken
FROM pairs WHERE proto = 6 AND packets_out > 0 AND {{part}} = {{bucket}}
GROUP BY ALL HAVING targets > 1 OR remote_port IN (25, 465, 587) AND spoken > 1
"""

Tables = dict[str, pa.Table]


def main(arguments: Sequence[str] | None = None) -> None:
    """Run both, compare their rows, print the ratio."""
    chosen = _parser().parse_args(arguments)
    if chosen.worker:
        _work(chosen)
        return
    if chosen.lake:
        figures = compare(chosen.lake, chosen)
    else:
        with tempfile.TemporaryDirectory(prefix="hinomi-bench-") as folder:
            write_lake(Path(folder, "lake"), MadeUp(chosen.records))
            figures = compare(Path(folder, "lake"), chosen)
    print(json.dumps(figures) if chosen.json else render(figures))


def render(figures: dict[str, dict[str, float]]) -> str:
    """Lay the figures out as lines."""
    lines = ["the first pass, ours beside hand-written SQL (rows equal)"]
    lines += [
        f"  {name:<12}{used['wall_s']:>8.1f} s{used['cpu_s']:>9.1f} s of CPU"
        f"{used['peak_mib']:>8,.0f} MiB at the peak"
        for name, used in figures.items()
    ]
    ratio = figures["ours"]["cpu_s"] / figures["by hand"]["cpu_s"]
    return "\n".join([*lines, f"  ratio of CPU seconds, ours to hand-written: {ratio:.2f}"])


def compare(lake: Path, chosen: argparse.Namespace) -> dict[str, dict[str, float]]:
    """
    Measure both ways over the files in *lake*.

    Raises:
        SystemExit: If their rows differ: then the times mean nothing.
    """
    figures, results = {}, {}
    with tempfile.TemporaryDirectory(prefix="hinomi-rows-", dir=lake.parent) as folder:
        for name in ("by hand", "ours"):
            out = Path(folder, name)
            command = [sys.executable, __file__, "--worker", name, "--out", str(out)]
            command += ["--lake", str(lake), "--bucket-rows", str(chosen.bucket_rows)]
            command += ["--memory-mib", str(chosen.memory_mib), "--threads", str(chosen.threads)]
            subprocess.run(command, check=True)
            with out.open("rb") as file:
                figures[name], results[name] = pickle.load(file)  # noqa: S301 - our own child's.
    for table, columns in results["ours"].items():
        if columns != results["by hand"][table]:
            raise SystemExit(f"{table} differs between our own measures and hand-written SQL")
    return figures


def _work(chosen: argparse.Namespace) -> None:
    """Run one way, and leave its figures and a digest of its rows in a file."""
    files = sorted(chosen.lake.glob("*.parquet"))
    run = {"ours": _ours, "by hand": _by_hand}[chosen.worker]
    watch = Stopwatch()
    with tempfile.TemporaryDirectory(prefix="hinomi-scratch-", dir=chosen.lake.parent) as scratch:
        with watch.step("all"):
            tables = run(files, Path(scratch), chosen)
        used = watch.steps["all"]
        figures = {"wall_s": used.wall_s, "cpu_s": used.cpu_s, "peak_mib": peak_rss_mib()}
        digests = {name: _digest(tables.pop(name)) for name in list(tables)}
    chosen.out.write_bytes(pickle.dumps((figures, digests)))


def _digest(table: pa.Table) -> dict[str, tuple[int, int]]:
    """Sum up each column, and each column weighed by its row's key: order means nothing."""
    weight = np.ones(table.num_rows, dtype=np.int64)
    names = sorted(table.column_names)
    for name in [name for name in names if name in {*SERVICE, *LINE, "bin"}]:
        weight = weight * np.int64(6364136223846793005) + _numbers(table, name)
        weight ^= weight >> np.int64(29)
    return {name: (table.num_rows, int((_numbers(table, name) * weight).sum())) for name in names}


def _numbers(table: pa.Table, name: str) -> Any:
    return table.column(name).to_numpy().astype(np.int64)


def _ours(files: Sequence[Path], scratch: Path, chosen: argparse.Namespace) -> Tables:
    engine = DuckEngine(scratch, memory_mib=chosen.memory_mib, threads=chosen.threads)
    with engine:
        records = engine.table(files, CONVERSATIONS)
        extent = passes.extent(engine, records)
        survey = passes.survey(
            engine,
            records,
            extent,
            buckets=max(1, -(-extent.rows // chosen.bucket_rows)),
            register=default_register(),
            tell=lambda _: None,
            choose=_met_by_several,
        )
    return {"services": survey.services, "lines": survey.lines, "probed": survey.probed}


def _met_by_several(services: pa.Table) -> Any:
    return ints(services, "clients") > 1


def _by_hand(files: Sequence[Path], scratch: Path, chosen: argparse.Namespace) -> Tables:
    register = default_register()
    connection = duckdb.connect(str(scratch / "by-hand.duckdb"))
    connection.execute(f"SET memory_limit = '{chosen.memory_mib}MiB'")
    connection.execute(f"SET temp_directory = '{scratch / 'spill'}'")
    connection.execute("SET preserve_insertion_order = false")
    if chosen.threads:
        connection.execute(f"SET threads = {chosen.threads}")
    names = ", ".join("'" + str(file) + "'" for file in files)
    connection.execute(_FLOW.replace("?", f"[{names}]"))
    rows = _one(connection, f"SELECT count(*) FROM read_parquet([{names}])")
    count = max(1, -(-rows // chosen.bucket_rows))
    _create(connection)
    for source in _split(
        connection,
        scratch / "lines",
        "line",
        count,
        columns=f"{_ENDPOINT}, {_PEER}",
        where=_DOUBTFUL,
    ):
        connection.execute(_SERVERS.format(source=source))
    services, probed = [], []
    split = _split(connection, scratch / "remotes", "remote", count, columns="*", where="true")
    for bucket, source in enumerate(split):
        connection.execute(_ORIENTED.format(source=source))
        least = register.integer("measures.burst_lines")
        connection.execute(f"CREATE TEMP TABLE busy AS {_BUSY.format(least=least)}")
        busy = connection.sql("FROM busy").to_arrow_table()
        cut = bursts.bursts(busy, connection.sql(_TOTALS).to_arrow_table(), register)
        connection.register("cut", cut)
        quiet = _QUIET if cut.num_rows else "oriented"
        connection.execute(_PAIRS.format(bucket=bucket, source=quiet))
        connection.execute(_SERVICES.format(bucket=bucket))
        services.append(connection.sql("FROM here WHERE clients > 1").to_arrow_table())
        connection.execute(_LINES.format(bucket=bucket))
        connection.execute("DROP TABLE oriented; DROP TABLE busy")
    for bucket in range(count):
        asked = _PROBES.format(part=_PART.format(end="line", n=count), bucket=bucket)
        probed.append(connection.sql(asked).to_arrow_table())
    lines = connection.sql(
        f"SELECT {_L}, sum(services)::BIGINT AS services, sum(tries)::BIGINT AS tries, "
        "sum(lonely)::BIGINT AS lonely FROM lines GROUP BY ALL"
    ).to_arrow_table()
    return {
        "services": pa.concat_tables(services),
        "lines": lines,
        "probed": pa.concat_tables(probed),
    }


def _split(
    connection: Any, folder: Path, end: str, count: int, *, columns: str, where: str
) -> list[str]:
    """Write the flow once, by bucket, and give what to read for each."""
    part = _PART.format(end=end, n=count)
    if count == 1:
        return [f"(SELECT {columns} FROM flow WHERE {where})"]
    connection.execute(_SPLIT.format(columns=columns, part=part, where=where, folder=folder))
    return [
        f"read_parquet('{folder}/bucket={bucket}/*.parquet', hive_partitioning = false)"
        for bucket in range(count)
    ]


def _create(connection: Any) -> None:
    """Make the tables that are filled bucket by bucket; pairs lie on disk, others are small."""
    connection.execute(
        "CREATE TEMP TABLE servers (line_hi BIGINT, line_lo BIGINT, line_port INTEGER, "
        "proto SMALLINT, peers BIGINT)"
    )
    counts = (
        "records", "packets_out", "packets_in", "bytes_out", "bytes_in", "first_ms", "last_ms",
        "ports", "votes", "syn_out", "refused", "spoke",
    )  # fmt: skip
    connection.execute(
        "CREATE TABLE pairs (bucket INTEGER, remote_hi BIGINT, remote_lo BIGINT, "
        "remote_own SMALLINT, proto SMALLINT, remote_port INTEGER, line_hi BIGINT, "
        "line_lo BIGINT, line_net INTEGER, " + ", ".join(f"{name} BIGINT" for name in counts) + ")"
    )
    connection.execute(
        "CREATE TEMP TABLE lines (line_hi BIGINT, line_lo BIGINT, services BIGINT, "
        "tries BIGINT, lonely BIGINT)"
    )


def _one(connection: Any, query: str) -> int:
    row = connection.execute(query).fetchone()
    return int(row[0])


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[1] if __doc__ else "")
    parser.add_argument("--records", type=int, default=5_000_000)
    parser.add_argument("--bucket-rows", type=int, default=BUCKET_ROWS)
    parser.add_argument("--memory-mib", type=int, default=3000)
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument("--lake", type=Path, help="a folder written before")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--worker", choices=("ours", "by hand"), help=argparse.SUPPRESS)
    parser.add_argument("--out", type=Path, help=argparse.SUPPRESS)
    return parser


if __name__ == "__main__":
    main()
