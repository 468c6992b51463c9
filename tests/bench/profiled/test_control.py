"""Bots call their leaders; fronts at lines of ours call those above them."""

import numpy as np
import pytest

from hinomi.bench.addressing import is_own
from hinomi.bench.ground.book import CC
from hinomi.bench.profiled.families import Design
from hinomi.bench.profiled.world import World


def test_members_are_bots_of_the_family(dense: World) -> None:
    """Of first-tier servers; a server at a line of ours does not call itself."""
    for family in dense.under.families:
        for server in family.servers:
            members = dense.scene.book.members(server.service)
            assert np.isin(members, family.bots).all()
            assert not (dense.scene.lines.v4[members] == server.code).any()


def test_fronts_stand_at_own_lines_below_others(dense: World) -> None:
    """Families in tiers: all first-tier servers are own, those above are elsewhere."""
    tiered = [each for each in dense.under.families if each.design == Design.TIERED]
    named = {each.name for each in tiered}
    upper = [server for server, tier in dense.under.leaders if tier == 2]
    fronts = np.array([server.code for family in tiered for server in family.servers])

    assert fronts.size > 3
    assert is_own(fronts).all()
    assert not is_own(np.array([server.code for server in upper])).any()
    for server in upper:
        assert dense.scene.book.entries[server.service].family in named
        members = dense.scene.lines.v4[dense.scene.book.members(server.service)]
        assert np.isin(members, fronts).all()


def test_fronts_are_called_from_elsewhere(dense: World) -> None:
    """Most bots of a family are not in this network."""
    records = dense.records
    family = next(each for each in dense.under.families if each.design == Design.TIERED)
    front = family.servers[0]
    called = (records.dst == front.code) & (records.dst_port == front.port)

    assert (~is_own(records.src[called])).sum() > 5


def test_peers_lead_nobody(dense: World) -> None:
    """Families of peers have no server; their peers are named."""
    mesh = [each for each in dense.under.families if each.design == Design.P2P and each.bots.size]
    entries = dense.scene.book.entries.values()

    assert mesh
    assert all(not family.servers for family in mesh)
    for family in mesh:
        assert {each.label for each in entries if each.family == family.name} == {"p2p-node"}


@pytest.mark.parametrize("fixture", ["dense", "sparse"])
def test_every_leader_is_named_with_its_tier(fixture: str, request: pytest.FixtureRequest) -> None:
    """C&C servers in the truth and leaders are the same services."""
    world: World = request.getfixturevalue(fixture)
    leaders = {server.service: tier for server, tier in world.under.leaders}
    entries = world.scene.book.entries

    assert set(leaders) == {s for s, entry in entries.items() if entry.label == CC}
    assert {entries[s].tier for s in leaders} == {1, 2}


def test_a_left_address_is_called_in_vain(dense: World) -> None:
    """After a move some bots still knock: a SYN without an answer."""
    records, day_ms = dense.records, 86_400_000
    knocks = 0
    for family in dense.under.families:
        for server in family.servers:
            if family.moving and server.ends < 6.9 and server.proto == 6:
                after = records.ts_ms > server.ends * day_ms + 1
                to = (records.dst == server.code) & (records.dst_port == server.port)
                knocks += int((after & to & (records.flags == 0x02)).sum())

    assert knocks > 10
