"""A world is drawn the same each time, and another one by another seed."""

import numpy as np
import pytest

from hinomi.bench.ground.book import CC
from hinomi.bench.motley.world import World, compose


def test_the_same_arguments_give_the_same_world(dense: World) -> None:
    """To the last record, and in what is true."""
    again = compose("dense", 7, 0.03)

    for name in ("ts_ms", "src", "dst", "dst_port", "flags", "octets"):
        assert (getattr(again.records, name) == getattr(dense.records, name)).all(), name
    assert again.scene.book.entries == dense.scene.book.entries
    assert again.lesson == dense.lesson


@pytest.mark.parametrize("kind", ["dense", "sparse"])
def test_worlds_of_different_seeds_have_little_in_common(kind: str) -> None:
    """Ports of their C&C servers, sizes of packets, and how much is sampled of a line."""
    worlds = [compose(kind, seed, 0.01) for seed in range(4)]
    ports = [
        {port for (_, _, port), entry in each.scene.book.entries.items() if entry.label == CC}
        for each in worlds
    ]
    busy = [each.records.src.size / each.scene.lines.count for each in worlds]
    size = [float(np.median(each.records.octets)) for each in worlds]

    for one in range(4):
        for other in range(one):
            common = len(ports[one] & ports[other]) / len(ports[one] | ports[other])
            assert common < 0.5
    assert max(busy) > 1.4 * min(busy)
    assert len(set(size)) > 1


@pytest.mark.parametrize("kind", ["dense", "sparse"])
@pytest.mark.parametrize("seed", range(3))
def test_there_is_something_to_be_found(kind: str, seed: int) -> None:
    """C&C servers that can be found though nobody knows them, in worlds not too small."""
    world = compose(kind, seed, 0.05)
    wanted = [
        service for service, sighting in world.sightings.items()
        if sighting.detectable and service not in world.lesson.known
    ]  # fmt: skip

    assert len(wanted) >= 3
