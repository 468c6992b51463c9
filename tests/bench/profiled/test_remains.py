"""Dead servers stay silent, sinkholes answer, and neither is called by bots alone."""

import numpy as np

from hinomi.bench.addressing import is_own
from hinomi.bench.ground.book import Service
from hinomi.bench.ground.draws import Wholes
from hinomi.bench.profiled.world import World


def _with(world: World, service: Service) -> tuple[Wholes, Wholes]:
    records = world.records
    code, _, port = service
    to = np.flatnonzero((records.dst == code) & (records.dst_port == port))
    answers = np.flatnonzero((records.src == code) & (records.src_port == port))
    return to, answers


def _labelled(world: World, label: str) -> list[Service]:
    return [s for s, entry in world.scene.book.entries.items() if entry.label == label]


def test_dead_servers_answer_nothing(dense: World) -> None:
    """SYN go out, nothing comes back."""
    dead = _labelled(dense, "dead-cc")

    assert len(dead) >= 7
    for service in dead:
        to, answers = _with(dense, service)
        assert answers.size == 0
        assert set(dense.records.flags[to].tolist()) <= {0x02}


def test_sinkholes_answer(dense: World) -> None:
    """A connection comes about, as with a C&C server."""
    sunk = _labelled(dense, "sinkhole")

    assert len(sunk) >= 4
    assert sum(_with(dense, service)[1].size for service in sunk) > 0
    assert not is_own(np.array([code for code, _, _ in sunk])).any()


def test_innocents_call_them_too(dense: World) -> None:
    """Owners of weak models and of PCs that no family has."""
    line = np.concatenate([
        dense.scene.lines.of(
            dense.records.src[to], dense.records.src_port[to].astype(np.int64)
        )
        for service in _labelled(dense, "dead-cc") + _labelled(dense, "sinkhole")
        for to, _ in [_with(dense, service)]
    ])  # fmt: skip
    infected = np.isin(line, dense.under.infected)

    assert infected.any()
    assert not infected.all()
