"""Blueprints of the two splits share no design."""

import pytest

from hinomi.bench.blueprints import BLUEPRINTS, DEVELOPMENT, HELD_OUT, ODD_PORTS, Blueprint
from hinomi.bench.designs import Schedule

EVERY = [blueprint for blueprints in BLUEPRINTS.values() for blueprint in blueprints]


def test_no_combination_stands_in_both_splits() -> None:
    """Channel, hosting, schedule and activity together are of one split only."""
    development, held_out = (
        {blueprint.combination for blueprint in BLUEPRINTS[split]}
        for split in (DEVELOPMENT, HELD_OUT)
    )

    assert not development & held_out
    assert len({blueprint.name for blueprint in EVERY}) == len(EVERY)


def test_no_odd_port_stands_in_both_splits() -> None:
    """Neither by range nor among those seen in the wild."""
    (span, known), (other_span, other_known) = ODD_PORTS[DEVELOPMENT], ODD_PORTS[HELD_OUT]

    assert span[1] < other_span[0]
    assert not set(known) & set(other_known)
    assert not any(other_span[0] <= port <= other_span[1] for port in known if port < 20_000)


@pytest.mark.parametrize("blueprint", EVERY, ids=[each.name for each in EVERY])
def test_ranges_go_upwards_and_fit_together(blueprint: Blueprint) -> None:
    """From least to most; shares below one; movers have somewhere to move."""
    spans = [getattr(blueprint, name) for name in blueprint.__slots__]
    pairs = [span for span in spans if isinstance(span, tuple) and len(span) == 2]
    for span in pairs:
        if all(isinstance(value, int | float) for value in span) and span != blueprint.ports:
            assert span[0] <= span[1]

    assert blueprint.jitter[1] <= 1
    assert blueprint.innocents[1] <= 0.2
    if blueprint.schedule in {Schedule.TURNS, Schedule.DAILY}:
        assert blueprint.servers[0] >= 2


@pytest.mark.parametrize("split", BLUEPRINTS)
def test_most_designs_of_a_split_never_scan(split: str) -> None:
    """Each has some that do, some without a centre, and some on own lines."""
    blueprints = BLUEPRINTS[split]
    scanning = sum(bool(blueprint.scan_ports) for blueprint in blueprints)

    assert 1 < scanning < len(blueprints) / 2
    assert any(blueprint.peers[1] for blueprint in blueprints)
    assert any(blueprint.uppers[1] for blueprint in blueprints)
    assert any(blueprint.mails_per_day[1] for blueprint in blueprints)
