"""Truth counts who was really sampled with a service."""

import numpy as np
import pyarrow as pa

from hinomi.bench.access import AccessSpec, plan_access
from hinomi.bench.addressing import Codes, line_codes, own_v6_codes, random_remote, render_code
from hinomi.bench.census import Census
from hinomi.bench.exchange import ACK, Packets, join, lone_packets
from hinomi.bench.truth import MIN_CLIENTS, MIN_FRONTS, NamedService, distinct, tabulate

SERVER = int(random_remote(1, np.random.default_rng(1))[0])
LINES = line_codes(8)
PLAN = plan_access(AccessSpec(crowd_share=0), 8, (0, 86_400_000), np.random.default_rng(1))


def _tabulate(services: list[NamedService], packets: Packets) -> pa.Table:
    census = Census(distinct(services), PLAN)
    census.add(packets)
    return tabulate(distinct(services), *census.counts())


def _met(clients: Codes, *, answers: bool = False) -> Packets:
    server, port = np.full(clients.size, SERVER, np.int64), np.full(clients.size, 6_667, np.int32)
    from_port = np.full(clients.size, 50_000, np.int32)
    ends, ports = (clients, server), (from_port, port)
    return lone_packets(
        ts_ms=np.arange(clients.size, dtype=np.int64),
        src=ends[1 if answers else 0],
        dst=ends[0 if answers else 1],
        ports=(ports[1], ports[0]) if answers else ports,
        proto=6,
        flags=ACK,
        size=52,
    )


def _service(**changed: object) -> NamedService:
    row = {"code": SERVER, "proto": 6, "port": 6_667, "label": "cc", "tier": 1} | changed
    return NamedService(**row)  # type: ignore[arg-type]


def test_five_sampled_bots_make_a_server_detectable() -> None:
    """One fewer does not; packets in either direction count."""
    for count, answers in ((MIN_CLIENTS, False), (MIN_CLIENTS, True), (MIN_CLIENTS - 1, True)):
        truth = _tabulate([_service(members=LINES)], _met(LINES[:count], answers=answers))

        assert truth["bots"].to_pylist() == [count]
        assert truth["detectable"].to_pylist() == [int(count >= MIN_CLIENTS)]


def test_lines_that_are_no_bots_do_not_make_a_server_detectable() -> None:
    """Clients are counted, but only members decide for a C&C server."""
    truth = _tabulate([_service(members=LINES[:2])], _met(LINES))

    assert truth["clients"].to_pylist() == [8]
    assert truth["bots"].to_pylist() == [2]
    assert truth["detectable"].to_pylist() == [0]


def test_any_client_counts_for_a_benign_service() -> None:
    """A cloud has no members."""
    truth = _tabulate([_service(label="vendor-cloud", tier=None)], _met(LINES))

    assert truth["detectable"].to_pylist() == [1]
    assert truth["tier"].to_pylist() == [None]


def test_another_port_or_protocol_is_another_service() -> None:
    """Nobody met the services beside it; each row keeps its place."""
    services = [_service(port=80), _service(), _service(proto=17)]

    truth = _tabulate(services, _met(LINES))

    assert truth["clients"].to_pylist() == [0, 8, 0]
    assert truth["protocol"].to_pylist() == ["tcp", "tcp", "udp"]
    assert truth["address"].to_pylist() == [render_code(SERVER)] * 3


def test_a_line_counts_once_whatever_it_uses() -> None:
    """Ten packets, or ten IPv6 hosts of one line, are one client."""
    hosts = own_v6_codes(np.full(10, 4), np.arange(10), np.zeros(10, np.int64))

    assert _tabulate([_service()], _met(np.repeat(LINES[:1], 10)))["clients"].to_pylist() == [1]
    assert _tabulate([_service()], _met(hosts))["clients"].to_pylist() == [1]


def test_clients_from_outside_are_no_lines() -> None:
    """What is remote on both ends says nothing of the own network."""
    outside = random_remote(6, np.random.default_rng(2))
    packets = join([_met(outside), _met(LINES[:1])])

    assert _tabulate([_service()], packets)["clients"].to_pylist() == [1]


def test_three_sampled_fronts_make_an_upper_server_detectable() -> None:
    """The upper tier has few clients, and each of them is a find."""
    for count in (MIN_FRONTS - 1, MIN_FRONTS):
        truth = _tabulate([_service(tier=2, members=LINES)], _met(LINES[:count]))

        assert truth["detectable"].to_pylist() == [int(count >= MIN_FRONTS)]


def test_a_service_named_twice_is_one_row() -> None:
    """The first name stands."""
    truth = _tabulate([_service(design="first"), _service(label="p2p-node")], _met(LINES))

    assert truth["label"].to_pylist() == ["cc"]
    assert truth["design"].to_pylist() == ["first"]


def test_truth_tells_how_large_a_botnet_is() -> None:
    """Distinct addresses of those who belong to it; none for a benign service."""
    members = np.repeat(LINES, 2)
    services = [_service(members=members), _service(port=80, label="web")]

    assert _tabulate(services, _met(LINES))["members"].to_pylist() == [8, 0]
