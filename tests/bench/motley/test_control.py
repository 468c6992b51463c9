"""Every family has servers, and its own members meet them."""

import numpy as np

from hinomi.bench.ground.book import CC, FIRST_TIER, SECOND_TIER
from hinomi.bench.motley.control import lead
from hinomi.bench.motley.families import Family
from hinomi.bench.motley.scene import Scene
from hinomi.bench.motley.world import World


def _family(scene: Scene, **more: bool) -> Family:
    bots = np.flatnonzero(~scene.lines.shared)[:60]
    return Family(
        name="fam", bots=bots, since=np.zeros(60), until=np.full(60, float(scene.laws.days)),
        deeds=frozenset(), loudness=1.0, active=bots, servers=3, **more,
    )  # fmt: skip


def test_every_leader_is_named_and_has_members(dense: World) -> None:
    """With its family and tier; members are lines of that family, or its fronts."""
    book, bots = dense.scene.book, {each.name: each.bots for each in dense.families}
    for leader in dense.leaders:
        entry = book.entries[leader.service]
        assert entry.label == CC
        if leader.tier == FIRST_TIER and entry.family == leader.family:
            extra = set(book.members(leader.service)) - set(bots[leader.family].tolist())
            shared = [each for each in dense.leaders if each.service == leader.service]
            assert not extra or len(shared) > 1


def test_bots_are_met_with_their_servers(bare: Scene) -> None:
    """Of a family without fronts each server has first-tier sightings of members alone."""
    leaders = lead(bare, _family(bare))
    sightings = bare.book.sightings(bare.meetings.ledger.close(), bare.lines)

    assert 1 <= len(leaders) <= 3
    assert {leader.tier for leader in leaders} == {FIRST_TIER}
    assert any(sighting.seen >= 5 for sighting in sightings.values())


def test_fronts_are_lines_of_ours_under_a_second_tier(bare: Scene) -> None:
    """Fronts report to the servers above, which no bot calls itself."""
    leaders = lead(bare, _family(bare, tiered=True))
    fronts = [each.service[0] for each in leaders if each.tier == FIRST_TIER]
    above = [each.service for each in leaders if each.tier == SECOND_TIER]

    assert np.isin(fronts, bare.lines.v4[~bare.lines.shared]).all()
    assert above
    for service in above:
        members = bare.lines.v4[bare.book.members(service)]
        assert set(members.tolist()) == set(fronts)


def test_peers_of_a_mesh_are_no_leaders(bare: Scene) -> None:
    """Those that several met are named for what they are."""
    leaders = lead(bare, _family(bare, meshed=True))
    nodes = [each for each, entry in bare.book.entries.items() if entry.label == "p2p-node"]

    assert nodes
    assert not {each.service for each in leaders} & set(nodes)
