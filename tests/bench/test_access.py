"""Lines have addresses of their own, share them, and move to others."""

import ipaddress

import numpy as np
import pytest

from hinomi.bench.access import Access, AccessSpec, AddressPlan, plan_access
from hinomi.bench.addressing import line_codes, own_v6_codes, random_own, render_code
from hinomi.collect.networks import parse_own_networks
from hinomi.collect.ownership import NOT_OWN, OwnTable
from hinomi.model.address import parse_address

LINES = 4_000
DAY_MS = 86_400_000
MIXED = AccessSpec(
    map_e_share=0.3, port_block_share=0.2, crowd_share=0.1, releases_per_day=0.3, map_e_offset=4,
    map_e_bits=8,
)  # fmt: skip


@pytest.fixture(scope="module")
def plan() -> AddressPlan:
    """4,000 lines of all kinds for two days."""
    return plan_access(MIXED, LINES, (DAY_MS, 2 * DAY_MS), np.random.default_rng(4))


def _at(plan: AddressPlan, ts_ms: int) -> np.ndarray:
    count = plan.access.size
    times_ms = np.full(count, ts_ms, np.int64)
    return plan.locate(line_codes(count), np.zeros(count, np.int32), times_ms)[0]


def test_at_any_time_no_two_lines_have_one_address_of_their_own(plan: AddressPlan) -> None:
    """Also in the middle of all the moving."""
    alone = np.isin(plan.access, [Access.DYNAMIC, Access.STATIC])
    for ts_ms in range(DAY_MS, 3 * DAY_MS, DAY_MS // 5):
        addresses = _at(plan, ts_ms)[alone]
        assert np.unique(addresses).size == addresses.size


def test_addresses_are_leased_anew_and_used_by_others(plan: AddressPlan) -> None:
    """About half of the dynamic lines move within two days; some addresses change hands."""
    first, last = _at(plan, DAY_MS), _at(plan, 3 * DAY_MS - 1)
    dynamic = plan.access == Access.DYNAMIC
    moved = first != last

    assert 0.3 < moved[dynamic].mean() < 0.6
    assert not moved[~dynamic].any()
    assert np.isin(last[moved], first).any()
    assert not (plan.steady & moved).any()


def test_networks_are_read_as_the_provider_states_them(plan: AddressPlan) -> None:
    """Every address that a line has lies in a stated network of its kind."""
    text = "\n".join(",".join(map(str, row)) for row in plan.networks)
    networks = parse_own_networks(text, "own")
    table = OwnTable(networks)
    addresses = [parse_address(render_code(code)) for code in _at(plan, DAY_MS).tolist()]
    hi, lo = (np.array([getattr(each, half) for each in addresses]) for half in ("hi", "lo"))

    found = table.find(hi, lo, np.full(hi.size, DAY_MS))

    assert (found != NOT_OWN).all()
    kinds = [networks[number].kind.value for number in found.tolist()]
    said = ["ppp", "ppp", "map-e", "cgnat", "cgnat"]
    assert kinds == [said[access] for access in plan.access.tolist()]


def test_a_detector_can_tell_lines_apart_that_share_by_port_set(plan: AddressPlan) -> None:
    """All ports of one line give one key, two lines never the same: MAP-E and port blocks."""
    table = OwnTable(parse_own_networks("\n".join(
        ",".join(map(str, row)) for row in plan.networks), "own"))  # fmt: skip
    shared = np.flatnonzero(np.isin(plan.access, [Access.MAP_E, Access.PORT_BLOCK]))[:600]
    line = np.repeat(shared, 5)
    port = np.tile(np.array([53, 443, 30_000, 50_001, 65_535], np.int32), shared.size)
    times_ms = np.full(line.size, DAY_MS)

    address, outside = plan.locate(line_codes(LINES)[line], port, times_ms)

    lo = address | 0xFFFF << 32
    zero = np.zeros(line.size, np.int64)
    keys = table.line_keys(
        table.find(zero, lo, times_ms), zero, lo, outside, np.full(line.size, 6, np.int16)
    )
    key = np.stack(keys)
    assert np.unique(key, axis=1).shape[1] == shared.size
    assert np.unique(np.vstack([key, line]), axis=1).shape[1] == shared.size
    assert (outside >= 1_024).all()


def test_a_crowd_is_counted_as_one(plan: AddressPlan) -> None:
    """So is an IPv6 line; a line that moves stays one."""
    crowd = np.flatnonzero(plan.access == Access.CROWD)
    codes = line_codes(LINES)
    hosts = own_v6_codes(np.full(3, 9), np.arange(3), np.arange(3))

    assert np.unique(plan.counted(codes[crowd])).size == -(-crowd.size // MIXED.crowd_lines)
    assert np.unique(plan.counted(hosts)).size == 1
    others = np.flatnonzero(plan.access != Access.CROWD)
    assert (plan.counted(codes[others]) == codes[others]).all()


def test_places_anywhere_lie_in_the_prefixes_of_lines(plan: AddressPlan) -> None:
    """Occupied or not; what is an address already stays as it is."""
    places = random_own(2_000, np.random.default_rng(1))
    ports = np.full(2_000, 80, np.int32)
    own = [
        ipaddress.ip_network(row[0])
        for row in plan.networks
        if ":" not in row[0] and row[1] != "infrastructure"
    ]

    address, after = plan.locate(places, ports, np.full(2_000, DAY_MS))

    for code in address.tolist():
        assert any(ipaddress.ip_address(render_code(code)) in network for network in own)
    assert (after == 80).all()
    again, _ = plan.locate(address, ports, np.full(2_000, DAY_MS))
    assert (again == address).all()


def test_a_million_lines_have_room() -> None:
    """Each of those with an own address has it alone."""
    plan = plan_access(AccessSpec(), 1_000_000, (0, DAY_MS), np.random.default_rng(1))
    alone = plan.access != Access.CROWD

    assert np.unique(plan.home[alone]).size == alone.sum()
