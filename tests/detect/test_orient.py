"""Which end is the service: SYN, SYN-ACK, peers, port classes; the rest stays unknown."""

import ipaddress
import tempfile
from pathlib import Path
from typing import Any

import ibis
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from builders import Open, conversation, conversations, knock, remote, talk
from hinomi.detect import orient
from hinomi.engine.duckdb import DuckEngine
from hinomi.model.address import from_int, from_packed

SERVER = "198.51.100.7"
SYN, SYN_ACK, TALKING = 0x02, 0x12, 0x18
OUT, IN = 0, 1


def kept(engine: DuckEngine, records: Any) -> list[dict[str, int]]:
    """Run the orientation over *records* and give what it keeps."""
    spoken = orient.conversing(records)
    servers = engine.table([engine.keep(orient.line_servers(spoken))])
    rows = engine.fetch(orient.towards_services(spoken, servers)).to_pylist()
    return [dict(row) for row in rows]


def one(**changed: object) -> dict[str, int]:
    """Describe one record between a line and the server, ports of no class by default."""
    ports = {"line_port": 20_000, "remote_port": 20_001}
    return conversation(**{**remote(SERVER), **ports, "tcp_flags": TALKING, **changed})


@pytest.mark.parametrize(
    ("flags", "direction", "remote_serves"),
    [(SYN, OUT, True), (SYN, IN, False), (SYN_ACK, IN, True), (SYN_ACK, OUT, False)],
)
def test_the_handshake_decides_whatever_the_ports(
    engine: DuckEngine, opened: Open, flags: int, direction: int, *, remote_serves: bool
) -> None:
    """A bare SYN goes to the service, a lone SYN-ACK comes from it."""
    ports = {"line_port": 22, "remote_port": 50_000}

    found = kept(engine, opened([one(tcp_flags=flags, direction=direction, **ports)]))

    assert [row["votes"] for row in found] == ([1] if remote_serves else [])


def test_flags_of_several_packets_are_no_lone_answer(engine: DuckEngine, opened: Open) -> None:
    """SYN and ACK over two packets may be the client's own: they decide nothing."""
    found = kept(engine, opened([one(tcp_flags=SYN_ACK, packets=2)]))

    assert [row["votes"] for row in found] == [0]


def test_a_line_that_meets_several_peers_on_a_lower_port_serves(
    engine: DuckEngine, opened: Open
) -> None:
    """Its port class is lower than the remotes', and it meets two of them: it is the service."""
    rows = [one(line_port=80, remote_port=50_000 + peer) for peer in range(2)]

    assert kept(engine, opened(rows)) == []


def test_one_peer_alone_does_not_make_a_line_a_service(engine: DuckEngine, opened: Open) -> None:
    """Behind address translation clients have low ports: with one peer it stays the client."""
    assert len(kept(engine, opened([one(line_port=2_000, remote_port=50_000)]))) == 1


def test_in_one_port_class_the_end_with_more_peers_serves(engine: DuckEngine, opened: Open) -> None:
    """The line end meets three remotes, each remote one line end: the line is the service."""
    rows = [
        one(line_port=9_000, remote_port=9_100, **remote(f"198.51.100.{peer}")) for peer in range(3)
    ]

    assert kept(engine, opened(rows)) == []


def test_in_one_port_class_a_remote_with_as_many_peers_stays_possible(
    engine: DuckEngine, opened: Open
) -> None:
    """Two lines and two remotes that all meet each other: nothing decides, nothing is dropped."""
    rows = [
        one(line_lo=line, line_port=9_000, remote_port=9_100, **remote(f"198.51.100.{peer}"))
        for line in (1, 2)
        for peer in (1, 2)
    ]

    assert len(kept(engine, opened(rows))) == 4


def test_a_higher_port_never_makes_a_line_a_service(engine: DuckEngine, opened: Open) -> None:
    """A client keeps one ephemeral port towards many servers (UDP): they are the services."""
    rows = [
        one(proto=17, line_port=40_000, remote_port=53, **remote(f"198.51.100.{peer}"))
        for peer in range(1, 6)
    ]

    assert len(kept(engine, opened(rows))) == 5


@pytest.mark.parametrize("flags", [SYN, TALKING])
def test_own_to_own_counts_once(engine: DuckEngine, opened: Open, flags: int) -> None:
    """Of the two copies of a packet between lines only the client's view stays."""
    client, server = {"line_lo": 2, "line_port": 50_000}, {"line_lo": 9, "line_port": 80}
    rows = []
    for number in (2, 3):
        client["line_lo"] = number
        towards = {"remote_own": 1, "remote_hi": 1, "remote_lo": 9, "remote_port": 80}
        back = {"remote_own": 1, "remote_hi": 1, "remote_lo": number, "remote_port": 50_000}
        rows += [
            one(**client, **towards, direction=OUT, tcp_flags=flags),
            one(**server, **back, direction=IN, tcp_flags=flags),
        ]

    found = kept(engine, opened(rows))

    assert sorted(row["line_lo"] for row in found) == [2, 3]
    assert {row["remote_port"] for row in found} == {80}


def test_icmp_has_no_service(engine: DuckEngine, opened: Open) -> None:
    """Neither ICMP nor ICMPv6 is a conversation with a service."""
    rows = [one(proto=1), one(proto=58), one(proto=17)]

    assert [row["proto"] for row in engine.fetch(orient.conversing(opened(rows))).to_pylist()] == [
        17
    ]


def test_scaled_counters_are_divided_back_where_the_interval_is_known(
    engine: DuckEngine, opened: Open
) -> None:
    """Counters multiplied by N are divided by N, at least one packet; unknown N leaves them."""
    rows = [
        one(counts_scaled=scaled, sampling_interval=interval, packets=packets, bytes=60_000)
        for scaled, interval, packets in [(1, 1000, 3000), (0, 1000, 3), (1, 0, 3000), (1, 1000, 9)]
    ]

    table = engine.fetch(orient.conversing(opened(rows)))

    assert sorted(table["packets"].to_pylist()) == [1, 3, 3, 3000]
    assert sorted(table["bytes"].to_pylist()) == [60, 60, 60_000, 60_000]


@pytest.mark.parametrize("end", ["remote", "line"])
@pytest.mark.parametrize("buckets", [1, 2, 7])
def test_buckets_part_the_records(engine: DuckEngine, opened: Open, end: str, buckets: int) -> None:
    """Each record lies in exactly one bucket, and one address in one bucket only."""
    rows = [
        row
        for number in range(40)
        for server in (f"198.51.100.{number}", f"2001:db8:{number:x}::{number:x}")
        for row in talk(-number if number % 2 else number << 40, server)
    ]
    table = opened(rows)

    parts = [
        engine.fetch(orient.in_bucket(table, end, bucket, buckets)) for bucket in range(buckets)
    ]

    places: dict[tuple[int, int], set[int]] = {}
    for number, part in enumerate(parts):
        for row in part.to_pylist():
            places.setdefault((row[f"{end}_hi"], row[f"{end}_lo"]), set()).add(number)
    assert sum(part.num_rows for part in parts) == len(rows)
    assert all(len(where) == 1 for where in places.values())


def test_a_port_has_the_class_of_its_range() -> None:
    """System ports end at 1023, registered ones at 32767; beyond hosts choose their own."""
    ports = [0, 1023, 1024, 32_767, 32_768, 65_535]
    table = ibis.memtable(pa.table({"port": ports}))

    ranks = ibis.duckdb.connect().to_pyarrow(orient.port_class(table.port)).to_pylist()

    assert ranks == [0, 0, 1, 1, 2, 2]


V4_EDGES = ["0.0.0.0", "127.255.255.255", "169.254.0.0", "224.0.0.0"]  # noqa: S104
V6_EDGES = ["::", "::1", "::2", "fe7f:ffff::", "fe80::1", "febf:ffff::", "fec0::1", "ff02::1"]


@settings(deadline=None, max_examples=40)  # It runs a query.
@given(
    addresses=st.lists(
        st.integers(0, 2**32 - 1).map(ipaddress.IPv4Address)
        | st.integers(0, 2**128 - 1).map(ipaddress.IPv6Address),
        min_size=1,
        max_size=400,
    )
)
@example(
    addresses=[ipaddress.ip_address(text) for text in V4_EDGES + V6_EDGES]
    + [ipaddress.IPv4Address(2**32 - offset) for offset in (1, 2)]
    + [
        ipaddress.IPv4Address(10 << 24),
        ipaddress.IPv4Address((224 << 24) - 1),
        ipaddress.IPv6Address("2001:db8::1"),
    ]
)
def test_servers_have_unicast_addresses(
    addresses: list[ipaddress.IPv4Address | ipaddress.IPv6Address],
) -> None:
    """Exactly the addresses of RFC 6890 that no server can have are left out."""
    halves = [
        from_packed(address.packed) if address.version == 4 else from_int(int(address))
        for address in addresses
    ]
    table = ibis.memtable(
        {
            "remote_hi": [half.hi for half in halves],
            "remote_lo": [half.lo for half in halves],
            "place": list(range(len(halves))),
        },
        schema={"remote_hi": "int64", "remote_lo": "int64", "place": "int64"},
    )

    chosen = table.filter(orient._is_unicast(table)).place  # noqa: SLF001 - the rule itself.
    places = set(ENGINE.to_pyarrow(chosen).to_pylist())

    assert places == {place for place, each in enumerate(addresses) if _can_serve(each)}


ENGINE = ibis.duckdb.connect()


def _can_serve(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    if address.is_multicast or address.is_loopback or address.is_link_local:
        return False
    if address.is_unspecified:
        return False
    if isinstance(address, ipaddress.IPv4Address):
        return int(address) >> 24 != 0 and int(address) != 2**32 - 1
    return True


def test_multicast_is_left_out_and_own_pseudonyms_are_not(engine: DuckEngine, opened: Open) -> None:
    """A pseudonym may look like any address: only plain remotes are judged by theirs."""
    group = remote("ff02::fb")
    rows = [one(**group), one(**{**group, "remote_own": 1}), knock(1, SERVER)]

    table = engine.fetch(orient.conversing(opened(rows)))

    assert sorted(table["remote_own"].to_pylist()) == [0, 1]


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_doubtful_records_may_be_settled_apart(seed: int) -> None:
    """What leaves no doubt and what is settled are together what is kept at once."""
    rng = np.random.default_rng(seed)
    rows = [
        one(
            line_lo=int(rng.integers(1, 4)),
            **remote(f"198.51.100.{int(rng.integers(1, 4))}"),
            line_port=int(rng.choice([53, 20_000, 50_000])),
            remote_port=int(rng.choice([53, 20_001, 50_001])),
            direction=int(rng.integers(0, 2)),
            tcp_flags=int(rng.choice([SYN, SYN_ACK, TALKING])),
            packets=1,
        )
        for _ in range(40)
    ]
    with tempfile.TemporaryDirectory() as folder, DuckEngine(Path(folder)) as engine:
        records = orient.conversing(engine.keep_table(pa.Table.from_batches([conversations(rows)])))
        servers = engine.table([engine.keep(orient.line_servers(records))])
        told = orient.undecided(records)
        sure = told.filter(told.doubt == 0).drop("doubt")
        settled = orient.settled(told.filter(told.doubt == 1), servers)

        found = engine.fetch(sure.union(settled)).to_pylist()
        expected = engine.fetch(orient.towards_services(records, servers)).to_pylist()

    assert sorted(map(str, found)) == sorted(map(str, expected))
