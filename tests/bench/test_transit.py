"""Transit has no end in the own networks."""

from dataclasses import replace

from hinomi.bench.addressing import is_own
from hinomi.bench.exchange import join
from hinomi.bench.internet import Allocation
from hinomi.bench.population import Scene, settle
from hinomi.bench.spec import WorldSpec
from hinomi.bench.transit import pass_by


def test_transit_is_drawn_where_asked_for(tiny: WorldSpec) -> None:
    """Others on both ends; none by default."""
    spec = replace(tiny, transit=20.0)

    packets = join(list(pass_by(Scene(spec, settle(spec), Allocation(7)))))

    assert packets.ts_ms.size > 1_000
    assert not is_own(packets.src).any()
    assert not is_own(packets.dst).any()
    assert list(pass_by(Scene(tiny, settle(tiny), Allocation(7)))) == []
