"""Scanners come from outside; forged sources are told by where they come in."""

from dataclasses import replace

import numpy as np

from hinomi.bench.addressing import is_own
from hinomi.bench.exchange import SYN
from hinomi.bench.motley.families import Family
from hinomi.bench.motley.outside import flood, probe
from hinomi.bench.motley.scene import Scene
from hinomi.model.flow import Ingress

SMALL = [(0xF0000007, 6, 7_000)]


def _family(scene: Scene, deed: str) -> Family:
    bots = np.arange(100)
    return Family(
        name="fam", bots=bots, since=np.zeros(100), until=np.full(100, float(scene.laws.days)),
        deeds=frozenset({deed}), loudness=1.0, active=bots, servers=1,
    )  # fmt: skip


def test_scanners_probe_us_from_outside(bare: Scene) -> None:
    """From transit to own addresses, used or not; researchers are elsewhere."""
    researchers = probe(bare)
    records = bare.meetings.ledger.close()
    inward = is_own(records.dst)

    assert not is_own(researchers).any()
    assert np.isin(researchers, records.src).any()
    assert inward.sum() > 0.5 * bare.lines.count * bare.laws.probes
    assert (records.ingress[inward & ~is_own(records.src)] == Ingress.TRANSIT).all()


def test_attackers_flood_their_victims(bare: Scene) -> None:
    """Members of a family that attacks, and nobody else; victims are named."""
    bare.laws = replace(bare.laws, forged=0.0, floods=4.0)
    flood(bare, [_family(bare, "attacking")], SMALL)
    records = bare.meetings.ledger.close()
    sources = records.src[records.ingress == Ingress.SUBSCRIBER]
    victims = {each[0] for each in bare.book.entries}

    assert records.src.size > 100
    assert np.isin(sources, [*bare.lines.v4[:100].tolist(), *victims]).all()
    assert {entry.label for entry in bare.book.entries.values()} == {"ddos-victim"}


def test_without_attackers_only_the_forged_flood(bare: Scene) -> None:
    """Forged sources are lines of no family; towards lines of ours they come in from transit."""
    bare.laws = replace(bare.laws, forged=0.0, floods=3.0)
    flood(bare, [_family(bare, "spamming")], SMALL)
    assert bare.meetings.ledger.close().src.size == 0

    bare.laws = replace(bare.laws, forged=1.0, floods=30.0)
    flood(bare, [], SMALL)
    records = bare.meetings.ledger.close()
    at_us = is_own(records.src) & is_own(records.dst) & (records.flags == SYN)
    assert np.unique(records.src).size > 100
    assert at_us.any()
    assert (records.ingress[at_us] == Ingress.TRANSIT).all()
    assert (records.ingress[is_own(records.src) & ~at_us] == Ingress.SUBSCRIBER).any()
