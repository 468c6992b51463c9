"""Pairs and services are what a slow count over the same records gives."""

import random
from collections import defaultdict
from collections.abc import Iterable
from statistics import quantiles
from typing import Any

import pytest

from builders import HOUR_MS, NOON_MS, Open, conversation, knock, remote, services_table, talk
from hinomi.detect import measures, orient
from hinomi.engine.duckdb import DuckEngine

SERVER = "198.51.100.7"
ACK, SYN, RST, PSH, FIN = 0x10, 0x02, 0x04, 0x08, 0x01
BIN_MS = 600_000
QUIET = (12, 13, 16)
"""Hours of the day, UTC, within the six hours of `random_rows`."""

Row = dict[str, int]
Key = tuple[int, ...]


def random_rows(seed: int) -> list[Row]:
    """Give 300 records of few lines and few services, every shape of packet among them."""
    chance = random.Random(seed)  # noqa: S311 - a seeded choice, no secret.
    flags = [-1, SYN, SYN | ACK, ACK, ACK | PSH, RST, RST | ACK, RST | ACK | PSH, SYN | ACK | PSH]
    flags.append(FIN | ACK)
    return [
        conversation(
            **remote(f"198.51.100.{chance.randrange(4)}"),
            ts_ms=NOON_MS + chance.randrange(6 * HOUR_MS),
            duration_ms=chance.randrange(5_000),
            proto=chance.choice([6, 6, 6, 17]),
            direction=chance.randrange(2),
            line_lo=chance.randrange(6),
            line_net=chance.randrange(3),
            line_port=chance.choice([40_000, 40_001]),
            remote_port=chance.choice([80, 443]),
            tcp_flags=chance.choice(flags),
            packets=chance.choice([0, 1, 1, 5]),
            bytes=chance.choice([40, 64, 65, 3_000]),
            sampling_interval=chance.choice([1, 100]),
            counts_scaled=chance.randrange(2),
        )
        for _ in range(300)
    ]


def slow_pairs(rows: Iterable[Row]) -> dict[Key, Row]:
    """Roll records up to pairs, one record after the other."""
    groups: dict[Key, list[Row]] = defaultdict(list)
    for row in rows:
        groups[tuple(row[name] for name in [*orient.SERVICE, *orient.LINE])].append(row)
    return {key: slow_pair(group) for key, group in groups.items()}


def slow_pair(group: list[Row]) -> Row:
    """Roll the records of one pair up."""
    pair = {
        "line_net": min(row["line_net"] for row in group),
        "records": len(group),
        "first_ms": min(row["ts_ms"] for row in group),
        "last_ms": max(row["ts_ms"] + row["duration_ms"] for row in group),
        "votes": sum(row["votes"] for row in group),
        "ports": min(len({row["line_port"] for row in group}), 2),
    }
    for direction, way in enumerate(("out", "in")):
        there = [row for row in group if row["direction"] == direction]
        pair |= {f"{name}_{way}": sum(row[name] for row in there) for name in ("packets", "bytes")}
    known = [row for row in group if row["proto"] == 6 and row["tcp_flags"] >= 0]
    pair["syn_out"] = sum(row["direction"] == 0 and row["tcp_flags"] == SYN for row in known)
    pair["refused"] = sum(
        row["direction"] == 1 and bool(row["tcp_flags"] & RST) and not row["tcp_flags"] & PSH
        for row in known
    )
    pair["spoke"] = int(slow_spoke(group, pair))
    return pair | slow_flags(known) | slow_sizes(group) | slow_night(group)


def slow_flags(known: list[Row]) -> Row:
    """Count what flags say, by the sentences of the docstring; *known* are TCP with flags."""
    flags = [row["tcp_flags"] for row in known]
    return {
        "flagged": len(flags),
        "opens": sum(each & SYN > 0 for each in flags),
        "closes": sum(each & (FIN | RST) > 0 for each in flags),
        "pushes": sum(each & PSH > 0 for each in flags),
    }


def slow_sizes(group: list[Row]) -> Row:
    """Sum packets by how long they are on average."""
    found: dict[str, int] = defaultdict(int)
    for row in group:
        way = ("out", "in")[row["direction"]]
        mean = row["bytes"] / row["packets"]
        found[f"bare_{way}"] += row["packets"] if mean <= 64 else 0
        found[f"full_{way}"] += row["packets"] if mean >= 1_200 else 0
        found[f"squares_{way}"] += row["bytes"] ** 2 // row["packets"]
    names = ("bare_out", "bare_in", "full_in", "squares_out", "squares_in")
    return {name: found[name] for name in names}


def slow_night(group: list[Row]) -> Row:
    """Count records in the hours of rest."""
    return {"night": sum(row["ts_ms"] // HOUR_MS % 24 in QUIET for row in group)}


def slow_spoke(group: list[Row], pair: Row) -> bool:
    """Tell whether line and service conversed, by the sentences of the docstring."""
    if group[0]["proto"] != 6:
        return pair["packets_in"] > 0
    for row in group:
        flags = row["tcp_flags"]
        if flags < 0 or not flags & ACK:
            continue
        lone_synack = flags & SYN and not flags & PSH and row["packets"] == 1
        bare_reset = flags & RST and not flags & PSH
        if not lone_synack and not bare_reset:
            return True
    packets = pair["packets_out"] + pair["packets_in"]
    two_way = pair["packets_out"] > 0 and pair["packets_in"] > 0
    loaded = pair["bytes_out"] + pair["bytes_in"] > 64 * packets
    return any(row["tcp_flags"] < 0 for row in group) and (two_way or loaded)


def as_kept(rows: list[Row]) -> list[Row]:
    """Give *rows* as orientation leaves them when every remote end is the service."""
    laid = []
    for row in rows:
        scaled = row["counts_scaled"] == 1 and row["sampling_interval"] > 1
        factor = row["sampling_interval"] if scaled else 1
        counters = {"packets": max(row["packets"] // factor, 1), "bytes": row["bytes"] // factor}
        laid.append(row | counters | {"votes": 1})
    return laid


def voted(records: Any) -> Any:
    """Take every remote end for the service."""
    spoken = orient.conversing(records)
    return spoken.mutate(votes=(spoken.proto > 0).cast("int64"))


@pytest.mark.parametrize("seed", range(4))
def test_pairs_are_what_a_slow_count_gives(engine: DuckEngine, opened: Open, seed: int) -> None:
    """Each column of each pair, scaled counters divided back."""
    rows = random_rows(seed)

    found = engine.fetch(measures.pairs(voted(opened(rows)), QUIET)).to_pylist()

    assert by_key(found, [*orient.SERVICE, *orient.LINE]) == slow_pairs(as_kept(rows))


@pytest.mark.parametrize("seed", range(4))
def test_services_are_what_a_slow_count_gives(engine: DuckEngine, opened: Open, seed: int) -> None:
    """Each column of each service, rolled up from its pairs."""
    rows = random_rows(seed)
    groups: dict[Key, list[Row]] = defaultdict(list)
    for key, pair in slow_pairs(as_kept(rows)).items():
        groups[key[:5]].append(pair)

    pair = engine.table([engine.keep(measures.pairs(voted(opened(rows)), QUIET))])
    found = engine.fetch(measures.services(pair)).to_pylist()

    assert by_key(found, orient.SERVICE) == {
        key: slow_service(pairs) for key, pairs in groups.items()
    }


def slow_service(pairs: list[Row]) -> Row:
    """Roll the pairs of one service up."""
    clients = [pair for pair in pairs if pair["spoke"]]
    added = (
        "records", "votes", "packets_out", "packets_in", "bytes_out", "bytes_in", "flagged",
        "opens", "closes", "pushes", "bare_out", "bare_in", "full_in", "squares_out",
        "squares_in", "night",
    )  # fmt: skip
    return {
        "lines": len(pairs),
        "clients": len(clients),
        "nets": len({pair["line_net"] for pair in clients}),
        "silent": sum(pair["syn_out"] > 0 and not pair["spoke"] for pair in pairs),
        "refused": sum(pair["refused"] > 0 and not pair["spoke"] for pair in pairs),
        "several": sum(pair["records"] > 1 for pair in clients),
        "returned": sum(pair["last_ms"] - pair["first_ms"] >= HOUR_MS for pair in clients),
        "ports": sum(pair["ports"] > 1 for pair in pairs),
        "first_ms": min(pair["first_ms"] for pair in pairs),
        "last_ms": max(pair["last_ms"] for pair in pairs),
    } | {name: sum(pair[name] for pair in pairs) for name in added}


def by_key(rows: list[Row], names: list[str]) -> dict[Key, Row]:
    """Index rows by the columns *names*, which are left out of the values."""
    keyed = {tuple(row.pop(name) for name in names): row for row in rows}
    assert len(keyed) == len(rows)
    return keyed


@pytest.mark.parametrize("seed", range(2))
def test_buckets_give_what_one_part_gives(engine: DuckEngine, opened: Open, seed: int) -> None:
    """Whole services lie in one bucket: parts put together equal the whole, row by row."""
    records = opened(random_rows(seed))

    def rolled(buckets: int) -> list[tuple[Any, ...]]:
        rows = []
        for bucket in range(buckets):
            part = voted(orient.in_bucket(records, "remote", bucket, buckets))
            pair = engine.table([engine.keep(measures.pairs(part))])
            rows += engine.fetch(measures.services(pair)).to_pylist()
        return sorted(tuple(sorted(row.items())) for row in rows)

    assert rolled(3) == rolled(1)


def test_what_comes_at_one_packet_never_spoke(engine: DuckEngine, opened: Open) -> None:
    """SYNs, a lone SYN-ACK and a bare reset are no conversation; UDP needs an answer."""
    rows = [
        knock(1, SERVER),
        conversation(**remote(SERVER), line_lo=2, direction=1, tcp_flags=SYN | ACK),
        conversation(**remote(SERVER), line_lo=3, direction=1, tcp_flags=RST | ACK),
        conversation(**remote(SERVER), line_lo=4, proto=17),
    ]

    found = engine.fetch(measures.pairs(voted(opened(rows)))).to_pylist()

    assert [row["spoke"] for row in found] == [0] * 4
    assert sum(row["refused"] for row in found) == 1


def test_activity_counts_conversations_and_vain_tries(engine: DuckEngine, opened: Open) -> None:
    """A line that spoke with two services and knocked at one: two services, one try."""
    rows = [*talk(1, SERVER), *talk(1, "198.51.100.8"), knock(1, "198.51.100.9")]

    pair = engine.table([engine.keep(measures.pairs(voted(opened(rows))))])
    (line,) = engine.fetch(measures.activity(pair)).to_pylist()

    assert (line["services"], line["tries"]) == (2, 1)


def test_a_busy_bin_has_many_lines_at_once(engine: DuckEngine, opened: Open) -> None:
    """Eight lines within ten minutes are busy; eight over two bins, or one line, are not."""
    rows = [knock(line, SERVER, NOON_MS + line * 60_000) for line in range(8)]
    rows += [knock(line, "198.51.100.8", NOON_MS + line * 120_000) for line in range(8)]
    rows += [knock(1, "198.51.100.9", NOON_MS + tick) for tick in range(20)]
    records = voted(opened(rows))

    (busy,) = engine.fetch(measures.busy_bins(records, 8)).to_pylist()

    assert busy["remote_lo"] == remote(SERVER)["remote_lo"]
    assert (busy["bin"], busy["records"], busy["lines"]) == (NOON_MS // BIN_MS, 8, 8)


def test_outside_drops_the_bins_of_that_service_alone(engine: DuckEngine, opened: Open) -> None:
    """Records of another bin or of another service stay."""
    rows = [
        knock(1, SERVER),
        knock(1, SERVER, NOON_MS + BIN_MS),
        knock(1, "198.51.100.8"),
    ]
    bursts = services_table({**remote(SERVER), "bin": NOON_MS // BIN_MS})

    left = engine.fetch(measures.outside(opened(rows), engine.keep_table(bursts))).to_pylist()

    assert len(left) == 2
    assert rows[0] not in left


def test_without_hours_of_rest_nothing_falls_into_them(engine: DuckEngine, opened: Open) -> None:
    """A window that names no quiet hours."""
    found = engine.fetch(measures.pairs(voted(opened(talk(1, SERVER))))).to_pylist()

    assert [row["night"] for row in found] == [0]


def test_hours_of_the_day_count_records_of_every_day(engine: DuckEngine, opened: Open) -> None:
    """Noon of two days is one hour of the day."""
    at = (NOON_MS, NOON_MS + 24 * HOUR_MS, NOON_MS + HOUR_MS)
    rows = [row for ts_ms in at for row in talk(1, SERVER, ts_ms)]

    found = engine.fetch(measures.hours_of_day(opened(rows))).to_pylist()

    assert {row["hour"]: row["records"] for row in found} == {12: 4, 13: 2}


def test_records_of_terabytes_are_measured_too(engine: DuckEngine, opened: Open) -> None:
    """Their squares are bounded, and do not burst the numbers they are counted in."""
    sizes = [2**31 - 1, 2**31, 2**40, 2**60]
    rows = [
        conversation(**remote(SERVER), line_lo=at, bytes=size, packets=2**21)
        for at, size in enumerate(sizes)
    ]

    found = engine.fetch(measures.pairs(voted(opened(rows)))).to_pylist()

    squares = {row["line_lo"]: row["squares_out"] for row in found}
    assert [squares[at] for at in range(2)] == [(2**31 - 1) ** 2 // 2**21, 2**41]
    assert squares[2] == 2**40 * 65_535
    assert squares[3] == 2**47 * 65_535


def test_blows_are_what_no_forged_syn_explains(engine: DuckEngine, opened: Open) -> None:
    """In the loud bin of a host that hardly answers: ACKs and UDP count, bare SYNs do not."""
    rows = [knock(1, SERVER, tcp_flags=ACK) for _ in range(3)]
    rows += [knock(2, SERVER, tcp_flags=SYN) for _ in range(9)]
    rows += [knock(3, SERVER, proto=17, tcp_flags=-1)]
    rows += [knock(1, SERVER, NOON_MS + BIN_MS, tcp_flags=ACK)]
    rows += talk(4, "198.51.100.8")
    loud = [
        {**remote(host), "proto": proto, "bin": NOON_MS // BIN_MS}
        for host, proto in ((SERVER, 6), (SERVER, 17), ("198.51.100.8", 6))
    ]

    bursts = engine.keep_table(services_table(*loud))
    found = engine.fetch(measures.blows(voted(opened(rows)), bursts)).to_pylist()

    assert {row["line_lo"]: row["blows"] for row in found} == {1: 3, 3: 1}


def test_hours_and_sizes_of_the_chosen_alone(engine: DuckEngine, opened: Open) -> None:
    """Records per hour since the epoch; quartiles of the mean packet size per direction."""
    sizes = [40, 100, 200, 1000]
    rows = [
        conversation(**remote(SERVER), bytes=size * 2, packets=2, ts_ms=NOON_MS + at * HOUR_MS // 2)
        for at, size in enumerate(sizes)
    ]
    records = voted(opened([*rows, *talk(1, "198.51.100.8")]))
    chosen = engine.keep_table(services_table({**remote(SERVER)}))

    hours = engine.fetch(measures.hourly(records, chosen)).to_pylist()
    (size,) = engine.fetch(measures.sizes(records, chosen)).to_pylist()

    noon = NOON_MS // HOUR_MS
    assert {row["hour"]: row["records"] for row in hours} == {noon: 2, noon + 1: 2}
    assert [size[name] for name in ("low", "middle", "high")] == quantiles(
        sizes, n=4, method="inclusive"
    )
