"""A world is one: fixed by what it is asked for, with every trap in it."""

from dataclasses import astuple

import numpy as np
import pytest

from hinomi.bench.addressing import is_own
from hinomi.bench.profiled.world import World, compose
from hinomi.model.flow import Ingress

LABELS = {
    "cc", "dead-cc", "sinkhole", "loader", "installer", "p2p-node", "scan-target",
    "abuse-target", "mining-pool", "ddos-victim", "mail-server", "vendor-cloud", "telemetry",
    "firmware", "ntp", "dns", "push", "stun", "tracker", "server-to-server", "flash-event", "cdn",
    "web", "alarm-central", "point-of-sale", "remote-maintenance", "home-server", "game-guild",
    "niche-vpn", "chat", "club-radio", "niche-tracker",
}  # fmt: skip


def _same(one: World, other: World) -> bool:
    return all(
        np.array_equal(left, right)
        for left, right in zip(astuple(one.records), astuple(other.records), strict=True)
    )


def test_the_same_is_the_same(dense: World) -> None:
    """To the last record, the last name and the last list entry; another seed is another world."""
    again, other = compose("dense", 7, 0.03), compose("dense", 8, 0.03)

    assert _same(dense, again)
    assert dense.scene.book.entries == again.scene.book.entries
    assert dense.lesson == again.lesson
    assert not _same(dense, other)
    assert dense.lesson != other.lesson


@pytest.mark.parametrize("fixture", ["dense", "sparse"])
def test_every_trap_is_there(fixture: str, request: pytest.FixtureRequest) -> None:
    """Every kind of service that looks like a C&C server, or hides among them, is named."""
    world: World = request.getfixturevalue(fixture)

    assert {entry.label for entry in world.scene.book.entries.values()} == LABELS


def test_records_have_a_side_of_ours(dense: World) -> None:
    """All but transit; what subscribers send comes in at their side."""
    src, dst = is_own(dense.records.src), is_own(dense.records.dst)
    ingress = dense.records.ingress

    assert (~src & ~dst).sum() == dense.scene.lines.count // 2
    assert (ingress[~src] == Ingress.TRANSIT).all()
    assert src[ingress == Ingress.SUBSCRIBER].all()


def test_a_good_part_of_the_servers_is_detectable(dense: World) -> None:
    """Neither all nor none, in either tier."""
    told = [sighting.detectable for sighting in dense.sightings.values()]

    assert 0.1 < np.mean(told) < 0.9
